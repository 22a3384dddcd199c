"""How large a picture is, read from its first bytes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app import bodies
from queues_app.bodies.pixels import pixels
from tests.bodies.helpers import as_base64

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(9)
HEADS = (
    PNG,
    JPEG,
    b"GIF89a",
    b"RIFF....WEBPVP8X",
    b"RIFF....WEBPVP8L",
    b"RIFF....WEBPVP8 ",
    b"\x00\x00\x00\x1cftypavif",
)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        pytest.param(PNG + b"\x00\x00\x02\x80\x00\x00\x01\xe0\x08\x02", (640, 480), id="PNG"),
        pytest.param(b"GIF89a\x25\x00\x15\x00\x80\x00\x00", (37, 21), id="GIF"),
        pytest.param(JPEG + b"\xff\xc2\x00\x11\x08\x00\x15\x00\x25\x03", (37, 21), id="JPEG"),
        pytest.param(
            b"RIFF\x40\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00\x24\x00\x00\x14\x00\x00",
            (37, 21),
            id="WebP with more",
        ),
        pytest.param(
            b"RIFF\x40\x00\x00\x00WEBPVP8 \x20\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\x25\x00\x15\x00", (37, 21), id="WebP"
        ),
        pytest.param(
            b"RIFF\x40\x00\x00\x00WEBPVP8L\x20\x00\x00\x00\x2f\x24\x00\x05\x00" + bytes(8),
            (37, 21),
            id="WebP without loss",
        ),
        pytest.param(
            b"\x00\x00\x00\x1cftypavif"
            + bytes(16)
            + b"\x00\x00\x00\x14ispe\x00\x00\x00\x00\x00\x00\x00\x25\x00\x00\x00\x15",
            (37, 21),
            id="AVIF",
        ),
    ],
)
def test_the_size_of_a_picture_is_said_in_its_step(data: bytes, size: tuple[int, int]) -> None:
    assert pixels(data) == size
    step = bodies.read(as_base64(data), "bytes").steps[-1]
    assert (step.ok, step.detail) == (True, f"{size[0]} × {size[1]} pixels")


@given(st.sampled_from(HEADS), st.binary(max_size=80))
def test_a_picture_cut_anywhere_or_of_any_bytes_has_a_size_or_none(head: bytes, rest: bytes) -> None:
    found = pixels(head + rest)
    assert found is None or min(found) > 0


def test_a_picture_that_does_not_say_its_size_is_recognised_all_the_same() -> None:
    step = bodies.read(as_base64(b"\xff\xd8\xff" + bytes(20)), "bytes").steps[-1]
    assert (step.name, step.detail) == ("JPEG image", "recognised by its first bytes")


def test_a_picture_in_base64_for_addresses_is_never_guessed() -> None:
    word = base64.urlsafe_b64encode(PNG).decode().rstrip("=")
    assert [step.name for step in bodies.read(word, "text").steps] == ["text"]
