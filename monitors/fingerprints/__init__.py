"""Bytes in, hashes out. Nothing here knows what they are compared with.

Layers, from certain and cheap to vague and dear: `ids` (blob, SHA-256, tree), `text`
(layout aside), `winnow` (pieces of text), `words` (what outlives a minifier).
"""

from .background import NOTHING, Background, is_background, learn
from .binary import BadIndex, FilePrint, is_index
from .ids import folders_of, git_blob_id, git_tree_ids, sha256
from .index import Index, fingerprint
from .postings import Postings, longest_run
from .text import LEAST, TEXTUAL, letters, letters_hash, text_hash
from .winnow import Hashes, grams, sequence
from .words import weights, words

__all__ = [
    "LEAST",
    "NOTHING",
    "TEXTUAL",
    "Background",
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
    "is_background",
    "is_index",
    "learn",
    "letters",
    "letters_hash",
    "longest_run",
    "sequence",
    "sha256",
    "text_hash",
    "weights",
    "words",
]
