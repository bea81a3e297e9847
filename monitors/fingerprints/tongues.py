"""What a sentence is made of, in whatever script: its words, its small words, and how much a letter says."""

from __future__ import annotations

import re

# Scripts that set no blanks between words: Thai to Khmer, kana, Han.
_WIDE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WIDE_RUN = re.compile(f"[{_WIDE}]+")
_WIDE_LETTER = re.compile(f"[{_WIDE}]")
_WORD = re.compile(rf"(?:(?![{_WIDE}])[^\W\d_]){{2,}}")
_ENDS = re.compile("[\u3000-\u303f\uff01-\uff0f\uff1a-\uff1e\uff1f\uff3b-\uff40\uff5b-\uff65\u2014\u2026]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_FEWEST_WIDE = 8  # letters of such a script that say something

_SMALL = """
    a an and are as at be been but by can cannot could do does for from had has have if in into is it must no
    not of off on only or our should so than that the their them then these they this to too up was we were
    when which while will with without would you your
    aber als am auch auf aus bei das den der des die ein eine einen für hat ist kann mit nach nicht noch nur
    oder sich sind und von vor wenn werden wird wir zu zum zur über
    avec ce ces cette dans des du elle est et il la le les mais ne nous ou par pas pour que qui sans si son
    sont sur une con como cuando del el en es esta este las lo los más para pero por se sin su un una y
    che com da della di do e em gli não nella non ogni os per più quando sono uma
    een geen het niet ook voor wij worden wordt zijn att av det är för inte och som till jest nie się to że
    в во все для до если же за и из или к как когда ли мы на не нет но о он они от по при с так то только что
    это але або від він для коли ми та це що як
"""
GLUE = frozenset(_SMALL.split())


def width(text: str) -> int:
    """Its letters, those of scripts without blanks counted twice, as one of these says as much as two."""
    return len(text) if text.isascii() else len(text) + len(_WIDE_LETTER.findall(text))


def words(text: str) -> list[str]:
    """Its words in lower case; of a run without blanks, each pair of letters that stand side by side."""
    found = [word.lower() for word in _WORD.findall(text)]
    if not text.isascii():
        for run in _WIDE_RUN.findall(text):
            found += [run[at : at + 2] for at in range(len(run) - 1)]
    return found


def is_pair(word: str) -> bool:
    """Whether it is a pair of letters, which many texts share, and no word."""
    return bool(_WIDE_LETTER.match(word))


def clause(text: str) -> str:
    """The longest part between the signs that end a sentence or a clause where no blanks are set."""
    return text if text.isascii() else max(_ENDS.split(text), key=len)


def is_said(text: str) -> bool:
    """Whether words of this text hold it together: a list of names has none that do."""
    if len(_WIDE_LETTER.findall(text)) >= _FEWEST_WIDE:
        return True
    parts = [word for word in re.findall(r"[^\W\d_]+", text)]
    if any(word.lower() in GLUE for word in parts):
        return True
    # Of a script whose small words are not known: names would be capital, or it has no capitals.
    is_ours = text.isascii() or bool(_LATIN.search(text))
    return not is_ours and 3 * sum(word[0].isupper() for word in parts) <= len(parts)
