"""A statement's text cut into paragraphs and lists, with the facts it quotes still marked. No HTML here."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from incidents.models.comms import Piece


@dataclass
class Line:
    pieces: list[Piece] = field(default_factory=list)
    is_item: bool = False


@dataclass
class Block:
    """A paragraph of lines, or a list of items."""

    lines: list[Line]
    is_list: bool
    is_heading: bool = False  # one short line without an end, over a list


def blocks(pieces: Iterable[Piece]) -> list[Block]:
    """Paragraphs end at an empty line; lines that begin with "- " are items of a list."""
    cut: list[Block] = []
    fresh = True
    for line in _lines(pieces):
        if not line.pieces:
            fresh = True
        elif fresh or cut[-1].is_list != line.is_item:
            cut.append(Block([line], line.is_item))
            fresh = False
        else:
            cut[-1].lines.append(line)
    for block, below in pairwise(cut):
        block.is_heading = below.is_list and _is_heading(block)
    return cut


def _is_heading(block: Block) -> bool:
    text = "".join(piece.text for piece in block.lines[0].pieces).rstrip()
    return (
        not block.is_list
        and len(block.lines) == 1
        and len(text) < 60
        and not text.endswith((".", ":", "!", "?"))
    )


def plain(text: str) -> list[Block]:
    """The same for a text that quotes nothing."""
    return blocks([Piece(text)])


def _lines(pieces: Iterable[Piece]) -> list[Line]:
    lines = [Line()]
    for piece in pieces:
        first, *rest = [piece.text] if piece.fact else piece.text.splitlines() or [""]
        _add(lines[-1], first, piece)
        for text in rest:
            lines.append(Line())
            _add(lines[-1], text, piece)
        if not piece.fact and piece.text.endswith("\n"):
            lines.append(Line())
    return lines


def _add(line: Line, text: str, piece: Piece) -> None:
    if not line.pieces and text.startswith("- "):
        line.is_item, text = True, text.removeprefix("- ")
        line.pieces.append(Piece(text, piece.fact, piece.as_unknown))
    elif text.strip() or (text and line.pieces):
        line.pieces.append(Piece(text, piece.fact, piece.as_unknown))
