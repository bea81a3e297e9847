"""Bytes in, hashes out. Nothing here knows what they are compared with.

Layers, from certain and cheap to vague and dear: `ids` (blob, SHA-256, tree), `text`
(layout aside), `winnow` (pieces of text), `words` (what outlives a minifier).
"""

from .binary import BadIndex, FilePrint
from .ids import folders_of, git_blob_id, git_tree_ids, sha256
from .index import Index, fingerprint
from .postings import Postings
from .text import LEAST, letters, letters_hash, text_hash
from .winnow import Hashes, grams
from .words import weights, words

__all__ = [
    "LEAST",
    "BadIndex",
    "FilePrint",
    "Hashes",
    "Index",
    "Postings",
    "fingerprint",
    "folders_of",
    "git_blob_id",
    "git_tree_ids",
    "grams",
    "letters",
    "letters_hash",
    "sha256",
    "text_hash",
    "weights",
    "words",
]
