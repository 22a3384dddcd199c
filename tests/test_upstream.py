"""What is asked aside, by threads that outlive the request."""

import pytest

from dashboard.request_id import current_request_id
from queues_app import upstream


def test_what_is_asked_aside_carries_the_id_of_its_request() -> None:
    token = current_request_id.set("request-number-one")
    try:
        first = upstream.aside(current_request_id.get).result()
    finally:
        current_request_id.reset(token)

    assert (first, upstream.aside(current_request_id.get).result()) == ("request-number-one", "")


def test_nothing_that_is_asked_aside_meets_a_connection_that_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(upstream, "close_old_connections", lambda: done.append("closed"))

    upstream.aside(done.append, "asked").result()

    assert done == ["closed", "asked", "closed"]
