"""What happened in a week: the page, the command and the mail."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from queues_app import audit
from queues_app.models import Action, AuditEntry, Outcome, User
from queues_app.operations import binding, digest
from queues_app.operations.digest import Week
from queues_app.rows import digest as rows
from tests.support.audit import behind
from tests.support.people import Cast, signed_in
from tests.support.stack import calling
from tests.views.messages.acts import text_of

WEEK = "2026-W47"
WEDNESDAY = datetime(2026, 11, 18, 12, tzinfo=UTC)
QUEUE, OTHER = "a" * 32, "b" * 32


def entry(user: User, **columns: object) -> AuditEntry:
    values: dict[str, object] = {
        "at": WEDNESDAY,
        "completed_at": WEDNESDAY,
        "action": Action.PULL,
        "outcome": Outcome.OK,
        "user_id": user.pk,
        "user_name": user.get_username(),
        "queue_id": QUEUE,
        "queue_name": "orders",
    }
    return AuditEntry.objects.create(**(values | columns))


def page(user: User, week: str = WEEK) -> Any:
    answer = signed_in(user).get("/audit/digest/", {"week": week})
    assert answer.status_code == 200, answer.content
    return answer


def told(shown: rows.DigestPage, table: int) -> dict[str, dict[str, str]]:
    """The lines of a table by name, without what is nothing."""
    head, lines = shown.tables[table].head, shown.tables[table].rows
    return {
        line.name: {name: cell for name, cell in zip(head, line.cells, strict=True) if cell != "0"} for line in lines
    }


def printed(*options: str) -> str:
    out = io.StringIO()
    call_command("audit_digest", *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_queues_and_people_have_a_line_each(cast: Cast) -> None:
    entry(cast.owner, message_count=4)
    entry(cast.owner, message_count=3, action=Action.ACK)
    entry(cast.owner, outcome=Outcome.REFUSED, action=Action.DELETE)
    entry(cast.teammate, message_count=2, action=Action.SEND, queue_id=OTHER, queue_name="mail")
    entry(cast.teammate, message_count=9, action=Action.PEEK, queue_id=OTHER, queue_name="mail")
    entry(cast.teammate, action=Action.SIGN_IN, queue_id="", queue_name="")

    shown = page(cast.auditor).context["digest"]

    assert told(shown, 0) == {
        "orders": {"Pulled": "4", "Acknowledged": "3", "Not let, or failed": "1"},
        "mail": {"Peeks": "1", "Sent": "2"},
    }
    assert told(shown, 1) == {
        "owner": {"Pulled": "4", "Acknowledged": "3", "Not let, or failed": "1"},
        "teammate": {"Peeks": "1", "Sent": "2"},
    }
    assert dict(shown.facts) == {"Entries": "6", "ok": "5", "refused": "1", "failed": "0", "unknown": "0"}
    behind_it = signed_in(cast.auditor).get(shown.tables[0].rows[1].url)
    assert {row.queue for row in behind_it.context["rows"]} == {"mail"}


def test_what_watches_peeked_at_is_told_apart_and_moves_nobody_up(cast: Cast) -> None:
    for _ in range(3):
        entry(cast.owner, action=Action.PEEK, message_count=100, parameters={"batch_size": 100, "watch": 7})
    entry(cast.owner, action=Action.PEEK, message_count=5)
    for _ in range(2):
        entry(cast.teammate, action=Action.PEEK, queue_id=OTHER, queue_name="mail")

    shown = page(cast.auditor).context["digest"]

    assert list(told(shown, 1).items()) == [
        ("teammate", {"Peeks": "2"}),
        ("owner", {"Peeks": "1", "Peeks by watches": "3"}),
    ]
    assert told(shown, 0)["orders"] == {"Peeks": "1", "Peeks by watches": "3"}


def test_a_week_begins_and_ends_where_the_person_is(cast: Cast) -> None:
    monday = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
    for at in (monday, monday - timedelta(seconds=1), monday + timedelta(days=7)):
        entry(cast.owner, at=at, message_count=1)
    cast.auditor.zone = "America/New_York"
    cast.auditor.save()

    # There the week begins five hours later: the entry of its first moment in UTC is still of Sunday.
    assert told(page(cast.auditor).context["digest"], 1) == {"owner": {"Pulled": "1"}}
    assert told(page(cast.admin).context["digest"], 1) == {"owner": {"Pulled": "1"}}
    assert told(page(cast.auditor, "2026-W46").context["digest"], 1) == {"owner": {"Pulled": "2"}}


def test_whoever_sees_their_own_only_gets_their_own_week(cast: Cast) -> None:
    entry(cast.owner, message_count=4)
    entry(cast.teammate, message_count=2)

    assert told(page(cast.teammate).context["digest"], 0) == {"orders": {"Pulled": "2"}}
    assert told(page(cast.teammate).context["digest"], 1) == {"teammate": {"Pulled": "2"}}


def test_what_is_to_be_explained_is_counted(cast: Cast) -> None:
    entry(cast.owner, outcome=Outcome.UNKNOWN)
    entry(cast.owner, outcome=Outcome.UNKNOWN, completed_at=None)

    assert "2 unknown outcomes are to be explained." in text_of(page(cast.auditor))


def test_more_lines_than_a_table_holds_are_summed_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST", 1)
    entry(cast.owner)
    entry(cast.owner)
    entry(cast.teammate, queue_id=OTHER)

    text = text_of(page(cast.auditor))

    assert "1 more queue with 1 entry are not listed." in text
    assert "1 more person with 1 entry are not listed." in text


@pytest.mark.parametrize("week", ["2026-W60", "2026-47", "9999-W52", "0001-W01", "x"])
def test_what_is_no_week_is_told(cast: Cast, week: str) -> None:
    answer = signed_in(cast.auditor).get("/audit/digest/", {"week": week})

    assert answer.status_code == 422
    assert "A week is written as 2026-W47" in text_of(answer)


def test_without_a_week_it_is_the_last_one_that_is_over() -> None:
    assert str(Week.before(datetime(2026, 11, 22, tzinfo=UTC).date())) == "2026-W46"
    assert str(Week.before(datetime(2026, 11, 23, tzinfo=UTC).date())) == "2026-W47"
    assert str(Week.before(datetime(2027, 1, 4, tzinfo=UTC).date())) == "2026-W53"


def test_only_the_entries_of_the_week_are_read(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as queries:
        digest.of_week(Week.read(WEEK), user=None)

    added_up = [query["sql"] for query in queries if "GROUP BY" in query["sql"]]
    assert len(added_up) == 2
    if connection.vendor == "sqlite":  # PostgreSQL reads a small table as a whole
        with connection.cursor() as cursor:
            for statement in added_up:
                cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
                assert "at>? AND at<?" in str(cursor.fetchall())


class TestTheCommand:
    def test_it_prints_what_the_page_tells(self, cast: Cast) -> None:
        entry(cast.owner, message_count=4)

        text = printed("--week", WEEK)

        assert "Queuescope, audit of the week 2026-W47" in text
        assert "16 Nov 2026 to 22 Nov 2026, UTC" in text
        assert "Entries: 1" in text
        assert [line.split()[:3] for line in text.splitlines() if line.startswith(("orders", "owner"))] == [
            ["orders", "0", "4"],
            ["owner", "0", "4"],
        ]

    def test_verifying_is_on_the_record_and_goes_on_where_it_ended(self, cast: Cast) -> None:
        self.bound(cast)
        assert "No verification is on the record." in printed()

        assert "Verified up to link 1, " in printed("--verify")
        self.bound(cast)
        printed("--verify")
        printed("--verify")

        done = AuditEntry.objects.filter(action=Action.AUDIT_VERIFY).order_by("pk")
        # What a verification writes is bound too, so that the second has two links more.
        assert [one.parameters["first"] for one in done][:2] == [1, 2]
        assert {(one.user_name, one.outcome) for one in done} == {("manage.py", Outcome.OK)}
        assert f"({done.last().receipt})" in text_of(page(cast.auditor))  # type: ignore[union-attr]  # there is one

    def test_what_is_not_as_it_was_written_is_told_and_ends_with_1(self, cast: Cast) -> None:
        changed = self.bound(cast)
        behind("UPDATE queues_app_auditentry SET user_name = 'another' WHERE id = %s", changed.pk)

        with pytest.raises(CommandError, match=f"{changed.receipt}: "):
            printed("--verify")

        done = AuditEntry.objects.get(action=Action.AUDIT_VERIFY)
        assert (done.outcome, done.reason) == (Outcome.FAILED, "audit-not-as-written")
        assert digest.verified() is None

    def test_what_is_no_week_is_an_error(self, db: None) -> None:
        with pytest.raises(CommandError, match="A week is written as"):
            printed("--week", "47")

    def bound(self, cast: Cast) -> AuditEntry:
        with audit.record(caller=calling(cast.owner), action=Action.PULL) as record:
            record.ok(message_count=1)
        binding.bind(now=timezone.now())
        return record.entry


class TestTheMail:
    @pytest.fixture
    def mails(self, settings: Settings) -> None:
        settings.HAS_MAIL_SERVER = True
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
        settings.EMAIL_FROM = "queues@example.com"

    def ask(self, user: User, address: str) -> Any:
        return signed_in(user).post("/audit/digest/mail/", {"address": address})

    def test_it_goes_to_those_who_asked_and_may_see_it(self, cast: Cast, mails: None) -> None:
        assert self.ask(cast.auditor, "otto@example.com").status_code == 303
        assert self.ask(cast.admin, "ada@example.com").status_code == 303
        assert self.ask(cast.owner, "ana@example.com").status_code == 403
        cast.owner.digest_to = "ana@example.com"
        cast.owner.save()
        cast.admin.is_active = False
        cast.admin.save()

        text = printed("--week", WEEK, "--mail")

        (sent,) = mail.outbox
        assert (sent.to, sent.from_email) == (["otto@example.com"], "queues@example.com")
        assert sent.subject == "Queuescope audit 2026-W47"
        assert sent.body == text
        kept = AuditEntry.objects.filter(action=Action.DIGEST).order_by("pk")
        assert next((one.user_name, one.outcome, one.remark) for one in kept) == (
            "auditor",
            Outcome.OK,
            "from now on to otto@example.com",
        )
        assert [one.outcome for one in kept] == [Outcome.OK, Outcome.OK, Outcome.REFUSED, Outcome.OK]
        assert kept.last().remark == "sent to 1 who asked for it"  # type: ignore[union-attr]  # there is one

    def test_whoever_empties_the_field_gets_it_no_longer(self, cast: Cast, mails: None) -> None:
        self.ask(cast.auditor, "otto@example.com")
        assert "It goes to otto@example.com." in text_of(page(cast.auditor))
        self.ask(cast.auditor, "")

        printed("--mail")

        assert mail.outbox == []

    def test_what_is_no_address_changes_nothing(self, cast: Cast, mails: None) -> None:
        self.ask(cast.auditor, "otto@example.com")
        self.ask(cast.auditor, "not an address")

        cast.auditor.refresh_from_db()
        assert cast.auditor.digest_to == "otto@example.com"

    def test_without_a_server_for_mail_nothing_is_offered_or_sent(self, cast: Cast) -> None:
        assert "Mail it to me" not in text_of(page(cast.auditor))
        assert self.ask(cast.auditor, "otto@example.com").status_code == 409
        with pytest.raises(CommandError, match="sends no mail"):
            printed("--mail")

        assert mail.outbox == []

    def test_a_server_for_mail_that_fails_is_on_the_record(
        self, cast: Cast, mails: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.ask(cast.auditor, "otto@example.com")

        def fails(message: mail.EmailMessage) -> int:
            raise ConnectionRefusedError

        monkeypatch.setattr(mail.EmailMessage, "send", fails)
        with pytest.raises(CommandError, match="0 sent, then the server for mail failed"):
            printed("--mail")

        kept = AuditEntry.objects.filter(action=Action.DIGEST).order_by("-pk").first()
        assert kept is not None
        assert (kept.outcome, kept.reason) == (Outcome.FAILED, "not-mailed")
