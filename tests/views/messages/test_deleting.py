"""Delete by refs: asked first, done once, told truthfully, and the copy stays."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from queues_app import cloudflare
from queues_app.cloudflare import Message
from queues_app.models import Account, Action, AuditEntry, Batch, Deletion, Outcome
from queues_app.operations import batches
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, signed_in
from tests.views.messages.acts import HTMX, Elements, delete, keep, peeked, pulled, text_of, url_of


def states(batch: Batch) -> list[tuple[int, str]]:
    return list(batch.deletions.order_by("pk").values_list("position", "state"))


def deletable(browser: Client, account: Account, orders: QueueHandle, batch: Batch) -> list[str | None]:
    boxes = Elements(browser.get(url_of("batch", account, orders, batch.pk))).all("input", name="position")
    return [box["value"] for box in boxes if "data-deletable" in box]


def test_the_question_comes_first_and_sends_nothing(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    for headers in (None, HTMX):
        answer = delete(browser, account, orders, batch, 0, 2, step="confirm", intent="", headers=headers)
        text, elements = text_of(answer), Elements(answer)
        assert answer.status_code == 200
        assert "Delete 2 messages?" in text
        assert "They leave the queue for good. A sealed copy stays here until" in text
        assert "<b>orders</b>" in text
        assert "acme-logistics" in text
        (cancel,) = [link for link in elements.all("a") if "autofocus" in link]
        assert cancel["href"] == url_of("batch", account, orders, batch.pk)
        assert len(elements.all("button", class_="button destroy")) in (0, 1)
        assert bool(elements.all("dialog", aria_labelledby="question")) is (headers == HTMX)
    assert orders.count("purge_messages") == 0
    assert not Deletion.objects.exists()
    assert not AuditEntry.objects.filter(action=Action.DELETE).exists()


def test_the_question_says_which_are_leased_by_the_reader(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    pulled(browser, account, orders)
    batch_again = peeked(browser, account, orders)
    asked = text_of(delete(browser, account, orders, batch_again, 0, 1, step="confirm"))
    assert "2 are leased by you" in asked
    assert "leased by you" not in text_of(
        delete(signed_in(account.credential.owner), account, orders, batch, step="confirm")
    )


def test_deleted_messages_leave_the_queue_and_a_reload_repeats_nothing(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    ids = [message.id for message in orders.messages]
    answer = delete(browser, account, orders, batch, 0, 2)
    entry = AuditEntry.objects.get(action=Action.DELETE)
    assert (answer.status_code, answer["Location"]) == (
        303,
        url_of("batch", account, orders, batch.pk, settled=entry.pk),
    )
    for _ in range(2):
        page = text_of(browser.get(answer["Location"]))
        assert "2 of 2 deleted." in page
        assert entry.receipt in page
        assert "Look again" in page
        assert page.count("<span>deleted</span>") == 2
    assert [message.id for message in orders.messages] == [ids[1]]
    assert orders.count("purge_messages") == 1
    assert (entry.outcome, entry.message_count, entry.message_ids) == (Outcome.OK, 2, [ids[0], ids[2]])
    assert entry.parameters == {"chosen": 2, "batch": str(batch.pk)}
    assert states(batch) == [(0, "deleted"), (2, "deleted")]
    assert deletable(browser, account, orders, batch) == ["1"]


def test_the_copy_stays_as_long_as_the_question_promised(
    browser: Client, account: Account, orders: QueueHandle, settings: Settings
) -> None:
    batch = peeked(browser, account, orders)
    Batch.objects.filter(pk=batch.pk).update(expires_at=timezone.now() + timedelta(minutes=1))
    before = timezone.now()
    delete(browser, account, orders, batch, 0)
    batch.refresh_from_db()
    assert batch.expires_at >= before + settings.BATCH_RETENTION
    assert len(batches.messages_of(batch)) == 3


def test_what_is_gone_already_is_skipped_with_cloudflares_reason(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    first, second = peeked(browser, account, orders), peeked(browser, account, orders)
    delete(browser, account, orders, first, 1)
    page = text_of(browser.get(delete(browser, account, orders, second, 0, 1, 2)["Location"]))
    assert "2 of 3 deleted. 1 skipped: message not found." in page
    assert "<span>was already gone</span>" in page
    assert Deletion.objects.get(batch=second, position=1).warning == "message not found"
    receipt = text_of(browser.get(f"/audit/{AuditEntry.objects.filter(action=Action.DELETE).latest('pk').pk}/"))
    assert "message not found" in receipt
    assert "was already gone" in receipt
    assert "<span>partial</span>" in receipt


def test_no_ref_is_kept_or_shown_outside_the_sealed_copy(
    browser: Client, account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = peeked(browser, account, orders)
    refs = [message.ref or "" for message in batches.messages_of(batch)]
    real = cloudflare.Client.purge_messages

    def rude(client: cloudflare.Client, *args: object, **kwargs: object) -> object:
        answer = real(client, *args, **kwargs)  # type: ignore[arg-type]
        warnings = {refs[0]: f"no {refs[0]} here", refs[1]: f"stale: {refs[1][:20]}…"}
        purged = cloudflare.Purged(errors=(f"about {refs[2]}",), warnings=warnings)
        return cloudflare.Answer(
            value=purged,
            status=answer.status,
            cf_ray=answer.cf_ray,
            duration_ms=answer.duration_ms,
            rate_limit=answer.rate_limit,
            received_at=answer.received_at,
        )

    monkeypatch.setattr(cloudflare.Client, "purge_messages", rude)
    answer = delete(browser, account, orders, batch, 0, 1, 2)
    page = text_of(browser.get(answer["Location"]))
    kept = str([*Deletion.objects.values(), *AuditEntry.objects.values()])
    for ref in refs:
        assert ref[:20] not in kept + page
    assert "Whether they were deleted is unknown. Cloudflare answered with errors: about …." in page
    assert states(batch) == [(0, "skipped"), (1, "skipped"), (2, "unknown")]
    assert AuditEntry.objects.get(action=Action.DELETE).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize("fault", ["reset", "hangup"])
def test_an_answer_that_was_lost_leaves_the_truth_and_nothing_is_deleted_twice(
    browser: Client, account: Account, orders: QueueHandle, fault: str
) -> None:
    batch = peeked(browser, account, orders)
    orders.fault(fault, route="purge_messages", count=1)
    answer = delete(browser, account, orders, batch, 0, headers=HTMX)
    page = text_of(browser.get(answer["HX-Redirect"]))
    assert "Whether they were deleted is unknown." in page
    assert "deleted or not: unknown" in page
    assert states(batch) == [(0, "unknown")]
    again = text_of(browser.get(delete(browser, account, orders, batch, 0)["Location"]))
    assert "Nothing was deleted. None of the chosen messages can be deleted from here" in again
    assert orders.count("purge_messages") == 1
    assert deletable(browser, account, orders, batch) == ["1", "2"]


def test_a_worker_that_is_killed_leaves_the_truth(
    browser: Client, account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = peeked(browser, account, orders)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cloudflare.Client, "purge_messages", killed)
    with pytest.raises(KeyboardInterrupt):
        delete(browser, account, orders, batch, 0, 1)
    assert states(batch) == [(0, "unknown"), (1, "unknown")]
    entry = AuditEntry.objects.get(action=Action.DELETE)
    assert (entry.outcome, len(entry.message_ids)) == (Outcome.UNKNOWN, 2)
    page = browser.get(url_of("batch", account, orders, batch.pk, settled=entry.pk))
    assert "This is under way, or its end was lost" in text_of(page)


def test_what_was_declined_can_be_deleted_again(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    orders.fault("rate_limited", route="purge_messages", count=1)
    page = text_of(browser.get(delete(browser, account, orders, batch, 0)["Location"]))
    assert "Nothing was deleted." in page
    assert states(batch) == []
    assert "1 of 1 deleted." in text_of(browser.get(delete(browser, account, orders, batch, 0)["Location"]))


def test_a_form_that_overtakes_another_deletes_nothing_twice(
    browser: Client, account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = peeked(browser, account, orders)
    real = cloudflare.Client.purge_messages
    sent: list[tuple[str, ...]] = []

    def overtaken(client: cloudflare.Client, *args: object, **kwargs: object) -> object:
        sent.append(kwargs["refs"])  # type: ignore[arg-type]
        if len(sent) == 1:
            delete(browser, account, orders, batch, 0, 1)
        return real(client, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(cloudflare.Client, "purge_messages", overtaken)
    delete(browser, account, orders, batch, 0)
    refs = [message.ref for message in batches.messages_of(batch)]
    assert sent == [(refs[0],), (refs[1],)]
    assert orders.count("purge_messages") == 2


def test_the_same_answer_twice_deletes_once(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    intent = uuid.uuid4()
    first, second = (delete(browser, account, orders, batch, 0, 0, intent=intent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert "1 of 1 deleted." in text_of(browser.get(second["Location"]))
    assert orders.count("purge_messages") == 1


def test_what_was_deleted_before_is_left_out_and_said(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    delete(browser, account, orders, batch, 0)
    asked = text_of(delete(browser, account, orders, batch, 0, 1, step="confirm"))
    assert "Delete 1 message?" in asked
    assert "1 of the 2 chosen: deleted before" in asked
    page = text_of(browser.get(delete(browser, account, orders, batch, 0, 1)["Location"]))
    assert "1 of 2 deleted. 1 skipped: already deleted." in page
    assert "Nothing to do" in text_of(delete(browser, account, orders, batch, 0, step="confirm"))


def test_a_preview_is_deleted_by_what_it_brought(browser: Client, account: Account, orders: QueueHandle) -> None:
    orders.vary(peek="absent")
    batch = peeked(browser, account, orders)
    assert batch.mode == "preview"
    assert deletable(browser, account, orders, batch) == ["0", "1", "2"]
    page = text_of(browser.get(delete(browser, account, orders, batch, 0, 2)["Location"]))
    assert "2 of 2 deleted." in page
    assert (len(orders.messages), orders.count("preview_settle"), orders.count("purge_messages")) == (1, 1, 0)
    assert AuditEntry.objects.get(action=Action.DELETE).parameters["by"] == "preview"
    delete(browser, account, orders, peeked(browser, account, orders), 0)
    page = text_of(browser.get(delete(browser, account, orders, batch, 1)["Location"]))
    assert "0 of 1 deleted. 1 skipped: message not found." in page


def test_a_pulled_message_is_not_deleted_from_here(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    assert "Nothing to do" in text_of(delete(browser, account, orders, batch, 0, step="confirm"))
    delete(browser, account, orders, batch, 0)
    assert AuditEntry.objects.get(action=Action.DELETE).outcome == Outcome.REFUSED
    assert orders.count("purge_messages") + orders.count("preview_settle") == 0
    assert len(orders.messages) == 3


def test_an_expired_batch_deletes_nothing(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    Batch.objects.filter(pk=batch.pk).update(expires_at=timezone.now())
    for step in ("confirm", "do"):
        assert delete(browser, account, orders, batch, 0, step=step).status_code == 404
    assert orders.count("purge_messages") == 0


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"position": ()}, "No message is selected."),
        ({"position": (7,)}, "not in this batch"),
        ({"position": ("-1",)}, "not in this batch"),
        ({"position": ("all",)}, "not in this batch"),
        ({"step": "jump"}, "jump is not one of the available choices"),
        ({"intent": ""}, "This form is incomplete"),
    ],
)
@pytest.mark.parametrize("headers", [None, HTMX])
def test_nonsense_is_explained_and_not_sent(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    typed: dict[str, object],
    sentence: str,
    headers: dict[str, str] | None,
) -> None:
    batch = peeked(browser, account, orders)
    answer = delete(browser, account, orders, batch, headers=headers, **{"position": (0,), **typed})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert orders.count("purge_messages") == 0


def test_without_the_right_nothing_is_deleted_and_the_attempt_is_recorded(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    cast.owner.groups.get().permissions.get(codename="delete").group_set.clear()
    person = signed_in(cast.owner)
    page = person.get(url_of("batch", account, orders, batch.pk))
    assert "Your role may not delete messages." in text_of(page)
    opened = person.get(url_of("message", account, orders, batch.pk, 0))
    assert "Your role may not delete messages." in text_of(opened)
    for step in ("confirm", "do"):
        assert delete(person, account, orders, batch, 0, step=step).status_code == 403
    assert [entry.outcome for entry in AuditEntry.objects.filter(action=Action.DELETE)] == [Outcome.REFUSED] * 2
    assert orders.count("purge_messages") == 0


def test_no_more_than_one_call_takes_can_be_chosen(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = keep(
        account, orders, *(Message(id=f"{number:032}", body="x", ref=f"ref-{number}") for number in range(101))
    )
    answer = delete(browser, account, orders, batch, *range(101))
    assert answer.status_code == 422
    assert "At most 100 messages at once." in text_of(answer)
    assert orders.count("purge_messages") == 0
    delete(browser, account, orders, batch, *range(1, 101))
    assert batch.deletions.filter(state="skipped").count() == 100


def test_what_is_gone_can_be_sent_again_wherever_its_deletion_is_told(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    first, batch = peeked(browser, account, orders), peeked(browser, account, orders)
    delete(browser, account, orders, first, 1)
    bar = browser.get(delete(browser, account, orders, batch, 0, 1, 2)["Location"])
    receipt = browser.get(f"/audit/{batch.deletions.latest('pk').entry_id}/")
    again = url_of("send_again", account, orders, batch.pk)
    for page in (bar, receipt):
        assert Elements(page).all("a", href=f"{again}?position=0&position=2")
    opened = [browser.get(url_of("message", account, orders, batch.pk, at)) for at in range(2)]
    # It stands with the deletion, and then not once more at the foot of the message.
    assert len(Elements(opened[0]).all("a", href=f"{again}?position=0")) == 1
    # It was skipped, so it is no deletion of this copy that could be undone.
    assert len(Elements(opened[1]).all("a", href=f"{again}?position=1")) == 1


def test_a_get_deletes_nothing(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    answer = browser.get(url_of("delete", account, orders, batch.pk, step="do", position=0, intent=uuid.uuid4()))
    assert answer["Location"] == url_of("batch", account, orders, batch.pk)
    assert orders.count("purge_messages") == 0


def test_an_opened_message_says_what_became_of_it(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    before = browser.get(url_of("message", account, orders, batch.pk, 0))
    assert Elements(before).all("form", action=url_of("delete", account, orders, batch.pk))
    delete(browser, account, orders, batch, 0)
    after = browser.get(url_of("message", account, orders, batch.pk, 0), headers=HTMX)
    assert not Elements(after).all("form", action=url_of("delete", account, orders, batch.pk))
    assert "<dt>Deletion</dt>" in text_of(after)
    assert AuditEntry.objects.get(action=Action.DELETE).receipt in text_of(after)
