"""Which queues a pattern names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.models.rule import names_queue

_few = st.text("ab-*", max_size=8)


@given(_few, st.text("ab-", max_size=8))
def test_a_star_stands_for_any_characters_and_for_none(pattern: str, name: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
    assert names_queue(pattern, name) is expected


@pytest.mark.parametrize(("pattern", "name"), [("*a" * 100, "a" * 99 + "b"), ("*a" * 100 + "*", "a" * 99)])
def test_many_stars_take_no_longer_than_the_name_is_long(pattern: str, name: str) -> None:
    """As a regular expression, each of these would not be decided within a lifetime."""
    assert not names_queue(pattern, name)
