"""A receipt as Markdown: whatever things are called, it stays text in its place."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queues_app.rows.receipt_markdown import Told, code, markdown

NASTY = (
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![](http://evil.example/x.png)",
    "http://evil.example www.evil.example a@evil.example @team #1",
    "a | b |\n|---|---|",
    "x\n\n# heading\n\n```\ncode\n```\n> quote",
    "` `` ```x``y`",
    "`a` <b>",
    "\\` \\| \\",
    "\u202egpj\x00\x1b[2J\u2028\u2029\x85",
    "&lt;&#64;",
    "~~~",
    "---",
)
foreign = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=12))).map("".join)
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")


def spans(line: str) -> list[str]:
    """The code spans of a line, as CommonMark finds them: a run of backticks up to the next run of the same length."""
    return [found[2] for found in SPAN.finditer(line)]


def outside(line: str) -> str:
    """What is left of a line without its code spans."""
    return SPAN.sub("", line)


@given(foreign)
@example("`")
@example("``` `` `")
def test_foreign_text_is_one_code_span_of_one_line(text: str) -> None:
    made = code(text)
    assert len(made.splitlines()) <= 1
    if made:
        assert outside(made) == ""
        assert len(spans(made)) == 1


@pytest.mark.parametrize(("text", "made"), [("orders", "`orders`"), ("a`b", "`` a`b ``"), ("", ""), (" \n ", "")])
def test_a_name_is_written_as_it_is(text: str, made: str) -> None:
    assert code(text) == made


def test_a_control_character_stands_by_its_name() -> None:
    assert code("a\u202eb") == "`a[U+202E]b`"


@given(foreign, foreign, foreign)
def test_nothing_foreign_gets_out_of_its_place(queue: str, remark: str, warning: str) -> None:
    made = markdown(
        Told(
            title="Receipt R-1",
            outcome="ok",
            sentence=f"{code(queue)} was looked at.",
            remark=remark,
            moments=[("14:03:22.114", warning)],
            facts=[("Queue", queue), ("Remark", remark)],
            changes=[("delay", f"1 {queue}", f"2 {warning}")],
            columns=("Message", "Warning"),
            lines=[(f"3 {queue}", warning), (f"4 {remark}", queue)],
            url="/audit/1/",
        )
    )
    left = [outside(line) for line in made.splitlines()]
    assert set("".join(left)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#|:,.- ")
    table = [line for line in left if line.startswith("|")]
    assert len(table) == 7
    # A column in which nothing stands is left out; the names and their rule have as many as the lines.
    assert {line.count("|") for line in table[:4]} <= {3, 2}
    assert len({line.count("|") for line in table[:4]}) == 1
    assert {line.count("|") for line in table[4:]} == {4}
    # Nor may a bar stand within the span of a cell: it would end the cell before the span is found.
    assert all("|" not in "".join(spans(line)) for line in made.splitlines() if line.startswith("|"))


def test_what_is_not_known_takes_no_room() -> None:
    assert markdown(Told(title="Receipt R-1", outcome="refused", sentence="Nobody did it.")) == (
        "## Receipt R-1: refused\n\nNobody did it.\n"
    )
