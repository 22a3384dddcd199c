"""Which messages a filter means."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.finding import Body, Document, Plain, highlights, matches, parse
from queues_app.finding.query import And, Not, Or
from tests.finding.documents import document, plain_values

ORDER: dict[str, Any] = {
    "order": {"id": 9007199254740993, "open": True, "note": None},
    "warehouse": "AMS-2",
    "lines": [{"sku": "TX-4410", "qty": 3}, {"sku": "RB-0092", "qty": 1}],
    "tags": ["late", "gold"],
    "odd key": "x",
    "code": "42",
    "price": Decimal("12.50"),
}


def means(text: str, found: Document) -> bool:
    return matches(parse(text), found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ams-2",
        '"sku":"TX',
        'AMS "rb-0092"',
        "nothing | AMS",
        "-nothing",
        "-(nothing | never) ams",
        "body.order.id:9007199254740993",
        "body.order.id:>9007199254740992",
        "body.order.id:90071*",
        "body.order.open:true",
        "body.order.note:null",
        "body.order.note:*",
        "-body.order.missing:*",
        "body.lines.sku:TX",
        "body.lines[1].sku:=RB-0092",
        "body.lines.qty:<2",
        "body.lines:*",
        "body.tags:gold",
        'body["odd key"]:x',
        "body.code:42",
        'body.code:"42"',
        "body.price:12.5",
        "body.price:=12.500",
        "body.warehouse:a*2",
    ],
)
def test_a_body_fits(text: str) -> None:
    stated = text.replace('"sku":"TX', '"\\"sku\\":\\"TX"')
    assert means(stated, document(ORDER))


@pytest.mark.parametrize(
    "text",
    [
        "never",
        "ams never",
        "body.order.id:9007199254740992",
        "body.order.id:>9007199254740993",
        'body.order.id:"9007199254740993"',
        "body.order.open:1",
        "body.order.note:false",
        'body.order.note:"null"',
        "body.order.missing:*",
        "body.lines[2].sku:*",
        "body.lines[1].sku:TX",
        "body.warehouse:=ams-2",
        "body.warehouse:a*3",
        "body.warehouse:>5",
        "-body.lines.sku:TX",
    ],
)
def test_a_body_does_not_fit(text: str) -> None:
    assert not means(text, document(ORDER))


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("attempts:>3", {"attempts": 4}),
        ("attempts:2", {"attempts": 2}),
        ("age:>1h", {"age_s": 3601}),
        ("age:<=1h", {"age_s": 3600}),
        ("size:>10kb", {"size": 10_001}),
        ("type:json", {"content_type": "json"}),
        ("type:unknown", {"content_type": None}),
        ("id:9f2c", {"id": "9f2c41d0a07e"}),
        ("id:9f2c41…a07e", {"id": "9f2c41d0a07e"}),
        ("id:*a07e", {"id": "9f2c41d0a07e"}),
        ("id:=9f2c41d0a07e", {"id": "9f2c41d0a07e"}),
        ("meta.cf-trace:4B", {"metadata": {"CF-Trace": "00-4bf9"}}),
        ("meta.CF-Trace:*", {"metadata": {"CF-Trace": ""}}),
        ("meta.n:>9", {"metadata": {"n": "10"}}),
        ("sent:2025-11-20", {"sent_ms": 1_763_600_000_000}),
        ("sent:>=2025-11-20", {"sent_ms": 1_763_596_800_000}),
        ("sent:<2025-11-20", {"sent_ms": 1_763_596_799_999}),
        ("sent:>2025-11-19T23:59", {"sent_ms": 1_763_596_800_000}),
        ("shape:odd", {"shape": 2}),
        ("-shape:odd", {"shape": 1}),
    ],
)
def test_a_fact_fits(text: str, facts: dict[str, Any]) -> None:
    assert means(text, document({}, **facts))
    assert not means(f"-({text})", document({}, **facts))


@pytest.mark.parametrize(
    ("text", "unknown"),
    [("attempts:>0", "attempts"), ("age:<1h", "age_s"), ("sent:>2000-01-01", "sent_ms"), ("shape:odd", "shape")],
)
def test_an_unknown_fact_fits_no_comparison_negated_or_not(text: str, unknown: str) -> None:
    found = document({}, **{unknown: None})
    assert not means(text, found)
    assert not means(f"-{text}", found)
    # But it does not spoil what hangs on something else.
    assert means(f"{text} | type:json", found)


def test_whether_a_fact_is_known_can_be_asked() -> None:
    assert means("-attempts:*", document({}, attempts=None))
    assert means("attempts:*", document({}, attempts=0))


def test_a_body_without_structure_has_no_fields_but_words() -> None:
    found = document(text="Late again")
    assert means("late -body.late:*", found)
    assert not means("body.late:*", found)


def test_a_true_is_no_number_and_a_number_no_text() -> None:
    assert not means("body.a:>0", document({"a": True}))
    assert not means("body.a:>abc", document({"a": 5}))
    assert means("body.at:>2026-11-20", document({"at": "2026-11-21T09:00:00Z"}))


def test_a_body_is_read_once_and_only_when_it_is_asked_for() -> None:
    reads: list[int] = []

    def read() -> Body:
        reads.append(1)
        return Body("{}", {})

    found = Document(id="a", attempts=1, age_s=1, sent_ms=1, size=2, content_type="json", metadata={}, read=read)
    assert means("attempts:1 type:json", found)
    assert reads == []
    assert means("-x -body.x:*", found)
    assert reads == [1]


def test_numbers_of_any_size_are_compared() -> None:
    assert means("body.n:>1e400000", document({"n": Decimal("1e400001")}, text=""))
    assert means(f"body.n:{'9' * 400}", document({"n": int("9" * 400)}, text=""))
    assert means("body.n:9*", document({"n": 10**5000 - 1}, text=""))


def test_what_matched_is_what_gets_marked() -> None:
    marks = highlights(parse('late -gone body.order.id:42 body.n:>3 (a | "b c") -(x y) attempts:>1'))
    assert marks.words == ("late", "42", "a", "b c")
    assert marks.paths == (("order", "id"), ("n",))


terms = st.sampled_from(
    ["a", "body.a:1", "body.a:*", "attempts:>1", "age:>1h", "type:json", "sent:>2026-01-01", "id:9", "shape:odd"]
).map(parse)
facts = st.fixed_dictionaries(
    {
        "attempts": st.none() | st.integers(0, 3),
        "age_s": st.none() | st.integers(0, 7200),
        "content_type": st.sampled_from(["json", "text", None]),
        "shape": st.none() | st.integers(1, 2),
    }
)


@given(terms, terms, plain_values, facts)
def test_negation_and_or_keep_their_laws(one: Any, other: Any, body: Plain, known: dict[str, Any]) -> None:
    found = document(body, text="a", **known)
    assert matches(And((one, other)), found) == (matches(one, found) and matches(other, found))
    assert matches(Or((one, other)), found) >= (matches(one, found) or matches(other, found))
    assert matches(Not(Not(one)), found) == matches(one, found)
    assert not (matches(one, found) and matches(Not(one), found))
    assert matches(Not(And((one, other))), found) == matches(Or((Not(one), Not(other))), found)
    assert matches(Not(Or((one, other))), found) == matches(And((Not(one), Not(other))), found)
