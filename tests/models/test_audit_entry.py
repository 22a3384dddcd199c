"""An entry that is complete is closed for good, as far as the application goes."""

import pytest
from django.utils import timezone

from queues_app import audit
from queues_app.audit import Subject
from queues_app.models import Action, AuditEntry, Outcome
from queues_app.models.audit import EntryClosedError
from tests.support.people import Cast, make_account
from tests.support.stack import calling


@pytest.fixture
def entry(cast: Cast) -> AuditEntry:
    with audit.record(caller=calling(cast.owner), action=Action.SIGN_IN) as record:
        record.ok()
    return AuditEntry.objects.get()


def test_a_complete_entry_cannot_be_saved_again(entry: AuditEntry) -> None:
    entry.outcome = Outcome.FAILED

    with pytest.raises(EntryClosedError):
        entry.save()

    assert AuditEntry.objects.get().outcome == Outcome.OK


def test_no_entry_can_be_deleted(entry: AuditEntry) -> None:
    with pytest.raises(EntryClosedError):
        entry.delete()
    with pytest.raises(EntryClosedError):
        AuditEntry.objects.all().delete()


def test_entries_cannot_be_changed_in_bulk(entry: AuditEntry) -> None:
    with pytest.raises(EntryClosedError):
        AuditEntry.objects.update(outcome=Outcome.FAILED)
    with pytest.raises(EntryClosedError):
        AuditEntry.objects.bulk_update([entry], ["outcome"])


def test_entries_outlive_the_person_and_the_credential(cast: Cast) -> None:
    account = make_account(cast.owner, secret="a-made-up-secret", account_id="0" * 32)
    subject = Subject(credential=account.credential, account=account)
    with audit.record(caller=calling(cast.owner), action=Action.PEEK, subject=subject) as record:
        record.ok()

    cast.owner.delete()

    entry = AuditEntry.objects.get()
    assert (entry.user_name, entry.credential_label) == ("owner", "main (ends cret)")


def test_a_block_that_breaks_leaves_its_entry_unknown(cast: Cast) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        audit.record(caller=calling(cast.owner), action=Action.PULL),
    ):
        _ = 1 / 0

    entry = AuditEntry.objects.get()
    assert (entry.outcome, entry.reason) == (Outcome.UNKNOWN, "internal-error")


def test_a_record_without_an_outcome_is_a_mistake_of_ours(cast: Cast) -> None:
    with (
        pytest.raises(RuntimeError),
        audit.record(caller=calling(cast.owner), action=Action.PULL),
    ):
        pass

    assert AuditEntry.objects.get().outcome == Outcome.UNKNOWN


def test_pages_of_entries_follow_each_other_without_gap_or_double(cast: Cast) -> None:
    now = timezone.now()
    for _ in range(7):
        AuditEntry.objects.create(at=now, completed_at=now, action=Action.PEEK, user_name="owner")
    seen: list[int] = []
    page = list(AuditEntry.objects.all()[:3])
    while page:
        seen += [entry.pk for entry in page]
        page = list(AuditEntry.objects.before(page[-1].at, page[-1].pk)[:3])

    assert seen == sorted(AuditEntry.objects.values_list("pk", flat=True), reverse=True)
