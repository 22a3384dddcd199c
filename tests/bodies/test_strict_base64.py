"""Base64 is taken strictly: what is accepted encodes to the very same text again."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.bodies import strict_base64
from tests.bodies.helpers import as_base64

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


@given(st.binary(max_size=300))
def test_decoding_undoes_encoding(data: bytes) -> None:
    body = as_base64(data)
    assert strict_base64.trouble(body) == ""
    assert strict_base64.decode(body) == data
    assert strict_base64.decoded_size(body) == len(data)


@given(st.text(st.sampled_from(_ALPHABET), max_size=24))
def test_what_is_accepted_encodes_to_the_same_text(body: str) -> None:
    if not strict_base64.trouble(body):
        assert as_base64(strict_base64.decode(body)) == body


@given(st.text(st.characters(), max_size=24))
def test_any_text_gets_a_verdict(body: str) -> None:
    if not strict_base64.trouble(body):
        assert base64.b64decode(body, validate=True) == strict_base64.decode(body)


@given(st.binary(max_size=300), st.integers(-5, 400))
def test_a_prefix_is_the_beginning_and_long_enough(data: bytes, size: int) -> None:
    prefix = strict_base64.decode_prefix(as_base64(data), size)
    assert prefix is not None
    assert data.startswith(prefix)
    assert len(prefix) >= min(max(size, 0), len(data))


def test_a_prefix_of_what_ends_wrongly_is_refused() -> None:
    assert strict_base64.decode_prefix("A" * 999, 12) is None
    assert strict_base64.decode_prefix("A" * 999 + "-", 12) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("ab-d", "character 3 ('-') is not in the base64 alphabet"),
        ("abé=", "character 3 ('\\xe9') is not in the base64 alphabet"),
        ("abc", "its length, 3, is not a multiple of 4"),
        ("QUJ\nREVG", "character 4 ('\\n') is not in the base64 alphabet"),
        ("ab==cdef", "character 3 ('=') is not in the base64 alphabet"),
        ("QQ=", "its length, 3, is not a multiple of 4"),
        ("QR==", "its last four characters are no proper end of base64"),
    ],
)
def test_a_refusal_says_what_and_where(body: str, reason: str) -> None:
    assert strict_base64.trouble(body) == reason
