"""What a version control keeps for itself among the files that it keeps."""

from __future__ import annotations

STORES = frozenset({".git", ".hg", ".svn", ".bzr", "CVS"})
LEFT_OUT = "left out: what a version control keeps for itself"


def store_of(path: str) -> str:
    """The store that the file lies in, as far as the name of a folder tells; "" for all else."""
    folders = path.split("/")[:-1]
    depth = next((depth for depth, folder in enumerate(folders, start=1) if folder in STORES), 0)
    return "/".join(folders[:depth])
