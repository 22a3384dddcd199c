"""What a path, a key or a form names is masked also where JSON stands in a string, and in odd alphabets."""

import json
import re
from base64 import b64encode
from typing import Any
from unittest import mock

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app import masking
from queues_app.finding import Path
from queues_app.masking import MASK, scan
from tests.masking.test_mask import CANARY, USUAL, masked, rules

EMAIL = rules(("path", "order.email"))


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"order": json.dumps({"email": CANARY})}),
        json.dumps(json.dumps({"order": {"email": CANARY}})),
        json.dumps({"order": json.dumps({"email": CANARY})}).replace('\\"', "\\u0022"),
        json.dumps({"order": json.dumps([{"email": CANARY}])}),
        json.dumps({"order": "\ufeff" + json.dumps({"email": CANARY})}),
        json.dumps({"order": "\ufeff" + json.dumps({"email": CANARY})}, ensure_ascii=False),
        "\ufeff" + json.dumps({"order": {"email": CANARY}}),
        "\ufeff \n" + json.dumps({"order": {"email": CANARY}}),
    ],
)
@pytest.mark.parametrize("content_type", ["json", "text", None])
def test_a_path_holds_in_json_that_is_a_string_and_behind_a_byte_order_mark(body: str, content_type: str) -> None:
    found = masking.mask(body, content_type, EMAIL)
    assert found is not None
    assert CANARY not in found.body


def test_a_byte_order_mark_stays_before_what_is_masked() -> None:
    assert masked('\ufeff{"order": {"email": "x", "n": 1}}', EMAIL) == (
        f'\ufeff{{"order": {{"email": "{MASK}", "n": 1}}}}'
    )


NAMES = st.sampled_from(["order", "email", "a", "b", "0"])
INNER: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([CANARY, "x", 1, None, "[", " {", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=3)
        | inner.map(json.dumps)
        | inner.map(lambda value: json.dumps(value, ensure_ascii=False, indent=1))
        | inner.map(lambda value: "\ufeff" + json.dumps(value))
        | inner.map(lambda value: b64encode(json.dumps(value).encode()).decode())
    ),
    max_leaves=8,
)
PATHS = st.lists(
    st.sampled_from(["order.email", "a.b", "*.email", "order[0]", "a.*", "order.a.b", "email", "a[1].email", "*.*.b"]),
    min_size=1,
    max_size=3,
).map(lambda paths: rules(*(("path", path) for path in paths)))


@given(INNER, PATHS)
def test_the_quick_look_leaves_out_no_path_that_the_full_walk_finds(tree: Any, ready: masking.Rules) -> None:
    def everything(text: str, judge: object, waiting: tuple[Path, ...]) -> scan.Look:
        marked = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda string: f'"{scan.MARK}{string[1]}"', text)
        return scan.Look(text=marked, waiting=waiting, members=True)

    body = json.dumps({"order": tree, "a": tree})
    quick = masking.mask(body, "json", ready)
    with mock.patch("queues_app.masking.walk.scan", everything):
        assert masking.mask(body, "json", ready) == quick


PLAIN = json.dumps({"n": 1, "password": CANARY, "who": "Zoë"}, ensure_ascii=False)
ODD = {
    "brotli": brotli.compress(PLAIN.encode()),
    "UTF-16": PLAIN.encode("utf-16-le"),
    "UTF-16, other order": PLAIN.encode("utf-16-be"),
    "UTF-16 with its mark": b"\xff\xfe" + PLAIN.encode("utf-16-le"),
    "UTF-16 with its mark, other order": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "Windows-1252": PLAIN.encode("cp1252"),
    "a mark before UTF-8": b"\xef\xbb\xbf" + PLAIN.encode(),
}


@pytest.mark.parametrize("how", ODD)
@pytest.mark.parametrize("ready", [USUAL, rules(("path", "password")), rules(("word", f"{CANARY[:4]}*"))])
@pytest.mark.parametrize("place", ["a text", "a string", "bytes"])
def test_what_is_base64_of_an_odd_alphabet_is_no_hiding_place(how: str, ready: masking.Rules, place: str) -> None:
    packed = b64encode(ODD[how]).decode()
    body = json.dumps({"payload": packed}) if place == "a string" else packed
    found = masking.mask(body, {"a text": "text", "a string": "json", "bytes": "bytes"}[place], ready)
    assert found is not None
    assert packed[:12] not in found.body
    assert CANARY not in found.body


@pytest.mark.parametrize("size", [12, 16, 20, 32, 64])
def test_ids_and_digests_that_happen_to_be_base64_stay(size: int) -> None:
    made = [b64encode(bytes((seed * 37 + at * at * 11) % 256 for at in range(size))).decode() for seed in range(200)]
    kept = [one for one in made if masked(json.dumps({"digest": one})) == json.dumps({"digest": one})]
    assert len(kept) >= len(made) * 0.99
