"""What a tree of files gives away: which are ours, in which languages, and what stands in them."""

from monitors.inventory.confidence import Confidence
from monitors.inventory.entries import Entry, Inventory, Ownership
from monitors.inventory.exposures import Exposures, Item, expose
from monitors.inventory.signs import Kind
from monitors.inventory.taking import take

__all__ = ["Confidence", "Entry", "Exposures", "Inventory", "Item", "Kind", "Ownership", "expose", "take"]
