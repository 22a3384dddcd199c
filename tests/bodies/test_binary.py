"""Bytes that are no text are named by their first bytes, dumped, and searched for text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.bodies import HexLine, Limits
from queues_app.bodies.binary import hex_lines, recognise, text_runs
from tests.bodies.helpers import rejoined


@given(st.binary(max_size=200), st.integers(-5, 220))
def test_a_hex_dump_holds_the_bytes_up_to_its_bound(data: bytes, most: int) -> None:
    dumped = list(hex_lines(data, most))
    assert bytes.fromhex(" ".join(line.hex for line in dumped)) == data[: max(most, 0)]
    assert [int(line.offset, 16) for line in dumped] == list(range(0, len(dumped) * 16, 16))


def test_a_hex_line_shows_offset_bytes_and_ascii() -> None:
    assert list(hex_lines(b"\x1f\x8babc <\x00", 99)) == [HexLine("00000000", "1f 8b 61 62 63 20 3c 00", "..abc <.")]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x89PNG\r\n\x1a\n....", "PNG image"),
        (b"\xff\xd8\xff\xe0", "JPEG image"),
        (b"GIF89a", "GIF image"),
        (b"RIFF\x00\n\x00\x00WEBPVP8 ", "WebP image"),
        (b"\x00\x00\x00\x20ftypavif", "AVIF image"),
        (b"\x1f\x8b\x08\x00", "gzip data"),
        (b"%PDF-1.7", "PDF document"),
        (b"plain", ""),
        (b"", ""),
    ],
)
def test_kinds_of_files_are_known_by_their_first_bytes(data: bytes, name: str) -> None:
    assert recognise(data) == name


@given(st.binary(max_size=400), st.integers(-1, 5))
def test_runs_lie_in_the_bytes_where_they_say(data: bytes, most: int) -> None:
    codecs = {"UTF-8": "utf-8", "UTF-16LE": "utf-16-le", "Latin-1": "latin-1"}
    runs = text_runs(data, Limits(max_runs=most))
    assert len(runs) <= max(most, 0)
    for run in runs:
        found = rejoined(run.segments).encode(codecs[run.encoding])
        assert data[run.offset : run.offset + len(found)] == found


def test_text_is_found_in_all_three_encodings() -> None:
    data = b"\x01\x02order\xff" + "Bestellung größer".encode() + b"\xfe\x05" + "Café-Nr".encode("utf-16-le")
    data += b"\xff\x81\x00" + "Zürich".encode("latin-1") + b"\x00"
    found = [(run.encoding, rejoined(run.segments)) for run in text_runs(data, Limits())]
    assert found == [
        ("UTF-8", "order"),
        ("UTF-8", "Bestellung größer"),
        ("UTF-16LE", "Café-Nr"),
        ("Latin-1", "Zürich"),
    ]


def test_a_long_run_is_cut_and_its_rest_counted() -> None:
    run = text_runs(b"a" * 100, Limits(max_string=30))[0]
    assert (rejoined(run.segments), run.rest) == ("a" * 30, 70)
