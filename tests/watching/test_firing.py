"""A watch fires once and resolves once, by what it knows and with what its owner may."""

import json
import uuid
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from queues_app.access import Permission
from queues_app.models import (
    Account,
    Action,
    AuditEntry,
    Effect,
    MaskingRule,
    QueueRule,
    QueueSample,
    QueueVisit,
    Watch,
    WatchKind,
    WatchNotice,
    WatchState,
)
from queues_app.operations import claims, queues, samples, sampling, watch_rights, watch_words, watching
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import make_account, signed_in
from tests.support.receivers import HttpReceiver
from tests.watching.conftest import Loop, change, empty, make_watch, remove

pytestmark = pytest.mark.django_db
type Told = Callable[[], list[str]]


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def state(watch: Watch) -> str:
    watch.refresh_from_db()
    return watch.state


def test_it_fires_once_and_resolves_once(watch: Watch, orders: QueueHandle, loop: Loop, told: Told) -> None:
    orders.push_many([1, 2])
    loop.turns(2)
    assert (state(watch), told()) == (WatchState.OK, [])

    orders.push_many([3, 4])
    loop.turns(3)
    assert (state(watch), watch.value, told()) == (WatchState.FIRING, 4, ["watch.fired"])

    empty(orders)
    loop.turns(3)

    assert (state(watch), told()) == (WatchState.OK, ["watch.fired", "watch.resolved"])
    assert actions() == [Action.WATCH_FIRE, Action.WATCH_RESOLVE]
    assert {entry.user_name for entry in AuditEntry.objects.all()} == {"owner"}


def test_an_old_message_fires(account: Account, orders: QueueHandle, loop: Loop) -> None:
    watch = make_watch(account, orders, kind=WatchKind.OLDEST_AGE, threshold=300)
    orders.push(1)

    loop.turns(5)
    assert state(watch) == WatchState.OK
    loop.turn()
    assert (state(watch), watch.value) == (WatchState.FIRING, 360)


def test_growth_is_told_against_what_was_counted_before(account: Account, orders: QueueHandle, loop: Loop) -> None:
    watch = make_watch(account, orders, kind=WatchKind.GROWTH, threshold=3, minutes=10)
    orders.push_many([1, 2, 3, 4, 5])
    loop.turn()
    assert (state(watch), watch.problem) == (
        WatchState.UNKNOWN,
        "There are no earlier counts to compare with yet.",
    ), "nothing is known of before, which is not that it was empty"
    at = loop.clock.now()
    QueueSample.objects.create(account=account, queue_id=orders.id, at=at, messages=2)
    loop.turn()
    assert (state(watch), watch.value) == (WatchState.OK, 3)

    QueueSample.objects.create(account=account, queue_id=orders.id, at=at + timedelta(minutes=1), messages=1)
    loop.turn()

    assert (state(watch), watch.value) == (WatchState.FIRING, 4)


def test_what_was_never_known_is_unknown_and_does_not_fire(
    watch: Watch, orders: QueueHandle, loop: Loop, told: Told
) -> None:
    orders.push_many([1, 2, 3])
    orders.fault("wrong_shape", route="metrics", count=100)
    loop.turns(2)

    assert (state(watch), told(), actions()) == (WatchState.UNKNOWN, [], [])


def test_what_fired_and_cannot_be_read_goes_on_firing_and_neither_fires_again_nor_resolves(
    watch: Watch, orders: QueueHandle, sandbox: Sandbox, loop: Loop, told: Told
) -> None:
    orders.push_many([1, 2, 3])
    loop.turn()
    began = loop.clock.now()
    orders.fault("wrong_shape", route="metrics", count=100)
    loop.turns(3)
    assert state(watch) == WatchState.FIRING, "as it was last known: it is not known to be over"
    assert "Cloudflare" in watch.problem
    assert watch.since == watch.known_at == began
    shown = signed_in(watch.owner).get("/watches/").content.decode()
    assert "Watches, 1 firing" in shown
    assert "It cannot be read since" in shown

    sandbox.clear_faults()
    loop.turn()

    assert (state(watch), told()) == (WatchState.FIRING, ["watch.fired"])
    assert watch.since == began
    assert actions() == [Action.WATCH_FIRE]


