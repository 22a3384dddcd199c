"""Masks over bodies: what a rule names is gone, whatever it is packed in, and everything else is as it was."""

import gzip
import json
import re
from base64 import b64encode
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from queues_app import masking
from queues_app.finding import Path
from queues_app.masking import MASK, Kind, Rule, RuleError, checked, compiled, scan

CANARY = "zqx7canary"


def rules(*pairs: tuple[str, str]) -> masking.Rules:
    return compiled(frozenset(checked(Rule(Kind(kind), value)) for kind, value in pairs))


USUAL = rules(("usual", ""))
PASSWORD = rules(("key", "password"))


def masked(body: str, ready: masking.Rules = USUAL, content_type: str | None = "json") -> str:
    found = masking.mask(body, content_type, ready)
    return body if found is None else found.body


def places(body: str, ready: masking.Rules = USUAL, content_type: str | None = "json") -> tuple[str, ...]:
    found = masking.mask(body, content_type, ready)
    return () if found is None else found.places


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
HIDING = st.sampled_from(
    [
        CANARY,
        [CANARY],
        {"x": {"y": [1, CANARY]}},
        json.dumps({"z": CANARY}),
    ]
)


@st.composite
def bodies_with_a_secret(draw: st.DrawFn) -> str:
    """A tree with the secret somewhere under a key that is masked, written in some way."""
    tree: Any = {draw(st.sampled_from(["password", "Pass_Word", "PASS-WORD"])): draw(HIDING)}
    for _ in range(draw(st.integers(0, 4))):
        around = draw(TREES)
        if isinstance(around, dict):
            tree = {**around, draw(st.text(max_size=8)): tree}
        elif isinstance(around, list):
            tree = [*around, tree]
        else:
            tree = {"a": around, "b": tree}
    return json.dumps(tree, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))


@given(bodies_with_a_secret())
def test_what_a_key_names_is_nowhere_in_the_masked_body(body: str) -> None:
    shown = masked(body, PASSWORD)
    assert CANARY not in shown
    json.loads(shown)


@given(bodies_with_a_secret())
def test_masking_twice_is_masking_once(body: str) -> None:
    assert masked(masked(body, PASSWORD), PASSWORD) == masked(body, PASSWORD)


@given(st.text(max_size=60) | st.from_regex(r"[a-c@. •:=%40\-]{0,30}"))
def test_masking_a_text_twice_is_masking_it_once(text: str) -> None:
    ready = rules(("usual", ""), ("pattern", "phone number"), ("word", "abc*"))
    once = masked(text, ready, "text")
    assert masked(once, ready, "text") == once


@given(TREES)
def test_what_no_rule_names_stays_to_the_byte(tree: Any) -> None:
    body = json.dumps({"tree": tree})
    assume("password" not in body.casefold())
    assert masking.mask(body, "json", rules(("key", "no such key"))) is None


@given(TREES, TREES)
def test_around_what_is_masked_every_sign_stays(before: Any, after: Any) -> None:
    head, tail = f'{{ "before" :{json.dumps(before)} ,\n"password":', f',"after":  {json.dumps(after)}}}'
    ready = rules(("path", "password"))
    assert masked(f'{head}"{CANARY}"{tail}', ready) == f'{head}"{MASK}"{tail}'


SIGNS = st.sampled_from(
    [
        *("ana@example.com", "4111 1111 1111 1111", "4111111111111111", "٤١١١١١١١١١١١١١١١", "DE89370400440532013000"),
        *("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", "a Basic YWJjOmRlZg==", "github_pat_0123456789abcdefghij", "cus_12"),
        *("order", "customer", "sku", "password", "x", "", " ", "\n", '"', "\\", "ü", "[1", " [1]", "2026-11-26"),
        *(json.dumps({"order": {"sku": "cus_1"}}), b64encode(b"password=hidden").decode()),
        b64encode(gzip.compress(b"password=hidden", mtime=0)).decode(),
    ]
)
VALUES = (
    st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just(4111111111111111) | SIGNS
)
DEEP = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SIGNS, inner, max_size=4))
SOME_RULES = st.lists(
    st.sampled_from(
        [
            *(("usual", ""), ("key", "pass*"), ("key", "sku"), ("word", "cus_*"), ("word", "*1-26"), ("key", "ü")),
            *(("path", "order.sku"), ("path", "*.sku"), ("path", "order[0]"), ("path", "*.*"), ("path", "customer")),
            *(("pattern", name) for name in ("e-mail", "card number", "IBAN", "token", "phone number")),
        ]
    ),
    min_size=1,
    max_size=4,
)


