from incidents.models import Fact
from incidents.models.comms import Piece
from incidents.prose import blocks, plain


def told(cut):
    return [("list" if block.is_list else "text", [_text(line) for line in block.lines]) for block in cut]


def _text(line):
    return "".join(piece.text for piece in line.pieces)


def test_an_empty_line_ends_a_paragraph():
    assert told(plain("One.\nStill one.\n\n\nTwo.\n")) == [
        ("text", ["One.", "Still one."]),
        ("text", ["Two."]),
    ]


def test_lines_with_a_dash_are_a_list():
    assert told(plain("We know\n- this\n- that\nand more")) == [
        ("text", ["We know"]),
        ("list", ["this", "that"]),
        ("text", ["and more"]),
    ]


def test_a_short_line_over_a_list_is_its_heading():
    cut = plain("What we know\n\n- this\n\nWe did it.\n\n- that")

    assert [block.is_heading for block in cut] == [True, False, False, False]


def test_a_quoted_fact_stays_one_piece_of_its_line():
    fact = Fact(number=3, sentence="It is out")
    cut = blocks([Piece("- "), Piece("It is out", fact), Piece(".\n\nEnd")])

    assert told(cut) == [("list", ["It is out."]), ("text", ["End"])]
    assert [piece.fact for piece in cut[0].lines[0].pieces] == [None, fact, None]


def test_an_empty_text_has_no_blocks():
    assert plain("\n \n") == []
