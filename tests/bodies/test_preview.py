"""One line per body: the beginning of the reading, made without reading the whole."""

import gzip
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app import bodies
from queues_app.bodies.segments import UNDECODED, fold
from tests.bodies.helpers import any_text, as_base64, hostile_text, json_text, rejoined

_types = st.sampled_from(["text", "json", "bytes", "v8", None, "xml"])
_bodies = st.one_of(
    any_text,
    hostile_text,
    json_text,
    st.binary(max_size=200).map(as_base64),
    json_text.map(as_base64),
    st.text().map(as_base64),
)


@given(_bodies, _types, st.booleans(), st.integers(-2, 300))
def test_any_body_has_a_preview_of_one_line(body: str, content_type: str | None, is_string: bool, limit: int) -> None:
    preview = bodies.preview(body, content_type, is_string, limit)
    line = "".join(segment.text for segment in preview.text_segments)
    line.encode("utf-8")
    assert not set(line) & set("\r\n\t")
    assert len(rejoined(preview.text_segments)) <= max(limit, 0)


@given(_bodies, _types, st.booleans(), st.integers(0, 600))
def test_a_preview_is_the_beginning_of_the_reading(
    body: str, content_type: str | None, is_string: bool, limit: int
) -> None:
    preview = bodies.preview(body, content_type, is_string, limit)
    reading = bodies.read(body, content_type, is_string)
    if preview.kind == reading.kind and preview.kind in ("text", "json") and preview.size == reading.size:
        assert fold(reading.text or "").startswith(rejoined(preview.text_segments))


@given(_bodies, _types, st.booleans())
def test_of_a_short_body_preview_and_reading_say_the_same(body: str, content_type: str | None, is_string: bool) -> None:
    preview = bodies.preview(body, content_type, is_string, limit=4_096)
    reading = bodies.read(body, content_type, is_string)
    assert preview.size == reading.size
    if is_string:
        assert preview.kind == reading.kind
    if preview.kind != "v8" and is_string:
        assert (UNDECODED in preview.badges) == (UNDECODED in reading.badges)


@pytest.mark.parametrize("content_type", ["json", "bytes", None])
def test_a_long_base64_of_json_shows_its_first_characters(content_type: str | None) -> None:
    text = json.dumps([{"order": number, "city": "Zürich"} for number in range(2_000)], ensure_ascii=False)
    preview = bodies.preview(as_base64(text), content_type)
    shown = rejoined(preview.text_segments)
    assert text.startswith(shown)
    assert 400 < len(shown) <= 512
    assert (preview.kind, preview.badges, preview.cut) == ("json", (), True)
    assert preview.size == len(text.encode())


def test_white_space_is_folded_and_controls_are_named() -> None:
    preview = bodies.preview(' a\r\n\tb \u202e<img src="x">\x00', "text")
    assert preview.text_segments == (
        ("text", "a b "),
        ("control", "U+202E"),
        ("text", '<img src="x">'),
        ("control", "NUL"),
    )
    assert preview.badges == (("markup", "markup, inert"),)


def test_bytes_that_are_no_text_show_their_size_and_first_bytes() -> None:
    preview = bodies.preview(as_base64(b"\xff" * 2_244), "bytes")
    assert preview.badges == (("undecoded", "not decoded"),)
    assert preview.note == "base64, then not text: 2.2 kB"
    assert preview.hex.startswith("ff ff ff")
    assert (preview.size, preview.text_segments) == (2_244, ())


def test_a_picture_is_named() -> None:
    preview = bodies.preview(as_base64(b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(5_000)), "bytes")
    assert preview.badges == (("recognised", "PNG image"),)
    assert preview.note == "PNG image: 5.0 kB"


def test_a_v8_body_shows_its_value() -> None:
    preview = bodies.preview(as_base64(b'\xff\x0fo"\x05order"\x07A-88307{\x01'), "v8")
    assert rejoined(preview.text_segments) == '{order: "A-88307"}'
    assert (preview.badges, preview.note) == ((), "")


def test_a_large_v8_body_shows_the_text_found_in_its_beginning() -> None:
    preview = bodies.preview(as_base64(b'\xff\x0fo"\x05order"\x07A-88307' + bytes(5_000)), "v8")
    assert rejoined(preview.text_segments) == 'order" · A-88307'
    assert preview.badges == (("undecoded", "not decoded"),)
    assert preview.note == "V8 value: 5.0 kB"


@pytest.mark.parametrize("size", [3, 4_000])
def test_packed_json_shows_what_is_in_it(size: int) -> None:
    text = json.dumps({"order": "A-1", "lines": [random.Random(line).random() for line in range(size)]})
    preview = bodies.preview(as_base64(gzip.compress(text.encode(), mtime=0)), "bytes", limit=160)
    assert text.startswith(rejoined(preview.text_segments)[:100])
    assert (preview.kind, preview.badges, preview.cut) == ("json", (), size > 3)


@pytest.mark.parametrize(
    ("body", "content_type", "note"),
    [
        ("hello", "json", "neither JSON nor base64"),
        ("a-b", "bytes", "not base64"),
        ("a-b", "v8", "not base64"),
        (as_base64("not JSON"), "json", "base64, then not JSON"),
        ("", "json", "empty"),
        ("", "text", "empty"),
    ],
)
def test_a_preview_says_what_stood_in_the_way(body: str, content_type: str, note: str) -> None:
    assert bodies.preview(body, content_type).note == note


def test_a_lone_surrogate_does_not_stop_a_preview() -> None:
    assert bodies.preview('{"a":"\ud800"}', "json").text_segments[1] == ("control", "U+D800")


def test_sizes_are_worded_in_decimal_units() -> None:
    assert [bodies.size_text(size) for size in (0, 999, 1_000, 1_949, 999_949, 999_950, 33_554_432)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "1.9 kB",
        "999.9 kB",
        "1.0 MB",
        "33.6 MB",
    ]
