"""The page of legal holds: what is kept for how long, and who holds what."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from queues_app.models import Action, AuditEntry, AuditHold, Outcome
from queues_app.operations import pruning
from tests.support.archiving import archive, bind, write
from tests.support.audit import behind
from tests.support.people import Cast, signed_in


@pytest.fixture
def auditor(cast: Cast) -> Client:
    return signed_in(cast.auditor)


def page(client: Client) -> str:
    return client.get(reverse("holds")).content.decode()


def add(client: Client, **fields: Any) -> Any:
    form = {"reason": "Case 7", "intent": uuid.uuid4(), **fields}
    return client.post(reverse("hold_add"), form, follow=True)


def test_a_hold_is_made_shown_and_lifted_after_a_question(auditor: Client) -> None:
    told = add(auditor, queue="prod-*", person="owner", since="2026-01-01", until="2026-03-31").content.decode()

    assert "From now on held: Case 7." in told
    assert "1 Jan 2026 to 31 Mar 2026" in told
    made = AuditHold.objects.get()
    assert (made.queue, made.person, made.made_by) == ("prod-*", "owner", "auditor")
    assert (made.since, made.until) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))

    lifting = reverse("hold_lift", args=[made.number])
    assert "Lift the hold for Case 7?" in auditor.get(lifting).content.decode()
    assert AuditHold.objects.in_force().exists()
    told = auditor.post(lifting, follow=True).content.decode()
    assert "Lifted: Case 7." in told
    assert "lifted by auditor" in told
    assert not AuditHold.objects.in_force().exists()


def test_days_are_those_of_the_persons_zone(cast: Cast) -> None:
    cast.auditor.zone = "America/New_York"
    cast.auditor.save()

    add(signed_in(cast.auditor), since="2026-01-01")

    assert AuditHold.objects.get().since == datetime(2026, 1, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": ""}, "Type why"),
        ({"reason": "\u200b"}, "Type a reason that can be seen."),
        ({"since": "yesterday"}, "This is no day"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "This day is before the first one."),
        ({"since": "1066-01-01"}, "This day is before the log began."),
        ({"intent": "none"}, "This form is incomplete"),
    ],
)
def test_what_cannot_be_understood_says_why_and_keeps_what_was_typed(
    auditor: Client, fields: dict[str, str], sentence: str
) -> None:
    answer = add(auditor, queue="prod-*", **fields)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'value="prod-*"' in answer.content.decode()
    assert not AuditHold.objects.exists()


def test_the_same_form_twice_makes_one(auditor: Client) -> None:
    intent = uuid.uuid4()
    add(auditor, intent=intent)
    add(auditor, intent=intent)

    assert AuditHold.objects.count() == 1


def test_a_hold_that_was_lifted_meanwhile_says_by_whom(auditor: Client, cast: Cast) -> None:
    add(auditor)
    lifting = reverse("hold_lift", args=[1])
    signed_in(cast.admin).post(lifting)

    assert "Hold 1 was lifted by admin already." in auditor.post(lifting, follow=True).content.decode()
    assert "Hold 1 was lifted by admin already." in auditor.get(lifting, follow=True).content.decode()


def test_who_may_not_is_refused_on_the_record(cast: Cast) -> None:
    assert signed_in(cast.owner).get(reverse("holds")).status_code == 403

    assert AuditEntry.objects.get(action=Action.HOLD_ADD).outcome == Outcome.REFUSED


def test_the_page_says_what_is_kept_archived_and_pruned(
    auditor: Client, cast: Cast, tmp_path: Path, settings: Settings
) -> None:
    told = page(auditor)
    assert "for ever" in told
    assert told.count("nothing yet") == 2

    settings.AUDIT_RETENTION_DAYS = 365
    write(cast, 3, bound=False)
    bind(later=-timedelta(days=400))
    archive(tmp_path)
    write(cast, 1)
    pruning.prune(days=365, now=timezone.now())

    told = page(auditor)
    assert "365 days" in told
    assert told.count("up to link 3") == 2
    assert "queuescope-audit-000000000001-000000000003.jsonl.zst" in told


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (
            "UPDATE queues_app_auditpruned SET position = 4",
            "The mark of what was pruned is not as Queuescope wrote it.",
        ),
        ("UPDATE queues_app_auditarchive SET name = 'other'", "The note of other is not as Queuescope wrote it."),
        ("UPDATE queues_app_audithold SET reason = 'other'", "Legal hold 1 was changed."),
        ("DELETE FROM queues_app_audithold", "Legal hold 1 was removed."),
    ],
)
def test_a_note_that_was_changed_is_not_believed(
    auditor: Client, cast: Cast, tmp_path: Path, settings: Settings, statement: str, sentence: str
) -> None:
    settings.AUDIT_RETENTION_DAYS = 365
    write(cast, 3, bound=False)
    bind(later=-timedelta(days=400))
    archive(tmp_path)
    add(auditor)
    write(cast, 1)
    pruning.prune(days=365, now=timezone.now())
    assert "verify_audit" not in page(auditor)

    behind(statement)

    told = page(auditor)
    assert f"{sentence} Run manage.py verify_audit." in told
    assert told.count("nothing yet") == (1 if "not as Queuescope wrote it" in sentence else 0)


def test_the_log_leads_to_the_holds_whoever_may(auditor: Client, cast: Cast) -> None:
    assert reverse("holds") in auditor.get(reverse("audit")).content.decode()
    assert reverse("holds") not in signed_in(cast.owner).get(reverse("audit")).content.decode()


def test_a_receipt_tells_what_was_held(auditor: Client) -> None:
    add(auditor, queue="prod-*")
    entry = AuditEntry.objects.get(action=Action.HOLD_ADD)

    told = auditor.get(reverse("audit_entry", args=[entry.pk])).content.decode()

    assert "held audit entries" in told
    assert "hold 1, queue prod-*, reason Case 7" in told


def test_a_script_in_a_reason_is_text(auditor: Client) -> None:
    assert "&lt;script&gt;" in add(auditor, reason="<script>alert(1)</script>").content.decode()
