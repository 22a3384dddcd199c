"""Event subscriptions as they are read."""

import pytest

from queues_app.cloudflare import InvalidRequest, MalformedId, NotFound, Subscription, Unreadable
from tests.cloudflare.scripted import ACCOUNT, QUEUE, TOKEN, bad, good, script

WHOLE = {
    "id": "5" * 32,
    "name": "Builds",
    "enabled": True,
    "events": ["build.succeeded", "build.failed"],
    "source": {"type": "workersBuilds.worker", "worker_name": "shop-api"},
    "destination": {"type": "queues.queue", "queue_id": QUEUE},
    "created_at": "2026-10-14T12:00:00Z",
    "modified_at": "2026-11-20T12:00:00Z",
}


def read(shape: object) -> Subscription:
    (found,) = script(good([shape])).client().subscriptions(TOKEN, account_id=ACCOUNT).value
    return found


def test_a_subscription_says_what_it_sends_where() -> None:
    found = read(WHOLE)
    assert (found.name, found.enabled, found.queue_id) == ("Builds", True, QUEUE)
    assert (found.source_type, found.source_name) == ("workersBuilds.worker", "shop-api")
    assert found.events == ("build.succeeded", "build.failed")
    assert found.created_at is not None
    assert found.modified_at is not None


def test_what_it_does_not_say_is_unknown() -> None:
    found = read({"id": "5" * 32})
    assert (found.enabled, found.source_type, found.source_name, found.queue_id) == (None, "unknown", None, None)
    assert (found.name, found.events) == ("5" * 32, ())


def test_a_source_of_a_type_nobody_knows_is_read() -> None:
    found = read(WHOLE | {"source": {"type": "artifacts.repo", "namespace": "web", "repo_name": "shop"}})
    assert (found.source_type, found.source_name) == ("artifacts.repo", "web/shop")


@pytest.mark.parametrize("wrong", ["../queues", "", None, 5])
def test_one_without_a_usable_id_spoils_the_list_rather_than_to_be_left_out(wrong: object) -> None:
    with pytest.raises(Unreadable):
        read(WHOLE | {"id": wrong})


def test_only_what_is_given_is_changed() -> None:
    played = script(good(WHOLE))
    played.client().edit_subscription(TOKEN, account_id=ACCOUNT, subscription_id="5" * 32, enabled=False)
    assert (played.requests[-1].method, played.sent()) == ("PATCH", {"enabled": False})


def test_an_id_that_is_none_is_never_sent() -> None:
    played = script(good(WHOLE))
    with pytest.raises(MalformedId):
        played.client().subscription(TOKEN, account_id=ACCOUNT, subscription_id="../x")
    assert played.requests == []


def test_refusals_are_told_apart() -> None:
    with pytest.raises(NotFound):
        script(bad(404, 10000, "not found")).client().subscription(TOKEN, account_id=ACCOUNT, subscription_id="5" * 32)
    with pytest.raises(InvalidRequest):
        script(bad(400, 0, "Unrecognized event types: x")).client().edit_subscription(
            TOKEN, account_id=ACCOUNT, subscription_id="5" * 32, events=("x",)
        )
