"""Receivers, and entries to tell them."""

from collections.abc import Iterator

import pytest

from tests.forwarding.receivers import HttpReceiver


@pytest.fixture
def http() -> Iterator[HttpReceiver]:
    with HttpReceiver().serving() as receiver:
        yield receiver
