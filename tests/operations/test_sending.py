"""Sending step by step, against the sandbox over real HTTP: once, in order, told truthfully."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from queues_app import audit
from queues_app.access import NotAllowedError
from queues_app.models import Account, Action, AuditEntry, Outcome, Sending, Source
from queues_app.operations import sending, sendings
from queues_app.operations.drafts import Draft
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast
from tests.support.stack import calling

SECRET = "a-body-nobody-else-may-read"


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("orders", max_retries=3)


def prepared(account: Account, orders: QueueHandle, *bodies: str) -> Sending:
    found = [Draft(line=line, body=body, content_type="json") for line, body in enumerate(bodies, start=1)]
    return sendings.keep(
        owner=account.credential.owner, account=account, queue_id=orders.id, found=found, source=Source.FORM
    )


def step(shown: Sending, number: int | None = None, *, by_itself: bool = False) -> Sending:
    shown.refresh_from_db()
    sending.step(
        caller=calling(shown.owner),
        sending=shown,
        number=shown.step if number is None else number,
        by_itself=by_itself,
    )
    shown.refresh_from_db()
    return shown


def sent_bodies(orders: QueueHandle) -> list[str]:
    return [str(message.body) for message in orders.messages]


def test_a_thousand_digits_arrive_as_they_were_written(account: Account, orders: QueueHandle) -> None:
    shown = step(prepared(account, orders, '{"n":9007199254740993,"x":' + "1" * 1000 + "}"))
    assert shown.outcomes == ["sent"]
    assert sent_bodies(orders) == ['{"n":9007199254740993,"x":' + "1" * 1000 + "}"]


def test_more_than_a_call_takes_goes_step_by_step_in_order(account: Account, orders: QueueHandle) -> None:
    shown = step(prepared(account, orders, *(f"[{number}]" for number in range(250))))
    assert (shown.state, shown.outcomes.count("sent")) == ("running", 100)
    step(shown, by_itself=True)
    shown = step(shown, by_itself=True)
    assert (shown.state, set(shown.outcomes)) == ("done", {"sent"})
    assert sent_bodies(orders) == [f"[{number}]" for number in range(250)]
    found = AuditEntry.objects.filter(action=Action.SEND).order_by("pk")
    assert [(entry.parameters["from"], entry.parameters["to"]) for entry in found] == [(1, 100), (101, 200), (201, 250)]
    assert {entry.outcome for entry in found} == {Outcome.OK}


def test_the_record_tells_one_delay_and_that_there_were_several(account: Account, orders: QueueHandle) -> None:
    for delays in ((60, 60), (60, None)):
        found = [
            Draft(line=line, body="x", content_type="text", delay_seconds=delay)
            for line, delay in enumerate(delays, start=1)
        ]
        step(
            sendings.keep(
                owner=account.credential.owner, account=account, queue_id=orders.id, found=found, source=Source.FILE
            )
        )
    told = (
        AuditEntry.objects.filter(action=Action.SEND).order_by("pk").values_list("parameters__delay_seconds", flat=True)
    )
    assert list(told) == [60, "various"]


def test_the_same_step_is_never_done_twice(account: Account, orders: QueueHandle) -> None:
    shown = prepared(account, orders, *(f"[{number}]" for number in range(150)))
    step(shown, 0)
    with pytest.raises(sending.StepTakenError):
        step(shown, 0)
    assert len(orders.messages) == 100


def test_a_lost_answer_stops_and_is_not_sent_again_by_itself(account: Account, orders: QueueHandle) -> None:
    shown = prepared(account, orders, *(f"[{number}]" for number in range(150)))
    orders.fault("hangup", route="push_batch", count=1)
    shown = step(shown)
    assert (shown.state, shown.outcomes.count("unknown")) == ("stopped", 100)
    step(shown, by_itself=True)
    assert "sent" not in Sending.objects.get(pk=shown.pk).outcomes
    shown = step(shown)
    assert (shown.outcomes.count("unknown"), shown.outcomes.count("sent")) == (100, 50)
    sending.again(caller=calling(shown.owner), sending=shown, number=shown.step, word="unknown")
    assert step(shown).outcomes == ["sent"] * 150


def test_a_refused_call_can_be_sent_one_by_one_to_find_the_bad_one(account: Account, orders: QueueHandle) -> None:
    shown = prepared(account, orders, "[1]", '"no object"', "[3]")  # past our own check, as Cloudflare's may change
    shown = step(shown)
    assert (shown.state, shown.outcomes) == ("stopped", ["refused"] * 3)
    assert orders.messages == []
    sending.again(caller=calling(shown.owner), sending=shown, number=shown.step, word="refused")
    for _ in range(3):
        shown = step(shown)
    assert (shown.state, shown.outcomes) == ("done", ["sent", "refused", "sent"])


def test_a_pause_holds_what_goes_by_itself(account: Account, orders: QueueHandle) -> None:
    shown = step(prepared(account, orders, *(f"[{number}]" for number in range(150))))
    sending.pause(caller=calling(shown.owner), sending=shown)
    assert step(shown, by_itself=True).outcomes.count("sent") == 100
    assert step(shown).state == "done"


def test_until_the_record_has_its_end_nothing_is_sent_again(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = prepared(account, orders, "[1]")
    really, tried = audit.Record.ok, []

    def at_the_last_moment(record: audit.Record, **kwargs: Any) -> None:
        with pytest.raises(sending.StillUnderWayError) as refused:
            sending.again(caller=calling(shown.owner), sending=shown, number=1, word="unknown")
        tried.append(refused)
        really(record, **kwargs)

    monkeypatch.setattr(audit.Record, "ok", at_the_last_moment)
    assert step(shown).outcomes == ["sent"]
    assert len(tried) == 1


def test_a_form_that_comes_between_the_record_and_the_claim_leaves_a_refusal_and_no_dead_end(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = step(prepared(account, orders, *(f"[{number}]" for number in range(150))))
    really = audit.record

    @contextmanager
    def overtaken(**kwargs: Any) -> Iterator[audit.Record]:
        with really(**kwargs) as record:
            sending.pause(caller=calling(shown.owner), sending=shown)
            yield record

    with monkeypatch.context() as patched:
        patched.setattr(audit, "record", overtaken)
        with pytest.raises(sending.StepTakenError):
            step(shown, by_itself=True)
    entry = AuditEntry.objects.filter(action=Action.SEND).latest("pk")
    assert (entry.outcome, entry.reason) == (Outcome.REFUSED, "step-taken")
    assert len(orders.messages) == 100
    assert step(shown).state == "done"


def test_when_the_record_cannot_be_written_nothing_is_sent(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = prepared(account, orders, "[1]")

    def broken(*args: object, **kwargs: object) -> None:
        raise audit.AuditUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(audit, "record", broken)
        with pytest.raises(audit.AuditUnavailableError):
            step(shown)
    shown.refresh_from_db()
    assert (shown.state, shown.outcomes, orders.messages) == ("stopped", ["waiting"], [])
    assert step(shown).outcomes == ["sent"]


def test_a_viewer_is_refused_and_that_is_on_the_record(account: Account, orders: QueueHandle, cast: Cast) -> None:
    shown = prepared(account, orders, "[1]")
    with pytest.raises(NotAllowedError):
        sending.step(caller=calling(cast.viewer), sending=shown, number=0)
    assert AuditEntry.objects.get(action=Action.SEND).outcome == Outcome.REFUSED
    assert orders.messages == []


def test_bodies_are_sealed_and_in_no_record(
    account: Account, orders: QueueHandle, caplog: pytest.LogCaptureFixture
) -> None:
    shown = step(prepared(account, orders, f'{{"s":"{SECRET}"}}'))
    rows = str([*AuditEntry.objects.values(), *Sending.objects.values()])
    assert SECRET not in rows
    assert SECRET.encode() not in bytes(shown.sealed_messages)
    assert SECRET not in caplog.text
    assert SECRET not in repr(sendings.contents(shown))
