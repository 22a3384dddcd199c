"""CSV of what other people wrote, for programs that calculate. Pure: cells in, text out.

Nobody tells a file how it will be read: where a list separator is a semicolon, a spreadsheet opens a file of commas as
one of semicolons, and what stood within a cell begins a cell of its own. So no field may begin as a formula, whichever
of comma, semicolon and tab separates, and whichever quote is taken for one.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

# In front of a cell, as is the custom: each cell stands in double quotes, so it is never taken for a quote itself.
_IN_FRONT: Final = "'"
# Within a cell an apostrophe is a quote to some readers, and would vanish. This is a quote to none.
_WITHIN: Final = "`"

# A spreadsheet takes a cell that begins like this for a formula, and a formula can send other cells away. Some take the
# full-width signs too, and some drop blanks and signs without width before they look.
_SIGN: Final = "[-=+@\u2212\uff1d\uff0b\uff0d\uff20]"
_BLANK: Final = "\\s\x00-\x1f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_LINE_END: Final = "\n\r\x0b\x0c\x85\u2028\u2029"
_FORMULA: Final = re.compile(f"[\t\r\n]|[{_BLANK}]*{_SIGN}")
# What may separate, and all behind it that a reader may drop. Possessive, so that any text is read once.
_BREAK: Final = re.compile(f"[,;\t{_LINE_END}][,;\"'{_BLANK}]*+(?P<begins>(?={_SIGN}))?")
# A tab, or with a quote before it a line end, with which a field would begin.
_TAB: Final = re.compile(f"(?<=[,;{_LINE_END}])[\"']*+(?=\t)|(?<=[,;\t{_LINE_END}])[\"']++(?=[\t\r])")
# A number with what closes the list that it stands in, and what comes then, up to the end of its line.
_NUMBER: Final = re.compile(
    f"-[0-9]+(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?[\\])}}\"' ]*+(?:(?P<next>[,;\t])|(?P<last>(?=[{_LINE_END}]|\\Z)))"
)
_REST_IS_BLANK: Final = re.compile(f" *(?:[{_LINE_END}]|\\Z)")


def disarmed(cell: object) -> str:
    """A cell of which no spreadsheet takes anything for a formula.

    One that begins like a formula gets an apostrophe in front, and what could begin like one within it a backtick. A
    negative number in a list stays as it is.
    """
    text = "" if cell is None else str(cell)
    within = _TAB.sub(lambda found: found[0] + _WITHIN, _BREAK.sub(_broken, text))
    return f"{_IN_FRONT}{within}" if _FORMULA.match(text) else within


def rows(cells: Iterable[Sequence[object]]) -> bytes:
    """Rows of a file, disarmed."""
    return _written(([disarmed(cell) for cell in row] for row in cells), csv.QUOTE_ALL)


def plain_row(cells: Sequence[object]) -> bytes:
    """A row of our own words and numbers, as it is."""
    return _written([cells], csv.QUOTE_MINIMAL)


def _broken(found: re.Match[str]) -> str:
    if found["begins"] is None or _is_number(found):
        return found[0]
    return found[0] + _WITHIN


def _is_number(found: re.Match[str]) -> bool:
    """Whether the field that begins here is a number and no more, by each separator that it may have begun with."""
    number = _NUMBER.match(found.string, found.end())
    if number is None:
        return False
    if number["last"] is not None or (
        number["next"] != "\t" and _REST_IS_BLANK.match(found.string, number.end()) is not None
    ):
        return True
    return {sign for sign in found[0] if sign in f",;\t{_LINE_END}"} == {number["next"]}


def _written(cells: Iterable[Sequence[object]], quoting: Literal[0, 1]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=quoting).writerows(cells)
    return file.getvalue().encode("utf-8", "backslashreplace")
