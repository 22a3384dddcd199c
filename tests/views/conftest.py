"""What most tests of pages need: a person's browser, and a clock that stands still."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from tests.support.people import Cast, signed_in
from tests.support.queues import NOW


@pytest.fixture
def browser(cast: Cast) -> Client:
    """The owner's, an Operator."""
    return signed_in(cast.owner)


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    """The dashboard's clock stands where the sandbox's does."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
