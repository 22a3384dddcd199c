"""Lengths of time as people write them."""

from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from queues_app import formats
from queues_app.forms.messages import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("30 s", 30),
        (" 30s ", 30),
        ("1 min 30 s", 90),
        ("1m30s", 90),
        ("2 hours", 7200),
        ("12h", 43_200),
        ("0", 0),
    ],
)
def test_a_time_is_read_as_it_is_written(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["s", "-1 s", "1.5 s", "1 30", "30 x", "1 w", "1 h30", "½ h", "1e3", "1,000 s", "٣ s"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        seconds_of(text)


@given(st.integers(1, 43_200))
def test_what_we_write_we_read_again(seconds: int) -> None:
    assert seconds_of(formats.duration(seconds)) == seconds


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_is_refused(text: str) -> None:
    with suppress(ValidationError):
        assert seconds_of(text.lower()) >= 0
