"""The event subscriptions that feed a queue, on a page that stays small however many there are."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from queues_app.charts import Span
from queues_app.cloudflare import Subscription
from queues_app.operations.analytics import Analytics, Feeding
from queues_app.rows.analytics import AnalyticsPart, analytics_part
from queues_app.rows.charts import axis_of
from tests.support.queues import NOW


def part_of(number: int, events: tuple[str, ...] = ("bucket.created",)) -> AnalyticsPart:
    subscriptions = tuple(
        Subscription(f"{place:032x}", f"uploads-{place}", True, "r2", None, events, None, None, None)
        for place in range(number)
    )
    axis = axis_of(Span(NOW - timedelta(hours=1), NOW), zone=ZoneInfo("UTC"), now=NOW)
    feeding = Feeding(read_at=NOW, subscriptions=subscriptions)
    return analytics_part(Analytics(read_at=NOW, problem="Refused."), feeding, axis, now=NOW)


def test_of_many_subscriptions_the_first_are_named_and_the_others_counted() -> None:
    part = part_of(2_000)
    assert part.feeds is not None
    assert (len(part.feeds), part.more_feeds) == (50, "and 1,950 more")
    part = part_of(50)
    assert part.feeds is not None
    assert (len(part.feeds), part.more_feeds) == (50, "")
    assert part_of(0).feeds == ()


def test_of_many_events_the_first_are_named_and_the_others_counted() -> None:
    (feed,) = part_of(1, tuple(f"e{number}" for number in range(1_000))).feeds or ()
    assert feed.events == "e0, e1, e2, e3, e4, e5 and 994 more"
    (feed,) = part_of(1, ("a", "b")).feeds or ()
    assert feed.events == "a and b"
    (feed,) = part_of(1, ()).feeds or ()
    assert feed.events == "no events named"
