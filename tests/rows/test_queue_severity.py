"""How much a queue needs somebody, and why."""

from datetime import timedelta

import pytest

from queues_app.operations.queues import Reading
from queues_app.operations.trends import Trend
from queues_app.rows.queue_severity import Judged, Severity, fed_by, judge
from tests.support.queues import NOW, failed_reading, make_consumer, make_queue, make_reading

PULLED = make_queue("orders", make_consumer())
PAUSED = make_queue("orders", make_consumer(), delivery_paused=True)
NOBODY = make_queue("orders")
SLOW = make_queue("orders", make_consumer(), delivery_delay=9000)


def judged(queue: object, reading: Reading | None, fed: int = 0, trend: Trend | None = None) -> Judged:
    return judge(queue, reading, fed=fed, now=NOW, trend=trend)  # type: ignore[arg-type]  # Queue, by the tables below


@pytest.mark.parametrize(
    ("queue", "reading", "severity", "reason"),
    [
        (PULLED, make_reading(5, age=timedelta(seconds=22)), Severity.CALM, "Consumer keeps up"),
        (PULLED, make_reading(5), Severity.CALM, "The oldest waits 41 min"),
        (PULLED, make_reading(0), Severity.CALM, "Empty"),
        (PULLED, make_reading(5, age=None), Severity.UNKNOWN, "5 wait; Cloudflare did not tell since when"),
        (
            PULLED,
            make_reading(5, age=timedelta(hours=3)),
            Severity.STUCK,
            "The oldest waits 3 h 0 min; its consumer is behind",
        ),
        (SLOW, make_reading(5, age=timedelta(hours=3)), Severity.CALM, "The oldest waits 3 h 0 min"),
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
        (
            PAUSED,
            make_reading(22, age=timedelta(days=3, hours=4, minutes=16)),
            Severity.STUCK,
            "Loses messages in 19 h 44 min; paused",
        ),
        (NOBODY, make_reading(1204), Severity.STUCK, "Nobody consumes; the oldest waits 41 min"),
        (
            NOBODY,
            make_reading(1, age=None),
            Severity.STUCK,
            "Nobody consumes; 1 waits, Cloudflare did not tell since when",
        ),
        (NOBODY, make_reading(0), Severity.CALM, "Empty; nobody consumes"),
        (PULLED, failed_reading(), Severity.UNKNOWN, "Not read: 429 from Cloudflare"),
        (PULLED, make_reading(None), Severity.UNKNOWN, "Cloudflare did not tell the count"),
        (PULLED, None, Severity.UNCOUNTED, "Not counted yet"),
        (PULLED, failed_reading(is_late=True), Severity.UNCOUNTED, "Not counted yet: no answer so far"),
        (
            PULLED,
            failed_reading(make_reading(7, age=timedelta(days=2)), is_late=True),
            Severity.STUCK,
            "The oldest waits 2 d 0 h; its consumer is behind, by the last counts",
        ),
    ],
)
def test_each_state_of_a_queue_has_its_severity_and_reason(
    queue: object, reading: Reading | None, severity: Severity, reason: str
) -> None:
    one = judged(queue, reading)
    assert (one.severity, one.reason) == (severity, reason)
    assert one.needs_attention == (severity not in (Severity.UNCOUNTED, Severity.CALM))


def test_a_dead_letter_queue_that_nobody_consumes_is_as_it_should_be() -> None:
    one = judged(NOBODY, make_reading(2), fed=2)
    assert (one.severity, one.reason) == (Severity.CALM, "Fed by 2 queues; nobody consumes")


def test_a_dead_letter_queue_whose_oldest_age_is_unknown_is_not_calm() -> None:
    assert judged(NOBODY, make_reading(2, age=None), fed=2).severity == Severity.UNKNOWN


def trend_of(first: int, most: int, minutes: int = 120) -> Trend:
    """From one count so many minutes ago to the most, a minute ago."""
    at = int(NOW.timestamp())
    return Trend(most=(None,) * 95 + (most,), recent=((at - minutes * 60, first), (at - 60, most)))


# From 5 to 50 in the last ten minutes, after two hours of nothing.
SUDDEN = Trend(
    most=(5,) * 96,
    recent=tuple((int(NOW.timestamp()) - ago * 60, 5 + max(0, 10 - ago) * 9 // 2) for ago in range(120, 0, -1)),
)
# Emptied seven minutes ago.
REFILLED = Trend(
    most=(67,) * 96,
    recent=tuple((int(NOW.timestamp()) - ago * 60, count) for ago, count in ((90, 67), (8, 67), (7, 0), (3, 9))),
)


@pytest.mark.parametrize(
    ("queue", "fed", "trend", "backlog", "reason"),
    [
        (PULLED, 0, trend_of(40, 4312), 4312, "Grew from 40 to 4,312 in 2 h"),
        (PULLED, 0, trend_of(40, 400, 25), 400, "Grew from 40 to 400 in 25 min"),
        (NOBODY, 2, trend_of(0, 1440), 1440, "Dead-letter queue fills at 12/min"),
        (NOBODY, 2, trend_of(10, 16), 16, "Dead-letter queue fills at 3/h"),
        (PULLED, 1, trend_of(10, 16), 16, "Dead-letter queue fills at 3/h"),
        (NOBODY, 1, trend_of(3, 4), 4, "Dead-letter queue grew from 3 to 4 in 2 h"),
        (NOBODY, 1, SUDDEN, 50, "Dead-letter queue fills at 4.5/min in the last 10 min"),
        (NOBODY, 1, REFILLED, 17, "Dead-letter queue fills at 2.4/min in the last 7 min"),
        (PULLED, 0, SUDDEN, 60, "Grew from 5 to 60 in 2 h; 5.5/min in the last 10 min"),
    ],
)
def test_a_queue_that_grows_says_from_what_and_how_fast(
    queue: object, fed: int, trend: Trend, backlog: int, reason: str
) -> None:
    one = judged(queue, make_reading(backlog), fed, trend)
    assert (one.severity, one.reason) == (Severity.GROWING, reason)


@pytest.mark.parametrize(
    ("trend", "backlog"),
    [
        (trend_of(40, 4312), 900),  # it is being read again
        (trend_of(1000, 1500), 1500),  # not doubled
        (trend_of(1, 9), 9),  # a handful
        (trend_of(40, 4312, 3), 4312),  # too short to say
        (Trend(most=(None,) * 96), 4312),
    ],
)
def test_what_is_no_growth_is_not_called_so(trend: Trend, backlog: int) -> None:
    assert judged(PULLED, make_reading(backlog), 0, trend).severity == Severity.CALM


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
