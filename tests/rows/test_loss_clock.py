"""The loss clock: a sentence and an axis."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from queues_app.models import Account
from queues_app.rows.loss_clock import WIDTH, LossClock, loss_clock
from queues_app.rows.queue_severity import judge
from tests.support.queues import FOUR_DAYS, NOW, make_consumer, make_queue, make_reading

ACCOUNT = Account(pk=7)


def clock_of(*left: timedelta) -> LossClock | None:
    """The clock of queues whose oldest messages have so much time left."""
    judged = [
        judge(
            make_queue(f"queue-{number}", make_consumer()),
            make_reading(5, age=timedelta(seconds=FOUR_DAYS) - each),
            fed=0,
            now=NOW,
        )
        for number, each in enumerate(left)
    ]
    return loss_clock(judged, account=ACCOUNT, oldest_url="/oldest/", zone=ZoneInfo("UTC"), now=NOW)


def test_there_is_no_clock_when_nothing_is_due_within_a_day() -> None:
    assert clock_of() is None
    assert clock_of(timedelta(hours=25)) is None


def test_the_sentence_names_the_soonest_and_its_time() -> None:
    clock = clock_of(timedelta(hours=20), timedelta(minutes=38))
    assert clock is not None
    assert [piece.text for piece in clock.name] == ["queue-1"]
    assert (clock.when, clock.at) == ("in 38 min", "14:41:22 UTC")
    assert clock.remark == "2 queues lose messages within 24 h. A deleted message cannot be brought back."


def test_what_is_overdue_is_due_now() -> None:
    clock = clock_of(timedelta(hours=-1))
    assert clock is not None
    assert (clock.when, clock.at) == ("now", "")
    assert clock.ticks[0].x == 0


def test_ticks_stand_at_their_hour_and_only_the_urgent_are_red() -> None:
    clock = clock_of(timedelta(hours=6), timedelta(hours=12))
    assert clock is not None
    assert [(tick.x, tick.tone) for tick in clock.ticks] == [(WIDTH / 4, "loss"), (WIDTH / 2, "price")]
    assert clock.ticks[0].label == "queue-0 20:03"


def test_labels_never_cover_each_other() -> None:
    clock = clock_of(*(timedelta(hours=10, minutes=minutes) for minutes in range(8)), timedelta(hours=20))
    assert clock is not None
    labels = [tick.label for tick in clock.ticks if tick.label]
    assert len(clock.ticks) == 9
    assert labels == ["queue-0 00:03", "queue-8"]
    assert "queue-7 24 Nov 00:10:22" in clock.said
