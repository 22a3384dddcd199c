"""What is said beside the Pull button where something is not known."""

from datetime import timedelta
from typing import Any

import pytest

from queues_app.models import Batch, Mode
from queues_app.operations.ending import end_of
from queues_app.operations.forecast import Forecast
from queues_app.rows.forecast import Price, forecast_of
from tests.support.queues import NOW


def price(*attempts: int | None, **known: Any) -> Price:
    """The forecast of ten messages, fifteen seconds after the peek that showed these."""
    batch = Batch(mode=Mode.PEEK, account_id=1, queue_id="0" * 32, entry_id=7, fetched_at=NOW - timedelta(seconds=15))
    fields = {"limit": 5, "dead_letter_queue": "later", "asked": 10, "left_out": 0, "is_cut": False, **known}
    return forecast_of(Forecast(batch=batch, attempts=attempts, **fields), shown=None, now=NOW)


@pytest.mark.parametrize(("delivery", "end"), [(1, ""), (4, ""), (5, "may"), (6, "will"), (90, "will")])
def test_the_end_is_may_at_the_earlier_reading_of_the_limit_and_will_beyond_it(delivery: int, end: str) -> None:
    assert end_of(delivery, 5) == end


def test_an_unknown_limit_is_said_to_be_unknown() -> None:
    said = price(4, 9, limit=None)
    assert (said.icon, said.name) == ("unknown", "")
    assert said.text == "How many attempts are allowed, and so which are on their last, is unknown."


def test_unknown_attempts_are_said_to_be_unknown() -> None:
    said = price(None, None)
    assert said.text == "How many attempts they have used is unknown; at the limit of 5 they go to"
    some = price(None, 0, 1)
    assert some.text == "None of these 3 is known to be on its last; at the limit of 5 they go to"
    assert "The attempts of 1 of them are unknown." in some.notes


def test_where_it_comes_from_is_said_with_its_age() -> None:
    said = price(0, left_out=2)
    assert (said.source, said.age, said.entry) == ("Forecast from your peek", "15 s", 7)
    assert said.rest == ", 2 leased left out. Order is best effort: the pull may bring others."


def test_more_than_was_seen_is_an_upper_bound() -> None:
    assert price(*[0] * 4, is_cut=True).uses == "Uses one attempt of each of up to 10."
    assert price(*[0] * 10, is_cut=True).uses == "Uses one attempt of each of about 10."
    assert price(0).uses == "Uses one attempt of about 1 message."
    assert price().uses == "Brings nothing, as far as could be seen."
