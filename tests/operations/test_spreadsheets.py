"""CSV that no spreadsheet takes for a formula, however it is told to read it."""

import csv
import io
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queues_app.operations import spreadsheets
from queues_app.operations.spreadsheets import disarmed

# What separates, quotes, ends a line or begins a formula stands often in these.
hostile = st.text(st.sampled_from([*"=+-@\t\r\n,;\"' `a1.[]{}", "\u200b", "＝"]), max_size=14)
BEGINS = ("=", "+", "-", "@", "\t", "\r", "＝")
# A number, what closes its list, and at most the end of the cell that it is the last of.
NUMBER = re.compile(r"""-\d+(\.\d+)?([eE][-+]?\d+)?[\])}"' ]*[,;]? *["']*($|[\r\n]|",")""")


def read(data: bytes, separator: str, quote: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator, quotechar=quote))


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@given(st.lists(st.tuples(hostile, hostile | st.integers(-9, 9), st.just("{}")), max_size=3))
@example([("a;=HYPERLINK(1)", "a\t=1", "{}")])
@example([("a", 'b;"=1', "{}"), ("a", "b;'=1", "{}")])
@example([("a\n=1", "a,\n;+1", "{}")])
@example([("a;-2+cmd|' /C calc'!A0", "a;-2,+cmd|' /C calc'!A0", "{}")])
def test_no_field_begins_as_a_formula_however_the_file_is_read(
    separator: str, quote: str, rows: list[tuple[object, ...]]
) -> None:
    data = spreadsheets.plain_row(["one", "two", "end"]) + spreadsheets.rows(rows)
    for field in (field for row in read(data, separator, quote) for field in row):
        assert not field.startswith(BEGINS) or NUMBER.match(field), field
        assert not field.lstrip(" \t\r\n\u200b").startswith(("=", "+", "@")), field


@given(hostile)
def test_what_is_put_in_is_all_that_changes(text: str) -> None:
    left = iter(disarmed(text))
    assert all(sign in left for sign in text)
    assert len(disarmed(text)) - len(text) == sum(disarmed(text).count(sign) - text.count(sign) for sign in "'`")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;=HYPERLINK(1)", "a;`=HYPERLINK(1)"),
        ("a\t=1", "a\t`=1"),
        ("a\r\n=1", "a\r\n`=1"),
        ("\t=1", "'\t`=1"),
        ("a;-2+3", "a;`-2+3"),
        ("call, +49 170", "call, `+49 170"),
    ],
)
def test_within_a_cell_a_backtick_stands_before_what_could_begin(text: str, expected: str) -> None:
    assert disarmed(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"n": [1, -2, -3.5e-7], "m": -1}',
        "[\n  1,\n  -2,\n  [\n    -3\n  ]\n]",
        "1;-12.5;3",
        "a-b-c",
        "a,\"b\"\r\nc;'d'",
    ],
)
def test_plain_data_stay_as_they_are(text: str) -> None:
    assert disarmed(text) == text


@pytest.mark.parametrize("sign", [";", "\t", '"', " ", ";'", "\n-1,"])
def test_a_long_cell_takes_no_longer_for_what_stands_in_it(sign: str) -> None:
    began = time.process_time()
    disarmed(f";{sign * 200_000}x")
    assert time.process_time() - began < 5