def test_in_quiet_hours_nothing_is_told_but_afterwards_what_still_holds(
    account: Account, orders: QueueHandle, http: HttpReceiver, loop: Loop, told: Told
) -> None:
    """The clock begins at 14:03 UTC, which is 15:03 in Berlin."""
    account.credential.owner.zone = "Europe/Berlin"
    account.credential.owner.save()
    watch = make_watch(account, orders, http, quiet_from=time(15), quiet_until=time(15, 10))
    orders.push_many([1, 2, 3])
    loop.turns(5)
    assert (state(watch), told()) == (WatchState.FIRING, [])

    loop.turns(2)

    assert told() == ["watch.fired"]
    assert actions() == [Action.WATCH_FIRE]


def test_what_was_over_before_the_quiet_hours_were_is_not_told(
    account: Account, orders: QueueHandle, http: HttpReceiver, loop: Loop, told: Told
) -> None:
    """Over midnight: from 14:00 to 13:59."""
    make_watch(account, orders, http, quiet_from=time(14), quiet_until=time(13, 59))
    orders.push_many([1, 2, 3])
    loop.turns(2)
    empty(orders)
    loop.turns(2)
    loop.wait(hours=23, minutes=52)
    loop.turn()

    assert told() == []
    assert actions() == [Action.WATCH_FIRE, Action.WATCH_RESOLVE]


