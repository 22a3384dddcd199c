"""Receipts: complete for every action, and Markdown for a ticket."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission as Grant
from django.urls import reverse
from django.utils import timezone

from queues_app.models import Account, Action, AuditEntry, Batch, Outcome, User
from queues_app.operations import look
from queues_app.sandbox import Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.support.stack import calling
from tests.views.messages.acts import Elements


def entry(user: User, **columns: object) -> AuditEntry:
    now = timezone.now()
    values: dict[str, object] = {
        "at": now - timedelta(seconds=1),
        "completed_at": now,
        "action": Action.PEEK,
        "outcome": Outcome.OK,
        "user_id": user.pk,
        "user_name": user.get_username(),
        "queue_id": "a" * 32,
        "queue_name": "orders",
        "account_id": "b" * 32,
        "account_name": "acme",
        "credential_label": "main (ends 4c1e)",
        "environment": "production",
        "cf_ray": "8f2c41d07b9a-AMS",
        "status": 200,
        "duration_ms": 231,
    }
    return AuditEntry.objects.create(**(values | columns))


def receipt(user: User, one: AuditEntry) -> str:
    answer = signed_in(user).get(reverse("audit_entry", args=[one.pk]))
    assert answer.status_code == 200
    Elements(answer).assert_sound()
    return answer.content.decode()


def markdown(user: User, one: AuditEntry) -> str:
    answer = signed_in(user).get(reverse("audit_markdown", args=[one.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_its_receipt(cast: Cast, action: Action, outcome: Outcome) -> None:
    one = entry(cast.owner, action=action, outcome=outcome)
    for text in (receipt(cast.owner, one), markdown(cast.owner, one)):
        assert one.receipt in text
        assert "main (ends 4c1e)" in text
        assert "8f2c41d07b9a-AMS" in text
        assert "231 ms" in text


def test_the_time_line_says_what_the_record_holds_and_no_more(cast: Cast) -> None:
    one = entry(cast.owner)
    text = receipt(cast.owner, one)
    assert f"{one.at:%H:%M:%S}.{one.at.microsecond // 1000:03}</span><span>entry committed" in text
    assert "<span>231 ms</span><span>the call left; answer 200" in text
    refused = entry(cast.owner, outcome=Outcome.REFUSED, status=None, duration_ms=None)
    assert "refused here; nothing left" in receipt(cast.owner, refused)
    lost = entry(cast.owner, outcome=Outcome.UNKNOWN, status=None)
    assert "<span>231 ms</span><span>waited for an answer; none came" in receipt(cast.owner, lost)


def test_counts_have_each_their_own_time_and_are_not_subtracted(cast: Cast) -> None:
    read_at = timezone.now() - timedelta(minutes=3)
    one = entry(
        cast.owner,
        message_count=2,
        parameters={"chosen": 3},
        action=Action.ACK,
        backlog_count=40,
        backlog_read_at=read_at,
    )
    text = receipt(cast.owner, one)
    assert "2 of 3 at " in text
    assert "about 40 at " in text
    assert f"{read_at:%H:%M:%S}." in text


def test_settings_are_shown_before_and_after(cast: Cast) -> None:
    one = entry(
        cast.owner,
        action=Action.CONSUMER_EDIT,
        parameters={"before": {"max_retries": 3, "retry_delay": 0}, "after": {"max_retries": 10, "retry_delay": 0}},
    )
    text = receipt(cast.owner, one)
    assert "<td>max retries</td><td>3</td><td><b>10</b></td>" in text
    assert "<td>retry delay</td><td>0 s</td><td>0 s</td>" in text
    assert "| `max retries` | `3` | `10` |" in markdown(cast.owner, one)


def test_ids_without_answers_have_no_empty_columns(cast: Cast) -> None:
    text = receipt(cast.owner, entry(cast.owner, message_ids=["c" * 32]))
    assert "cccccc…cccc" in text
    assert "Warning" not in text.partition("<textarea")[0]


def test_markdown_is_a_text_file_and_the_page_carries_the_same(cast: Cast) -> None:
    one = entry(cast.owner, remark="2 messages")
    answer = signed_in(cast.owner).get(reverse("audit_markdown", args=[one.pk]))
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{one.receipt}.md"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    text = answer.content.decode()
    assert text.startswith(f"## Receipt {one.receipt}: ok\n\n`owner` peeked at messages of `orders`.")
    assert "- Credential: `main (ends 4c1e)`" in text
    assert f'data-copy-from="#markdown-{one.pk}"' in receipt(cast.owner, one)


def test_hostile_names_neither_leave_the_table_nor_act(cast: Cast) -> None:
    name = "<img src=x>`|\n| [x](javascript:alert(1)) |\n</textarea><script>alert(1)</script>"
    one = entry(cast.owner, queue_name=name, remark=name, message_ids=[name], user_name=name, cf_ray=name[:64])
    assert "<img src=x>" not in receipt(cast.owner, one)
    text = markdown(cast.owner, one)
    assert [line for line in text.splitlines() if line.startswith("|")][2].startswith("| `` <img src=x>`¦ ¦ [x]")
    assert "\n</textarea>" not in text


def test_a_receipt_leads_to_its_queue_and_its_copy_where_the_reader_has_a_way_to_them(
    cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    orders = sandbox.add_queue("orders")
    orders.push({"order": 1})
    owner = account.credential.owner
    batch = look.peek(caller=calling(owner), account=account, queue_id=orders.id, batch_size=5)
    one = AuditEntry.objects.get(action=Action.PEEK)
    queue_url = reverse("queue", args=[account.pk, orders.id])
    copy_url = reverse("batch", args=[account.pk, orders.id, batch.pk])
    assert f'href="{queue_url}"' in receipt(owner, one)
    assert f'href="{copy_url}"' in receipt(owner, one)
    assert f"/queues/{orders.id}/" not in receipt(cast.auditor, one)
    lead = make_user("lead", "Lead")
    way = make_account(lead, secret=sandbox.tokens["full"], account_id=account.account_id)
    lead.user_permissions.add(Grant.objects.get(codename="see_all_audit"))
    assert f'href="{reverse("batch", args=[way.pk, orders.id, batch.pk])}"' in receipt(lead, one)
    Batch.objects.all().delete()
    assert copy_url not in receipt(owner, one)
    assert f'href="{queue_url}"' in receipt(owner, one)


@pytest.mark.parametrize(("done", "word"), [(2, "ok"), (1, "partial"), (0, "skipped")])
def test_what_was_done_to_some_only_is_not_headed_ok(cast: Cast, done: int, word: str) -> None:
    one = entry(cast.owner, action=Action.DELETE, parameters={"chosen": 2}, message_count=done)
    assert f"<span>{word}</span>" in receipt(cast.owner, one)
    assert f"## Receipt {one.receipt}: {word}\n" in markdown(cast.owner, one)


def test_a_receipt_stands_for_itself_in_a_ticket(cast: Cast, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["queues.example", "testserver"]
    settings.HTTPS_ONLY = True
    one = entry(cast.owner)
    text = markdown(cast.owner, one)
    assert f"Receipt: `https://queues.example/audit/{one.pk}/`" in text
    assert f"- `{one.at.day} {one.at:%b %Y %H:%M:%S}" in text
    assert f"{one.at.day} {one.at:%b %Y %H:%M:%S}" in receipt(cast.owner, one)
