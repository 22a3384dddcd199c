"""What a person types: a query, or one sentence that says where it goes wrong."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.finding import Query, QueryError, chips, parse, parse_path, path_text, render
from queues_app.finding.query import And, Field, Not, Or, Words
from tests.finding.documents import keys

# What filters are made of, so that chance finds its way into the grammar.
PIECES = [
    *("body", ".", "order", "[0]", '["odd key"]', ":", ">", ">=", "<", "=", "*", "|", "-", "(", ")", '"', "\\", " "),
    *("attempts:", "age:", "1h", "size:", "10kb", "sent:", "2026-11-20", "type:json", "id:", "9f…7e", "meta.", "42"),
    *("shape:odd", "null", "1e999999999999999999999", "٣", "\x00", "\u202e", "İ"),
]
filters = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@given(filters)
def test_any_text_is_a_query_or_a_named_error_within_the_text(text: str) -> None:
    query, error = parsed(text)
    if query is not None:
        assert parse(render(query)) == query
    if error is not None:
        assert error.sentence.endswith(".")
        assert 0 <= error.offset <= len(text)
        assert error.length >= 1


def parsed(text: str) -> tuple[Query, None] | tuple[None, QueryError]:
    try:
        return parse(text), None
    except QueryError as error:
        return None, error


@given(filters)
def test_a_filter_without_one_of_its_chips_is_a_filter(text: str) -> None:
    try:
        found = chips(parse(text))
    except QueryError:
        return
    for chip in found:
        assert len(chips(parse(chip.rest))) == len(found) - 1 or len(found) == 2


@given(st.lists(keys | st.integers(0, 10**8), min_size=1, max_size=5).map(tuple))
def test_a_path_reads_back_as_it_is_written(path: tuple[str | int, ...]) -> None:
    assert parse_path(path_text(path)) == path


def test_terms_stand_beside_each_other_and_alternatives_bind_looser() -> None:
    assert parse('late "two words" | -gone') == Or(
        (And((Words("late"), Words("two words", is_quoted=True))), Not(Words("gone")))
    )
    assert parse("late (a | b)") == And((Words("late"), Or((Words("a"), Words("b")))))


def test_an_empty_filter_has_no_terms() -> None:
    assert parse("") == parse("  \t ") == And(())


@pytest.mark.parametrize(
    ("text", "path", "operator", "value"),
    [
        ("body.order.id:42", ("order", "id"), "", "42"),
        ("body.lines[0].sku:=TX", ("lines", 0, "sku"), "=", "TX"),
        ('body["odd key"].x:>=2', ("odd key", "x"), ">=", "2"),
        (r'body["a\"b"]:*', ('a"b',), "", "*"),
        ("body.at:2026-11-20T10:00:00", ("at",), "", "2026-11-20T10:00:00"),
        ("meta.CF-Trace:00-4b", ("CF-Trace",), "", "00-4b"),
    ],
)
def test_a_field_has_a_path_an_operator_and_a_value(text: str, path: tuple[str], operator: str, value: str) -> None:
    term = parse(text)
    assert isinstance(term, Field)
    assert (term.path, term.operator, term.value) == (path, operator, value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("age:>1h", 3600),
        ("age:<30min", 1800),
        ("age:>=1.5d", 129600),
        ("size:>10kb", 10_000),
        ("size:<=1MB", 1_000_000),
        ("size:=412", 412),
        ("attempts:>3", 3),
        ("shape:2", 2),
        ("body.n:9007199254740993", 9007199254740993),
    ],
)
def test_a_value_is_read_as_what_its_field_holds(text: str, number: int) -> None:
    term = parse(text)
    assert isinstance(term, Field)
    assert term.number == number


def test_a_day_is_a_stretch_of_time_where_the_reader_is() -> None:
    term = parse("sent:<2026-11-20", ZoneInfo("Europe/Berlin"))
    assert isinstance(term, Field)
    assert term.number == 1_763_593_200_000 + 365 * 86_400_000
    assert term.until is not None
    assert term.number is not None
    assert term.until - term.number == 86_400_000


def test_an_address_and_a_time_of_day_are_plain_words() -> None:
    assert parse("https://example.com/a") == Words("https://example.com/a")
    assert parse("12:30") == Words("12:30")


@pytest.mark.parametrize(
    ("text", "offset", "length", "said"),
    [
        ('late "two words', 5, 1, "not closed"),
        ("(a | b", 0, 1, "not closed"),
        ("a | b)", 5, 1, "closes nothing"),
        ("a | ", 3, 1, "Expected a word"),
        ("late - x", 5, 1, "right after"),
        ("sku:TX", 0, 3, 'No field is called "sku". Write body.sku:'),
        ("body:x", 4, 1, "Expected a path"),
        ("body.order", 9, 1, 'Expected ":"'),
        ("body.a[x]:1", 6, 1, "Expected a place"),
        ("a attempts:many", 11, 4, "attempts:>3"),
        ("age:1h", 4, 2, "age:>1h"),
        ("age:>soon", 5, 4, "age:>1h"),
        ("size:>10kib", 6, 5, "size:>10kb"),
        ("sent:<20.11.2026", 6, 10, "sent:<2026-11-20"),
        ("type:>json", 6, 4, "type:json"),
        ("attempts:", 8, 1, "Expected a value"),
        ('a ""', 2, 2, "between the quotes"),
    ],
)
def test_an_error_says_what_was_expected_and_where(text: str, offset: int, length: int, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert said in caught.value.sentence
    assert (caught.value.offset, caught.value.length) == (offset, length)


@pytest.mark.parametrize("text", ["x" * 501, "x " * 51, "(" * 30 + "x" + ")" * 30, "-" * 40 + "x"])
def test_a_filter_has_bounds(text: str) -> None:
    with pytest.raises(QueryError, match="at most"):
        parse(text)


def test_a_chip_has_its_parts_and_the_filter_without_it() -> None:
    late, negated, word = chips(parse("attempts:>=2 -type:json late"))
    assert (late.field, late.operator, late.value, late.rest) == ("attempts", ">=", "2", "-type:json late")
    assert (negated.is_negated, negated.field, negated.value, negated.rest) == (
        True,
        "type",
        "json",
        "attempts:>=2 late",
    )
    assert (word.field, word.value, word.rest) == ("", "late", "attempts:>=2 -type:json")
    assert [chip.value for chip in chips(parse("a | b"))] == ["a | b"]
    assert chips(parse("")) == ()


def test_the_name_of_a_field_is_read_in_any_case() -> None:
    assert parse("BODY.order:42") == parse("body.order:42")
    assert parse("Attempts:>3 Type:json") == parse("attempts:>3 type:json")
    # A key of the body is what it is.
    assert parse("body.Order:42") != parse("body.order:42")
