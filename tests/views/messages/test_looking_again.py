"""Look again after a deletion: gone, still there, or cannot tell, and why."""

import pytest
from django.test import Client

from queues_app.models import Account, Action, AuditEntry, Batch, Deletion, Outcome
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, signed_in
from tests.views.messages.acts import delete, look_again, peeked, pull, text_of, url_of


def seen(batch: Batch) -> list[str]:
    return list(batch.deletions.order_by("position").values_list("seen", flat=True))


def proof_entry() -> AuditEntry:
    return AuditEntry.objects.filter(action=Action.PEEK).latest("pk")


def test_what_a_peek_of_everything_does_not_show_is_gone(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    delete(browser, account, orders, batch, 0, 1)
    answer = look_again(browser, account, orders, batch)
    entry = AuditEntry.objects.get(action=Action.DELETE)
    assert (answer.status_code, answer["Location"]) == (
        303,
        url_of("batch", account, orders, batch.pk, settled=entry.pk),
    )
    page = text_of(browser.get(answer["Location"]))
    assert seen(batch) == ["gone", "gone"]
    assert ": 2 gone." in page
    assert "Gone: as far as a peek of everything shows." in page
    assert page.count("<span>gone</span>") == 2
    proof = proof_entry()
    assert proof.parameters == {"batch_size": 100, "looked_again_for": entry.receipt, "batch": str(batch.pk)}
    assert (proof.outcome, proof.remark, proof.backlog_count) == (Outcome.OK, "looked again: 2 gone", 1)


def test_a_message_that_came_back_is_still_there_and_can_be_deleted_again(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    kept = orders.messages[0].id
    delete(browser, account, orders, batch, 0, 1)
    orders.push("back", message_id=kept)
    page = text_of(browser.get(look_again(browser, account, orders, batch)["Location"]))
    assert seen(batch) == ["still_there", "gone"]
    assert ": 1 gone, 1 still there." in page
    assert "<span>still there</span>" in page
    again = text_of(browser.get(delete(browser, account, orders, batch, 0, 1)["Location"]))
    assert "1 of 2 deleted. 1 skipped: already deleted." in again


def test_in_a_long_queue_a_peek_is_a_sample_and_cannot_tell(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    orders.push_many(range(150))
    delete(browser, account, orders, batch, 0)
    page = text_of(browser.get(look_again(browser, account, orders, batch)["Location"]))
    assert seen(batch) == ["cannot_tell"]
    assert "Cannot tell: a peek is a sample" in page
    assert "<span>deleted, cannot tell if gone</span>" in page


def test_a_full_peek_cannot_tell_whatever_the_count_says(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    """It brought as many as it asked for: there may be more, and the count is approximate."""
    batch = peeked(browser, account, orders)
    delete(browser, account, orders, batch, 0)
    orders.push_many(range(98))
    look_again(browser, account, orders, batch)
    assert len(orders.messages) == proof_entry().backlog_count == 100
    assert seen(batch) == ["cannot_tell"]


@pytest.mark.parametrize("hidden", ["leased", "delayed"])
def test_what_a_peek_hides_leaves_room_for_doubt(
    browser: Client, account: Account, orders: QueueHandle, hidden: str
) -> None:
    batch = peeked(browser, account, orders)
    delete(browser, account, orders, batch, 0)
    if hidden == "leased":
        orders.vary(peek_leased=False)
        pull(browser, account, orders, batch_size=1)
    else:
        orders.push("later", delay_s=600)
    look_again(browser, account, orders, batch)
    assert seen(batch) == ["cannot_tell"]


@pytest.mark.parametrize("count", ["unknown", "failed"])
def test_without_a_count_nothing_is_called_gone(
    browser: Client, account: Account, orders: QueueHandle, count: str
) -> None:
    batch = peeked(browser, account, orders)
    delete(browser, account, orders, batch, 0)
    if count == "unknown":
        orders.vary(counts="null")
    else:
        orders.fault("server_error", route="metrics", status=400)
    look_again(browser, account, orders, batch)
    assert seen(batch) == ["cannot_tell"]
    assert proof_entry().backlog_count is None


@pytest.mark.parametrize(("work", "found", "boxes"), [("done", "gone", 2), ("not_done", "still_there", 3)])
def test_an_unknown_deletion_is_cleared_up_by_looking(
    browser: Client, account: Account, orders: QueueHandle, work: str, found: str, boxes: int
) -> None:
    batch = peeked(browser, account, orders)
    orders.fault("hangup", route="purge_messages", count=1, work=work)
    delete(browser, account, orders, batch, 0)
    page = browser.get(look_again(browser, account, orders, batch)["Location"])
    assert seen(batch) == [found]
    assert page.content.count(b"data-deletable") == boxes


def test_a_look_that_fails_is_told_and_leaves_what_was_known(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    delete(browser, account, orders, batch, 0)
    orders.fault("html", route="peek")
    assert look_again(browser, account, orders, batch).status_code == 502
    assert seen(batch) == [""]
    assert proof_entry().outcome == Outcome.FAILED


def test_a_preview_is_looked_at_by_a_preview(browser: Client, account: Account, orders: QueueHandle) -> None:
    orders.vary(peek="absent")
    batch = peeked(browser, account, orders)
    delete(browser, account, orders, batch, 0)
    look_again(browser, account, orders, batch)
    assert seen(batch) == ["gone"]
    assert orders.count("preview") == 2


def test_the_receipt_says_what_was_seen_and_leads_back_to_itself(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    delete(browser, account, orders, batch, 0, 1)
    entry = AuditEntry.objects.get(action=Action.DELETE)
    receipt = f"/audit/{entry.pk}/"
    before = text_of(browser.get(receipt))
    assert "Look again" in before
    assert '<th scope="col">Looked again</th>' not in before
    answer = look_again(browser, account, orders, batch, to_receipt="1")
    assert answer["Location"] == receipt
    after = text_of(browser.get(receipt))
    assert '<th scope="col">Looked again</th>' in after
    assert after.partition("<textarea")[0].count("gone, ") == 2
    theirs = text_of(signed_in(cast.auditor).get(receipt))
    assert theirs.partition("<textarea")[0].count("gone, ") == 2
    assert "Look again" not in theirs


def test_looking_again_needs_the_right_to_peek_and_is_recorded(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    delete(browser, account, orders, batch, 0)
    cast.owner.groups.get().permissions.get(codename="peek").group_set.clear()
    assert look_again(signed_in(cast.owner), account, orders, batch).status_code == 403
    assert (proof_entry().outcome, proof_entry().reason) == (Outcome.REFUSED, "not-allowed")
    assert orders.count("peek") == 1


def test_only_a_deletion_of_this_batch_can_be_looked_after(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    first, second = peeked(browser, account, orders), peeked(browser, account, orders)
    delete(browser, account, orders, first, 0)
    entry_id = Deletion.objects.get().entry_id
    for batch, entry in ((second, entry_id), (first, 0), (first, 10**17)):
        assert browser.post(url_of("look_again", account, orders, batch.pk, entry)).status_code == 404
    assert browser.get(url_of("look_again", account, orders, first.pk, entry_id)).status_code == 302
    assert orders.count("peek") == 2
