"""The event subscriptions that feed a queue, on a page that stays small however many there are."""

from queues_app.cloudflare import Subscription
from queues_app.operations.analytics import Feeding
from queues_app.rows.analytics import Feeds, feeds_of
from tests.support.queues import NOW


def feeds(number: int, events: tuple[str, ...] = ("bucket.created",)) -> Feeds:
    subscriptions = tuple(
        Subscription(f"{place:032x}", f"uploads-{place}", True, "r2", None, events, None, None, None)
        for place in range(number)
    )
    found = feeds_of(Feeding(read_at=NOW, subscriptions=subscriptions))
    assert found is not None
    return found


def test_of_many_subscriptions_the_first_are_named_and_the_others_counted() -> None:
    many, fifty = feeds(2_000), feeds(50)
    assert (len(many.named), many.more) == (50, "and 1,950 more")
    assert (len(fifty.named), fifty.more) == (50, "")
    assert feeds(0).named == ()


def test_of_many_events_the_first_are_named_and_the_others_counted() -> None:
    (feed,) = feeds(1, tuple(f"e{number}" for number in range(1_000))).named
    assert feed.events == "e0, e1, e2, e3, e4, e5 and 994 more"
    (feed,) = feeds(1, ("a", "b")).named
    assert feed.events == "a and b"
    (feed,) = feeds(1, ()).named
    assert feed.events == "no events named"


def test_what_could_not_be_read_is_not_the_same_as_none() -> None:
    assert feeds_of(Feeding(read_at=NOW, problem="Refused.")) is None