@given(DEEP, SOME_RULES, st.booleans(), st.sampled_from([None, 1]), st.sampled_from([(",", ":"), (" , ", " : ")]))
def test_a_body_is_masked_alike_whether_all_of_it_is_looked_at_or_only_what_has_a_mark(
    tree: Any, pairs: list[tuple[str, str]], ascii_only: bool, indent: int | None, separators: tuple[str, str]
) -> None:
    def everything(text: str, judge: object, waiting: tuple[Path, ...]) -> scan.Look:
        marked = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda string: f'"{scan.MARK}{string[1]}"', text)
        return scan.Look(text=marked, waiting=waiting, members=True)

    body = json.dumps([tree], ensure_ascii=ascii_only, indent=indent, separators=separators)
    ready = rules(*pairs)
    shown, stood = masking.mask(body, "json", ready), masking.values(body, "json", ready)
    with mock.patch("queues_app.masking.walk.scan", everything):
        assert masking.mask(body, "json", ready) == shown
        assert masking.values(body, "json", ready) == stood
    assert shown is None or scan.MARK not in shown.body


@given(st.binary(max_size=200) | st.text(max_size=200), st.sampled_from(["json", "text", "bytes", "v8", None]))
def test_nothing_a_body_holds_raises(body: bytes | str, content_type: str | None) -> None:
    text = b64encode(body).decode() if isinstance(body, bytes) else body
    found = masking.mask(text, content_type, USUAL)
    values = masking.values(text, content_type, USUAL)
    assert len(values) == len(found.places if found else ())


@given(st.sampled_from([1, "a", None, [1, 2], {"x": "y" * 50}, True, 10**30]))
def test_masked_values_cannot_be_told_apart(value: Any) -> None:
    body = json.dumps({"id": 1, "password": value})
    assert masked(body) == f'{{"id": 1, "password": "{MASK}"}}'


def test_numbers_beside_a_mask_stay_exact() -> None:
    body = '{"password":1,"big":123456789012345678901234567890,"small":1.10e-7,"zero":-0.0}'
    assert masked(body) == body.replace(":1,", f':"{MASK}",', 1)


@pytest.mark.parametrize("key", ["card_number", "cardNumber", "Card-Number", "CARD NUMBER", "card.number"])
def test_a_key_is_compared_without_case_and_separators(key: str) -> None:
    assert CANARY not in masked(json.dumps({key: CANARY}), rules(("key", "card_number")))


def test_a_key_written_with_escapes_is_the_same_key() -> None:
    assert masked('{"p\\u0061ssword": "x"}', PASSWORD) == f'{{"p\\u0061ssword": "{MASK}"}}'


def test_a_key_that_stands_twice_is_masked_twice() -> None:
    assert masked('{"password":"a","password":"b"}') == f'{{"password":"{MASK}","password":"{MASK}"}}'


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("order.customer.name", ("order.customer.name",)),
        (".order.customer.name", ("order.customer.name",)),
        ("body.order.customer.name", ("order.customer.name",)),
        ("order.lines.sku", ("order.lines[0].sku", "order.lines[1].sku")),
        ("order.lines[].sku", ("order.lines[0].sku", "order.lines[1].sku")),
        ("order.lines[1].sku", ("order.lines[1].sku",)),
        ("*.customer.name", ("order.customer.name",)),
        ("order.*.sku", ("order.lines[0].sku", "order.lines[1].sku")),
        ('order["customer"]', ("order.customer",)),
        ("customer.name", ()),
    ],
)
def test_a_path_is_written_as_in_a_filter(path: str, found: tuple[str, ...]) -> None:
    body = json.dumps({"order": {"customer": {"name": "x"}, "lines": [{"sku": "a"}, {"sku": "b", "n": 1}]}})
    assert places(body, rules(("path", path))) == found


