"""Bytes in, hashes out. Nothing here knows what they are compared with.

Layers, from certain and cheap to vague and dear: `ids` (blob, SHA-256, tree), `text`
(layout aside), `winnow` (pieces of text), `words` (what outlives a minifier).
"""

from .background import NOTHING, Background, is_background, learn
from .binary import BadIndex, FilePrint, is_index
from .ids import folders_of, git_blob_id, git_tree_ids, sha256
from .index import Index, fingerprint
from .panel import Hits, Panel, panels
from .postings import Postings
from .text import (
    LEAST,
    TEXTUAL,
    carried,
    ending_of,
    family_of,
    is_text,
    letters,
    letters_hash,
    lines_at,
    may_hold_text,
    text_hash,
)
from .winnow import Hashes, Places, grams, sequence
from .words import weights, words, words_of

__all__ = [
    "LEAST",
    "NOTHING",
    "TEXTUAL",
    "Background",
    "BadIndex",
    "FilePrint",
    "Hashes",
    "Hits",
    "Index",
    "Panel",
    "Places",
    "Postings",
    "carried",
    "ending_of",
    "family_of",
    "fingerprint",
    "folders_of",
    "git_blob_id",
    "git_tree_ids",
    "grams",
    "is_background",
    "is_index",
    "is_text",
    "learn",
    "letters",
    "letters_hash",
    "lines_at",
    "may_hold_text",
    "panels",
    "sequence",
    "sha256",
    "text_hash",
    "weights",
    "words",
    "words_of",
]
