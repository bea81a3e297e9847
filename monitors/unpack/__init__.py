"""Hostile input: archives and source maps in, files out, bounded.

Nothing is written under a name that an archive chose, nothing it links to is followed, nothing is run.
"""

from monitors.unpack.bounds import BoundExceeded, Limits, UnpackError
from monitors.unpack.files import File, Note, Notes
from monitors.unpack.folder import read_folder
from monitors.unpack.walk import unpack

__all__ = ["BoundExceeded", "File", "Limits", "Note", "Notes", "UnpackError", "read_folder", "unpack"]