def test_two_loops_at_once_ask_once_and_tell_once(
    watch: Watch,
    account: Account,
    orders: QueueHandle,
    loop: Loop,
    told: Told,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders.push_many([1, 2, 3])
    original, others = queues.read_alone, []

    def meanwhile(**asked: Any) -> object:
        others.append(sampling.take_turn(account.pk, clock=loop.clock.now))
        return original(**asked)

    monkeypatch.setattr(queues, "read_alone", meanwhile)
    loop.turns(2)

    assert others == [False, False]
    assert told() == ["watch.fired"]
    assert WatchNotice.objects.count() == 1


def test_a_loop_that_was_killed_loses_its_turn(
    watch: Watch, orders: QueueHandle, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def killed(**_: object) -> None:
        raise KilledError

    monkeypatch.setattr(claims, "FREE", {})
    monkeypatch.setattr(samples, "keep", killed)
    with pytest.raises(KilledError):
        loop.turn()
    monkeypatch.undo()
    loop.turn()
    assert state(watch) == WatchState.UNKNOWN, "for all we know it is still at it"

    loop.turns(2)

    assert state(watch) == WatchState.OK


@pytest.mark.parametrize("how", ["closed", "role", "rule", "credential"])
def test_it_stops_with_a_sentence_when_its_owner_may_no_longer(
    watch: Watch, account: Account, orders: QueueHandle, loop: Loop, told: Told, how: str
) -> None:
    orders.push_many([1, 2, 3])
    owner = watch.owner
    if how == "closed":
        owner.is_active = False
        owner.save()
    elif how == "role":
        owner.groups.set([Group.objects.get(name="Viewer")])
    elif how == "rule":
        QueueRule.objects.create(effect=Effect.DENY, permissions=[Permission.WATCH], pattern="ord*", created_by="admin")
    else:
        account.credential.delete()
        watching.stop_orphans()

    loop.turns(2)

    sentences = {
        "closed": "The account of its owner is closed.",
        "role": "Your role may not watch queues. Ask an administrator for the role Operator, Lead or Admin.",
        "rule": "A rule does not let you watch queues here: deny watch on ord* to everybody.",
        "credential": watch_rights.GONE,
    }
    assert (state(watch), watch.problem) == (WatchState.UNKNOWN, sentences[how])
    assert (told(), actions(), QueueSample.objects.count()) == ([], [], 0)


def test_it_goes_on_by_itself_when_its_owner_may_again(watch: Watch, orders: QueueHandle, loop: Loop) -> None:
    watch.owner.is_active = False
    watch.owner.save()
    loop.turn()
    watch.owner.is_active = True
    watch.owner.save()

    loop.turn()

    assert (state(watch), watch.problem) == (WatchState.OK, "")


def test_an_account_that_fails_leaves_the_others(
    watch: Watch, account: Account, orders: QueueHandle, sandbox: Sandbox, loop: Loop
) -> None:
    broken = make_account(
        watch.owner, secret="cfut_" + "a" * 48, account_id=account.account_id, name="broken", label="wrong"
    )
    other = make_watch(broken, orders)
    lost = make_account(watch.owner, secret="cfut_" + "b" * 48, account_id=account.account_id, label="lost")
    lost.credential.sealed_secret = b"nothing that a key opens"
    lost.credential.save()
    sealed = make_watch(lost, orders)

    loop.turn()

    assert state(watch) == WatchState.OK
    assert [state(other), state(sealed)] == [WatchState.UNKNOWN] * 2
    assert "no longer on this server" in sealed.problem


def test_a_message_that_matches_is_found_by_a_peek_on_the_record(
    account: Account, orders: QueueHandle, http: HttpReceiver, loop: Loop, told: Told
) -> None:
    watch = make_watch(account, orders, http, kind=WatchKind.MESSAGE, query="body.state:poisoned", threshold=1)
    orders.push_many([{"state": "fine", "secret": "s3cret-body"}])
    loop.turn()
    assert (state(watch), actions()) == (WatchState.OK, [Action.PEEK])
    orders.push({"state": "poisoned", "secret": "s3cret-body"})
    loop.turns(4)
    assert state(watch) == WatchState.OK, "it peeks every 5 minutes"

    loop.turn()

    assert (state(watch), told()) == (WatchState.FIRING, ["watch.fired"])
    assert actions() == [Action.PEEK, Action.PEEK, Action.WATCH_FIRE]
    peek = AuditEntry.objects.filter(action=Action.PEEK).latest("pk")
    assert (peek.user_name, peek.parameters, peek.message_count) == ("owner", {"batch_size": 100, "watch": watch.pk}, 2)
    (_, body), *_ = http.taken
    data = json.loads(body)["data"]
    assert data["message_ids"] == [orders.messages[1].id]
    assert body.count(orders.messages[1].id.encode()) == 1, "each id once"
    # Its link leads to the messages that it is about.
    browser, link = signed_in(watch.owner), data["url"].removeprefix("http://127.0.0.1:8000")
    page = browser.get(link).content.decode()
    assert "filtered by <code>body.state:poisoned</code>" in page
    assert '<input type="hidden" name="q" value="body.state:poisoned">' in page
    asked = {"batch_size": "10", "intent": str(uuid.uuid4()), "q": "body.state:poisoned"}
    looked = browser.post(f"{link.partition('?')[0]}peek/", asked)
    assert looked["Location"].endswith("?q=body.state%3Apoisoned")
    assert b"s3cret-body" not in body
    assert [message.attempts for message in orders.messages] == [0, 0], "a watch never pulls"


def test_which_messages_match_stands_in_the_receipt_and_not_in_the_remark(
    account: Account, orders: QueueHandle, loop: Loop
) -> None:
    """A hundred ids would stretch every list that the remark stands in."""
    watch = make_watch(account, orders, kind=WatchKind.MESSAGE, query="body.state:poisoned", threshold=1)
    orders.push_many([{"state": "poisoned"}] * 13)

    loop.turn()

    entry = AuditEntry.objects.get(action=Action.WATCH_FIRE)
    ids = [message.id for message in orders.messages]
    assert (entry.remark, entry.message_count, entry.message_ids) == ("13 messages match", 13, ids)
    browser = signed_in(watch.owner)
    listed = browser.get(reverse("audit")).content.decode()
    shown = browser.get(reverse("watches")).content.decode()
    for page in (listed, shown):
        assert "13 messages match" in page
        assert ids[0] not in page
    assert f'{reverse("queue", args=[account.pk, orders.id])}?q=body.state%3Apoisoned">13 messages match</a>' in shown
    receipt = browser.get(reverse("audit_entry", args=[entry.pk])).content.decode()
    assert all(f'data-copy="{one}"' in receipt for one in ids)
    assert "<dt>Messages</dt><dd>13 at " in receipt


def test_queues_that_somebody_visited_are_sampled_for_an_hour(
    account: Account, orders: QueueHandle, loop: Loop
) -> None:
    QueueVisit.objects.create(
        user=account.credential.owner,
        account=account,
        queue_id=orders.id,
        queue_name="orders",
        visited_at=loop.clock.now(),
    )
    orders.push_many([1, 2])
    loop.turns(2)
    assert list(QueueSample.objects.values_list("queue_id", "messages")) == [(orders.id, 2)] * 2

    loop.wait(hours=1)
    loop.turn()

    assert QueueSample.objects.count() == 2


def test_a_watch_that_is_changed_while_it_is_checked_is_as_its_owner_wants_it(
    watch: Watch, orders: QueueHandle, loop: Loop, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the record says of no firing that came to nothing."""
    orders.push_many([1, 2, 3])
    original = watch_words.found

    def changed(*args: Any) -> str:
        change(watch, loop, threshold=50)
        return original(*args)

    monkeypatch.setattr(watch_words, "found", changed)
    loop.turn()
    monkeypatch.undo()
    loop.turn()

    assert (state(watch), told()) == (WatchState.OK, [])
    assert actions() == [Action.WATCH_EDIT]


def test_a_watch_that_is_removed_while_it_is_checked_fires_for_nobody(
    watch: Watch, orders: QueueHandle, loop: Loop, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders.push_many([1, 2, 3])
    original = watch_words.found

    def removed(*args: Any) -> str:
        remove(watch, loop)
        return original(*args)

    monkeypatch.setattr(watch_words, "found", removed)
    loop.turn()

    assert told() == []
    assert actions() == [Action.WATCH_REMOVE]


def test_two_checks_at_once_put_one_firing_on_the_record(
    watch: Watch, account: Account, orders: QueueHandle, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a claim ran out while its turn was still under way."""
    orders.push_many([1, 2, 3])
    original = watch_words.found
    others: list[bool] = []

    def meanwhile(*args: Any) -> str:
        if not others:
            others.append(True)
            loop.wait(minutes=4)
            sampling.take_turn(account.pk, clock=loop.clock.now)
        return original(*args)

    monkeypatch.setattr(watch_words, "found", meanwhile)
    loop.turn()

    assert actions() == [Action.WATCH_FIRE]


def test_a_gap_stays_a_gap(watch: Watch, orders: QueueHandle, loop: Loop) -> None:
    loop.turn()
    orders.fault("wrong_shape", route="metrics", count=100)
    loop.turns(2)

    assert QueueSample.objects.count() == 1


def test_a_filter_meets_the_masks_of_the_name_that_the_queue_has_now(
    account: Account, orders: QueueHandle, loop: Loop
) -> None:
    """Else a watch from before a rename would tell which messages hold a masked value."""
    MaskingRule.objects.create(kind="key", value="card", pattern="orders", created_by="admin")
    watch = make_watch(account, orders, kind=WatchKind.MESSAGE, query="body.card:4111", threshold=1, queue_name="old")
    orders.push({"card": "4111"})

    loop.turn()

    assert state(watch) == WatchState.OK
    assert watch.queue_name == "orders"