@pytest.mark.parametrize(
    ("pattern", "text", "shown"),
    [
        ("e-mail", "mail ana@example.com, please", f"mail {MASK}, please"),
        ("e-mail", "no@mail and @example.com", "no@mail and @example.com"),
        ("e-mail", "?mail=ana%40example.com&x=1", f"?mail={MASK}&x=1"),
        ("card number", "paid by 4111 1111 1111 1111 today", f"paid by {MASK} today"),
        ("card number", "4111-1111-1111-1112 is none", "4111-1111-1111-1112 is none"),
        ("card number", "id 7f4111111111111111ab", "id 7f4111111111111111ab"),
        ("card number", "sent at 1732611540000", "sent at 1732611540000"),
        ("IBAN", "to DE89 3704 0044 0532 0130 00 NOW", f"to {MASK} NOW"),
        ("IBAN", "to DE89 3704 0044 0532 0130 01", "to DE89 3704 0044 0532 0130 01"),
        ("phone number", "call +49 30 1234567", f"call {MASK}"),
        ("token", "Authorization: Bearer abcdefgh123", f"Authorization: {MASK}"),
        ("token", "key sk_live_0123456789abcdef", f"key {MASK}"),
        ("token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", MASK),
        ("token", "monkey_business and tokens of love", "monkey_business and tokens of love"),
    ],
)
def test_a_pattern_finds_its_form_in_text(pattern: str, text: str, shown: str) -> None:
    ready = rules(("pattern", pattern))
    assert masked(text, ready, "text") == shown
    assert masked(json.dumps({"note": text}), ready) == json.dumps({"note": shown}, ensure_ascii=False)


def test_a_word_with_a_star_masks_the_words_that_fit() -> None:
    ready = rules(("word", "cus_*"))
    assert masked('{"a":"CUS_12, and discus_1 of cus_3"}', ready) == f'{{"a":"{MASK}, and discus_1 of {MASK}"}}'


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("user=ana password=secret1 ok", f"user=ana password={MASK} ok"),
        ("password: correct horse battery", f"password: {MASK}"),
        ('at {"password": "x y", "n": 1}', f'at {{"password": "{MASK}", "n": 1}}'),
        ('at {\\"password\\":\\"x y\\"}', f'at {{\\"password\\":{MASK}'),
        ("passwords: many", "passwords: many"),
    ],
)
def test_in_text_a_key_is_found_by_what_stands_behind_it(line: str, shown: str) -> None:
    assert masked(line, PASSWORD, "text") == shown


def _wrapped(how: str) -> tuple[str, str]:
    plain = json.dumps({"n": 1, "password": CANARY}).encode()
    if how == "base64":
        return b64encode(plain).decode(), "bytes"
    if how == "gzip":
        return b64encode(gzip.compress(plain)).decode(), "bytes"
    if how == "MessagePack":
        return b64encode(msgspec.msgpack.encode({"n": 1, "password": CANARY})).decode(), "bytes"
    if how == "form":
        return f"n=1&password={CANARY}", "text"
    if how == "XML":
        return f"<a><n>1</n><password>{CANARY}</password></a>", "text"
    if how == "NDJSON":
        return "\n".join([plain.decode()] * 2), "text"
    if how == "a string":
        return json.dumps({"payload": json.dumps({"inner": plain.decode()})}), "json"
    if how == "base64 in a string":
        return json.dumps({"payload": b64encode(plain).decode()}), "json"
    return json.dumps({"payload": b64encode(gzip.compress(plain)).decode()}), "json"


@pytest.mark.parametrize(
    "how",
    ["base64", "gzip", "MessagePack", "form", "XML", "NDJSON", "a string", "base64 in a string", "gzip in a string"],
)
def test_a_secret_is_masked_whatever_it_is_packed_in(how: str) -> None:
    body, content_type = _wrapped(how)
    found = masking.mask(body, content_type, USUAL)
    assert found is not None
    assert found.places
    assert CANARY not in found.body
    assert b64encode(CANARY.encode()).decode()[:8] not in found.body
    assert any(CANARY in value or "payload" in place for place, value in _stood(body, content_type))


def _stood(body: str, content_type: str) -> list[tuple[str, str]]:
    found = masking.mask(body, content_type, USUAL)
    return list(zip(found.places if found else (), masking.values(body, content_type, USUAL), strict=True))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"password": "cut off', "json"),
        (b64encode(b"\x00\x01\x02\xff\xfe\x00").decode(), "bytes"),
        (b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 40).decode(), "bytes"),
        ("no base64!", "v8"),
        # Protobuf has no names that a rule for a key could be about.
        (b64encode(b"\x0a\x0bhello world\x12\x05again\x18\x96\x01").decode(), "bytes"),
    ],
)
def test_what_cannot_be_read_is_closed(body: str, content_type: str) -> None:
    found = masking.mask(body, content_type, USUAL)
    assert found is not None
    assert (found.body, found.places, bool(found.closed)) == (MASK, ("",), True)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("key", " - "),
        ("path", ""),
        ("path", "a..b"),
        ("pattern", "anything"),
        ("word", "a*b"),
        ("word", "*"),
        ("word", "two words"),
    ],
)
def test_what_is_no_rule_is_refused_with_a_sentence(kind: str, value: str) -> None:
    with pytest.raises(RuleError, match=re.compile(r"^\w.*\.$")):
        checked(Rule(Kind(kind), value))
