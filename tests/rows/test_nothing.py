"""Empty, but not empty: each possible reason with its evidence, what is known first and what is ruled out last."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from queues_app.cloudflare import Queue
from queues_app.models import Batch, Mode
from queues_app.operations.kept import Held, Holders
from queues_app.operations.known_queues import KnownQueue
from queues_app.operations.queues import Reading
from queues_app.rows.nothing import Nothing, nothing_in
from tests.support.queues import NOW, make_consumer, make_queue, make_reading

NOBODY = Holders(mine=None, others=())


def nothing(
    queue: Queue | None = None, *, reading: Reading | None = None, holders: Holders = NOBODY, **fields: Any
) -> Nothing:
    known = {"backlog_count": 37, "backlog_read_at": NOW - timedelta(seconds=41), "message_retention_period": 3600}
    batch = Batch(mode=Mode.PEEK, account_id=1, queue_id="0" * 32, fetched_at=NOW, **{**known, **fields})
    return nothing_in(
        batch,
        known=KnownQueue(queue=queue, read_at=NOW) if queue else None,
        reading=reading,
        holders=holders,
        zone=ZoneInfo("UTC"),
        now=NOW,
    )


def reasons(*args: Any, **fields: Any) -> dict[str, tuple[str, str]]:
    """Title → tone and evidence."""
    return {reason.title: (reason.tone, reason.evidence) for reason in nothing(*args, **fields).reasons}


def test_who_holds_them_and_until_when_is_said() -> None:
    until = NOW + timedelta(minutes=4)
    mine, ben, others = Held(count=1, until=until), Held(count=2, until=until, name="ben"), Held(count=5, until=until)
    said = reasons(make_queue(), holders=Holders(mine=mine, others=(ben,)))
    assert said["Leased by you"] == ("is-price", "you hold 1, until 14:07:22 UTC")
    assert said["Leased by ben"] == ("is-price", "ben holds 2, the last until 14:07:22 UTC")
    assert said["Leased elsewhere"] == ("", "unknown: other tools may hold more")
    unnamed = reasons(make_queue(), holders=Holders(mine=None, others=(others,)))
    assert unnamed["Leased by colleagues"] == ("is-price", "they hold 5, the last until 14:07:22 UTC")


def test_that_nobody_here_holds_any_rules_out_no_other_tool() -> None:
    assert reasons(make_queue())["Leased elsewhere"] == ("", "unknown: nobody here holds any, a tool may")


@pytest.mark.parametrize(
    ("queue", "title", "tone"),
    [
        (make_queue("q", make_consumer(type="worker")), "Taken by a Worker", "is-price"),
        (make_queue("q", make_consumer(type="worker"), delivery_paused=True), "Not taken by a consumer", "is-ok"),
        (make_queue("q", make_consumer()), "Taken by another tool", ""),
        (make_queue("q", make_consumer(type="notification")), "Taken by its consumer", ""),
        (make_queue("q"), "Nobody consumes", "is-ok"),
        (make_queue("q", consumers_total_count=1), "Taken by a consumer", ""),
        (make_queue("q", delivery_paused=True), "Paused", "is-price"),
        (make_queue("q"), "Not paused", "is-ok"),
        (make_queue("q", delivery_delay=900), "Delayed", "is-price"),
        (make_queue("q", delivery_delay=0), "Delayed", ""),
    ],
)
def test_each_state_of_the_queue_speaks_for_or_against(queue: Queue, title: str, tone: str) -> None:
    assert reasons(queue)[title][0] == tone


def test_what_retention_may_have_deleted_follows_from_the_oldest() -> None:
    young, old = make_reading(37, age=timedelta(hours=3)), make_reading(37, age=timedelta(days=5))
    title, evidence = reasons(make_queue(), reading=young)["Not deleted by retention"]
    assert (title, evidence) == ("is-ok", "messages are kept 4 d; the oldest was 3 h 0 min old, read at 14:03:22")
    assert reasons(make_queue(), reading=old)["Deleted by retention"][0] == "is-price"
    assert "how old the oldest was is unknown" in reasons(make_queue())["Deleted by retention"][1]
    assert "not told" in reasons(make_queue("q", message_retention_period=None))["Deleted by retention"][1]


def test_the_count_is_said_with_its_age() -> None:
    assert reasons(make_queue())["The count is old"] == ("", "read at 14:02:41 UTC, 41 s ago, approximate")
    assert "The count is old" not in reasons(make_queue(), backlog_count=None)


def test_a_queue_that_cannot_be_read_is_unknown() -> None:
    assert reasons()["Delayed, paused or consumed"] == ("", "unknown: the queue could not be read")


def test_what_is_known_comes_first_and_what_is_ruled_out_last() -> None:
    found = nothing(make_queue("q", delivery_delay=900), holders=Holders(mine=Held(count=1, until=NOW), others=()))
    tones = [reason.tone for reason in found.reasons]
    assert tones == sorted(tones, key=["is-price", "", "is-ok"].index)
    assert {"is-price", "", "is-ok"} == set(tones)


def test_nothing_in_an_empty_queue_needs_no_reason() -> None:
    assert (nothing(backlog_count=0).title, nothing(backlog_count=0).reasons) == ("Nothing here", ())
