"""A statement's text cut into paragraphs and lists, with the facts it quotes still marked. No HTML here."""

from collections.abc import Iterable
from dataclasses import dataclass, field

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
    return cut


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
