"""Messages as a file: asked first, taken on the record, and only by whoever may."""

import json
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from queues_app.cloudflare import Message
from queues_app.models import Account, Action, AuditEntry, Batch, Outcome
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, signed_in
from tests.views.messages.acts import HTMX, Elements, keep, peeked, pulled, text_of, url_of

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer


def export(
    browser: Client, account: Account, queue: QueueHandle, batch: Batch, *positions: int, **typed: str
) -> "Answer":
    fields = {"step": "do", "format": "jsonl", "position": positions, **typed}
    return browser.post(url_of("export", account, queue, batch.pk), fields)


def test_the_question_comes_first_and_takes_nothing(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    address = url_of("export", account, orders, batch.pk)
    for headers in (None, HTMX):
        answer = browser.post(address, {"step": "confirm", "position": [0, 2]}, headers=headers)
        elements = Elements(answer)
        elements.assert_sound()
        assert answer.status_code == 200
        assert "Export 2 messages?" in text_of(answer)
        assert "2 chosen of the 3 in this batch" in text_of(answer)
        assert "The audit log keeps who took which ids" in text_of(answer)
        assert [field["value"] for field in elements.all("input", name="position")] == ["0", "2"]
        assert ("data-modal" in elements.all("dialog")[0]) is (headers == HTMX)
    assert not AuditEntry.objects.filter(action=Action.EXPORT_MANY).exists()


def test_without_a_choice_it_is_all_of_the_batch_and_never_all_of_the_queue(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    text = text_of(browser.get(url_of("export", account, orders, batch.pk)))
    assert "all 3 of this batch" in text
    assert len(export(browser, account, orders, batch).content.splitlines()) == 3
    assert AuditEntry.objects.get(action=Action.EXPORT_MANY).parameters["whole_batch"] is True


def test_what_a_filter_left_can_be_exported_and_is_never_called_all(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    page = browser.get(url_of("batch", account, orders, batch.pk), {"q": "words"})
    text = text_of(page)
    assert "Export the 1 that match" in text
    assert "Export all" not in text
    (form,) = [one for one in Elements(page).all("form", method="get") if (one["action"] or "").endswith("/export/")]
    (place,) = [one["value"] for one in Elements(page).all("input", type="hidden", name="position")]
    answer = browser.get(form["action"] or "", {"position": place or ""})
    assert "1 chosen of the 3 in this batch" in text_of(answer)


def test_the_question_can_be_linked_with_its_choice(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    answer = browser.get(url_of("export", account, orders, batch.pk), {"position": ["2", "1", "2"]})
    assert [field["value"] for field in Elements(answer).all("input", name="position")] == ["1", "2"]


def test_the_file_holds_the_chosen_and_is_nothing_to_a_browser(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    answer = export(browser, account, orders, batch, 1, 0)
    first, second = answer.content.decode().splitlines()
    assert '"body": {"order":1,"big":9007199254740993}' in first
    assert json.loads(second)["body"] == "plain <b>words</b>"
    assert answer["Content-Type"] == "application/x-ndjson"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"] == f'attachment; filename="orders-{batch.fetched_at:%Y%m%dT%H%M%SZ}.jsonl"'


@pytest.mark.parametrize(
    ("form", "kind", "begin"),
    [("csv", "text/csv; charset=utf-8", b"id,sent,"), ("zip", "application/zip", b"PK")],
)
def test_each_kind_of_file_has_its_type(
    browser: Client, account: Account, orders: QueueHandle, form: str, kind: str, begin: bytes
) -> None:
    answer = export(browser, account, orders, pulled(browser, account, orders), format=form)
    assert answer["Content-Type"] == kind
    assert answer.content.startswith(begin)
    assert answer["Content-Disposition"].endswith(f'.{form}"')


def test_it_is_on_the_record_with_the_ids_and_without_the_bodies(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    answer = export(browser, account, orders, batch, 0, 1, format="csv")
    entry = AuditEntry.objects.get(action=Action.EXPORT_MANY)
    assert (entry.outcome, entry.message_count) == (Outcome.OK, 2)
    assert entry.message_ids == [message.id for message in orders.messages[:2]]
    assert entry.parameters == {"batch": str(batch.pk), "chosen": 2, "whole_batch": False, "format": "csv"}
    assert entry.remark == f"2 messages as CSV, {len(answer.content):,} bytes"
    assert "words" not in str(entry.__dict__)
    assert orders.count("peek") == 1


def test_a_file_is_named_safely_whatever_the_queue_is_called(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = keep(account, orders, Message(id="a" * 32, body="x"))
    batch.queue_name = '../../"; rm -rf\r\nSet-Cookie: a=b'
    batch.save()
    answer = export(browser, account, orders, batch)
    assert answer["Content-Disposition"].startswith('attachment; filename="rm--rf-Set-Cookie-a-b-')


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"position": "7"}, "not in this batch"),
        ({"position": "x"}, "not in this batch"),
        ({"format": "exe"}, "A file can be JSONL, CSV or ZIP."),
        ({"format": ""}, "Choose what the file should be."),
        ({"step": "jump"}, "jump is not one of the available choices"),
    ],
)
def test_nonsense_is_explained_and_nothing_is_taken(
    browser: Client, account: Account, orders: QueueHandle, typed: dict[str, str], sentence: str
) -> None:
    batch = peeked(browser, account, orders)
    answer = export(browser, account, orders, batch, 0, **typed)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    Elements(answer).assert_sound()
    assert not AuditEntry.objects.filter(action=Action.EXPORT_MANY).exists()


def test_whoever_may_not_is_refused_on_the_record_at_both_steps(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    cast.owner.groups.get().permissions.get(codename="export").group_set.clear()
    reader = signed_in(cast.owner)
    page = reader.get(url_of("batch", account, orders, batch.pk))
    assert "Your role may not take message bodies out." in text_of(page)
    assert "of this batch…" not in text_of(page)
    for step in ("confirm", "do"):
        assert export(reader, account, orders, batch, 0, step=step).status_code == 403
    refused = AuditEntry.objects.filter(action=Action.EXPORT_MANY)
    assert {entry.outcome for entry in refused} == {Outcome.REFUSED}
    assert refused.count() == 2


def test_the_call_that_made_a_batch_can_be_copied_without_the_secret(
    browser: Client, account: Account, orders: QueueHandle, upstream_url: str
) -> None:
    peek = text_of(browser.get(url_of("batch", account, orders, peeked(browser, account, orders).pk)))
    assert f"{upstream_url}/accounts/{account.account_id}/queues/{orders.id}/messages/peek" in peek
    assert "Bearer $CLOUDFLARE_API_TOKEN" in peek
    pull = text_of(browser.get(url_of("batch", account, orders, pulled(browser, account, orders).pk)))
    assert "Pulls again: uses one attempt more" in pull


def test_an_opened_message_offers_its_calls_without_lease_id_and_ref(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    held = text_of(browser.get(url_of("message", account, orders, pulled(browser, account, orders).pk, 0)))
    assert "Acknowledge as curl" in held
    assert "$LEASE_ID" in held
    seen = text_of(browser.get(url_of("message", account, orders, peeked(browser, account, orders).pk, 0)))
    assert "Delete as curl" in seen
    assert "$REF" in seen
