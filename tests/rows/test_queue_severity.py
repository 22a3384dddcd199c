"""How much a queue needs somebody, and why."""

from datetime import timedelta

import pytest

from queues_app.operations.queues import Reading
from queues_app.rows.queue_severity import Judged, Severity, fed_by, judge
from tests.support.queues import NOW, failed_reading, make_consumer, make_queue, make_reading

PULLED = make_queue("orders", make_consumer())
PAUSED = make_queue("orders", make_consumer(), delivery_paused=True)
NOBODY = make_queue("orders")


def judged(queue: object, reading: Reading | None, fed: int = 0) -> Judged:
    return judge(queue, reading, fed=fed, now=NOW)  # type: ignore[arg-type]  # Queue, by the tables below


@pytest.mark.parametrize(
    ("queue", "reading", "severity", "reason"),
    [
        (PULLED, make_reading(5, age=timedelta(seconds=22)), Severity.CALM, "Consumer keeps up"),
        (PULLED, make_reading(5), Severity.CALM, "The oldest waits 41 min"),
        (PULLED, make_reading(0), Severity.CALM, "Empty"),
        (PULLED, make_reading(5, age=None), Severity.CALM, "Running; the oldest age is not told"),
        (PULLED, make_reading(5, age=timedelta(days=3, hours=23)), Severity.LOSING, "Loses messages in 1 h 0 min"),
        (PULLED, make_reading(5, age=timedelta(days=3, hours=2)), Severity.STUCK, "Loses messages in 22 h 0 min"),
        (PULLED, make_reading(5, age=timedelta(days=5)), Severity.LOSING, "Loses messages now"),
        (PAUSED, make_reading(817), Severity.PAUSED, "Delivery is paused; 817 wait"),
        (PAUSED, make_reading(0), Severity.PAUSED, "Delivery is paused; nothing waits"),
        (PAUSED, failed_reading(), Severity.PAUSED, "Delivery is paused; counts unknown"),
        (
            PAUSED,
            make_reading(5, age=timedelta(days=3, hours=23)),
            Severity.LOSING,
            "Loses messages in 1 h 0 min; paused",
        ),
        (NOBODY, make_reading(1), Severity.STUCK, "Nobody consumes; 1 waits"),
        (NOBODY, make_reading(1204), Severity.STUCK, "Nobody consumes; 1,204 wait"),
        (NOBODY, make_reading(0), Severity.CALM, "Empty; nobody consumes"),
        (PULLED, failed_reading(), Severity.UNKNOWN, "Could not ask: Asked too often."),
        (PULLED, make_reading(None), Severity.UNKNOWN, "Cloudflare did not tell the count"),
        (PULLED, None, Severity.CALM, "Counts not asked for yet"),
        (PULLED, failed_reading(is_late=True), Severity.CALM, "Counts not answered yet"),
    ],
)
def test_each_state_of_a_queue_has_its_severity_and_reason(
    queue: object, reading: Reading | None, severity: Severity, reason: str
) -> None:
    one = judged(queue, reading)
    assert (one.severity, one.reason) == (severity, reason)
    assert one.needs_attention == (severity != Severity.CALM)


def test_a_dead_letter_queue_that_nobody_consumes_is_as_it_should_be() -> None:
    one = judged(NOBODY, make_reading(2), fed=2)
    assert (one.severity, one.reason) == (Severity.CALM, "Fed by 2 queues; nobody consumes")


def test_a_warning_of_loss_outlives_a_failed_reading_and_says_so() -> None:
    earlier = make_reading(5, age=timedelta(days=3, hours=23), read_at=NOW - timedelta(minutes=10))
    one = judged(PULLED, failed_reading(earlier))
    assert one.severity == Severity.LOSING
    assert one.reason == "Loses messages in 50 min, by the last counts"


def test_where_messages_are_kept_for_an_hour_a_young_one_is_no_alarm() -> None:
    brief = make_queue("brief", make_consumer(), message_retention_period=3600)
    assert judged(brief, make_reading(5, age=timedelta(minutes=5))).loses_at is None
    assert judged(brief, make_reading(5, age=timedelta(minutes=50))).severity == Severity.LOSING


def test_only_what_is_known_to_be_empty_and_running_is_quiet() -> None:
    assert judged(PULLED, make_reading(0)).is_quiet
    for queue, reading in (
        (PULLED, make_reading(1)),
        (PULLED, None),
        (PULLED, failed_reading(make_reading(0))),
        (PAUSED, make_reading(0)),
    ):
        assert not judged(queue, reading).is_quiet


def test_a_dead_letter_queue_counts_the_queues_that_feed_it() -> None:
    feeding = [
        make_queue("a", make_consumer(dead_letter_queue="dlq")),
        make_queue("b", make_consumer(dead_letter_queue="dlq"), make_consumer(dead_letter_queue="dlq")),
        make_queue("c", make_consumer(dead_letter_queue=None)),
    ]
    assert fed_by(feeding) == {"dlq": 2}
