"""What a tree of files gives away: which are ours, in which languages, how many lines."""

from monitors.inventory.entries import Entry, Inventory, Ownership
from monitors.inventory.taking import take

__all__ = ["Entry", "Inventory", "Ownership", "take"]
