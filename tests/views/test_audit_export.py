"""The audit log as one file: what is in it, that it says whether it is whole, and that taking it is on the record."""

import csv
import io
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import StreamingHttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from queues_app.models import Action, AuditEntry, Outcome, User
from queues_app.operations import audit_export, audit_streams, history
from queues_app.operations.audit_files import COLUMNS
from tests.support.people import Cast, signed_in

EXPORT = "/audit/export/"
QUEUE_ID = "a" * 32


def entry(user: User, **columns: object) -> AuditEntry:
    values: dict[str, object] = {
        "at": timezone.now(),
        "completed_at": timezone.now(),
        "action": Action.PEEK,
        "outcome": Outcome.OK,
        "user_id": user.pk,
        "user_name": user.get_username(),
        "queue_id": QUEUE_ID,
        "queue_name": "orders",
    }
    return AuditEntry.objects.create(**(values | columns))


def ask(user: User, **typed: str) -> Any:
    """What the page's form sends."""
    return signed_in(user).post(EXPORT, {"format": "jsonl", "intent": str(uuid.uuid4()), **typed})


def file_of(answer: StreamingHttpResponse) -> bytes:
    return b"".join(answer)


def taken(user: User, **typed: str) -> list[dict[str, Any]]:
    answer = ask(user, **typed)
    assert answer.status_code == 200, answer.content
    return [json.loads(line) for line in file_of(answer).splitlines()]


def receipts(lines: list[dict[str, Any]]) -> list[str]:
    return [line["receipt"] for line in lines if "receipt" in line]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each read of the database brings a few entries only, as if there were millions."""
    monkeypatch.setattr(audit_streams, "LOOKED_AT", 5)
    monkeypatch.setattr(audit_streams, "_CHUNK", 2)
    monkeypatch.setattr(history, "STRETCH", 3)


def test_every_entry_is_there_newest_first_and_the_last_line_counts_them(cast: Cast, short: None) -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    made = [entry(cast.owner, at=noon + timedelta(seconds=number // 4)) for number in range(23)]

    *lines, last = taken(cast.auditor)

    assert receipts(lines) == [one.receipt for one in reversed(made)]
    assert last == {"end": True, "entries": 23}


def test_a_line_tells_all_that_the_record_holds(cast: Cast) -> None:
    made = entry(cast.owner, at=datetime(2026, 11, 20, 12, 0, 0, 250, tzinfo=UTC), message_ids=["c" * 32], code=7)

    line = taken(cast.auditor)[0]

    assert tuple(line) == COLUMNS
    assert line["at"] == "2026-11-20T12:00:00.000250Z"
    assert line["message_ids"] == ["c" * 32]
    assert (line["id"], line["user_name"], line["code"], line["batch_id"]) == (made.pk, "owner", 7, None)


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"kind": "leased"}, {"pull"}),
        ({"action": "messages.peek"}, {"peek"}),
        ({"outcome": "refused"}, {"pull"}),
        ({"who": "teammate"}, {"pull"}),
        ({"queue": "b" * 32}, {"pull"}),
        ({"q": "d" * 32}, {"peek"}),
        ({"since": "2026-11-21"}, {"pull"}),
        ({"until": "2026-11-20"}, {"peek"}),
        ({"q": "ray-1"}, set()),
    ],
)
def test_the_filter_of_the_page_holds_for_the_file(
    cast: Cast, short: None, filters: dict[str, str], shown: set[str]
) -> None:
    entries = {
        "peek": entry(cast.owner, at=datetime(2026, 11, 20, 12, tzinfo=UTC), message_ids=["d" * 32]),
        "pull": entry(
            cast.teammate,
            at=datetime(2026, 11, 21, 12, tzinfo=UTC),
            action=Action.PULL,
            outcome=Outcome.REFUSED,
            queue_id="b" * 32,
        ),
    }

    assert set(receipts(taken(cast.auditor, **filters))) == {entries[name].receipt for name in shown}


def test_a_filter_for_what_was_done_in_part_holds_for_the_file_whose_lines_say_of_how_many(
    cast: Cast, short: None
) -> None:
    whole, part = (
        entry(cast.owner, action=Action.ACK, parameters={"chosen": 2}, message_count=done) for done in (2, 1)
    )

    assert receipts(taken(cast.auditor, outcome="ok")) == [whole.receipt]
    (line, _) = taken(cast.auditor, outcome="partial")
    assert (line["receipt"], line["outcome"], line["message_count"]) == (part.receipt, "ok", 1)
    assert line["parameters"] == {"chosen": 2}


def test_the_page_hands_its_filter_on(cast: Cast) -> None:
    entry(cast.owner)
    browser = signed_in(cast.auditor)

    assert f'href="{EXPORT}?who=owner&amp;outcome=ok"' in browser.get("/audit/?who=owner&outcome=ok").content.decode()
    page = browser.get(f"{EXPORT}?who=owner&outcome=ok").content.decode()

    assert '<input type="hidden" name="who" value="owner">' in page
    assert "everybody’s entries" in page


def test_csv_is_quoted_disarmed_and_ends_with_its_count(cast: Cast) -> None:
    entry(cast.owner, queue_name='=HYPERLINK("x"),\n"y"', parameters={"batch_size": 10})

    rows = list(csv.reader(io.StringIO(file_of(ask(cast.auditor, format="csv")).decode(), newline="")))

    head, row, last = rows
    told = dict(zip(head, row, strict=True))
    assert told["queue_name"] == '\'=HYPERLINK("x"),\n"y"'
    assert json.loads(told["parameters"]) == {"batch_size": 10}
    assert last == ["end", "1", *[""] * (len(COLUMNS) - 2)]


def test_the_export_is_an_entry_with_its_filter_and_its_count(cast: Cast) -> None:
    entry(cast.owner)
    entry(cast.teammate)

    lines = taken(cast.auditor, who="owner")

    kept = AuditEntry.objects.get(action=Action.AUDIT_EXPORT)
    assert (kept.outcome, kept.user_name) == (Outcome.OK, "auditor")
    assert kept.parameters == {"format": "jsonl", "filter": {"who": "owner"}}
    assert kept.remark.startswith("1 entry as JSONL, ")
    assert kept.receipt not in receipts(lines)
    receipt = signed_in(cast.auditor).get(reverse("audit_entry", args=[kept.pk])).content.decode()
    assert "auditor exported the audit log." in receipt
    assert "as JSONL" in receipt
    assert "filter: who owner" in receipt


@pytest.mark.parametrize("person", ["owner", "viewer", "stranger"])
def test_whoever_may_not_is_refused_on_the_record(cast: Cast, person: str) -> None:
    user = getattr(cast, person)

    assert ask(user, who="owner").status_code == 403

    kept = AuditEntry.objects.get(action=Action.AUDIT_EXPORT)
    assert (kept.outcome, kept.reason) == (Outcome.REFUSED, "not-allowed")
    assert kept.parameters["filter"] == {"who": "owner"}
    assert EXPORT not in signed_in(user).get("/audit/").content.decode()


def test_who_may_export_and_not_see_all_gets_their_own(cast: Cast, may_export: User) -> None:
    theirs, others = entry(may_export), entry(cast.owner)

    assert receipts(taken(may_export)) == [theirs.receipt]
    assert receipts(taken(may_export, who="owner")) == []
    assert others.receipt not in receipts(taken(may_export))


@pytest.fixture
def may_export(cast: Cast) -> User:
    """An Operator, who sees their own entries only."""
    cast.teammate.user_permissions.add(Permission.objects.get(codename="export_audit"))
    return cast.teammate


def test_a_filter_that_cannot_be_read_takes_nothing(cast: Cast) -> None:
    for typed in ({"since": "never"}, {"format": "zip"}, {"intent": "x"}):
        assert ask(cast.auditor, **typed).status_code == 422
    assert "This filter cannot be read" in signed_in(cast.auditor).get(f"{EXPORT}?queue=x").content.decode()
    assert not AuditEntry.objects.exists()


def test_whoever_goes_away_leaves_a_file_without_an_end_and_a_record_of_it(cast: Cast, short: None) -> None:
    for _ in range(9):
        entry(cast.owner)
    answer = ask(cast.auditor)
    first = next(iter(answer))

    # What the server does when the other side is gone; the test's browser would close the database with it.
    answer._iterator.close()

    kept = AuditEntry.objects.get(action=Action.AUDIT_EXPORT)
    assert b'"end": true' not in first
    assert (kept.outcome, kept.reason) == (Outcome.FAILED, "cut-off")
    assert kept.remark.startswith("Nobody read on: ")


def test_an_error_midway_ends_the_file_before_its_end(cast: Cast, short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(9):
        entry(cast.owner)
    whole = history.everything

    def broken(**asked: Any) -> Iterator[history.Stretch]:
        yield next(whole(**asked))
        raise RuntimeError

    monkeypatch.setattr(history, "everything", broken)
    pieces = []
    with pytest.raises(RuntimeError):
        pieces.extend(ask(cast.auditor))

    assert b'"end": true' not in b"".join(pieces)
    assert AuditEntry.objects.get(action=Action.AUDIT_EXPORT).outcome == Outcome.UNKNOWN


def test_a_process_that_stops_gives_half_of_its_time_and_says_so(
    cast: Cast, short: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    for _ in range(9):
        entry(cast.owner)
    monkeypatch.setattr(audit_export, "stopping_for", lambda: 0.0)
    assert len(taken(cast.auditor)) == 10

    settings.WORKER_TIMEOUT = 0
    with pytest.raises(audit_export.ExportStoppedError):
        file_of(ask(cast.auditor))

    kept = AuditEntry.objects.filter(action=Action.AUDIT_EXPORT).first()
    assert kept is not None
    assert (kept.outcome, kept.reason) == (Outcome.FAILED, "stopped")


def test_progress_is_told_while_it_is_written(cast: Cast, short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_export, "NOTED_EVERY_S", 0)
    for _ in range(9):
        entry(cast.owner, at=datetime(2026, 11, 20, 12, tzinfo=UTC))
    intent = str(uuid.uuid4())
    browser, address = signed_in(cast.auditor), reverse("audit_export_progress", args=[intent])
    part = {"HX-Request": "true"}
    assert "was not asked for yet" in browser.get(address, headers=part).content.decode()

    pieces = iter(ask(cast.auditor, intent=intent))
    next(pieces)
    next(pieces)
    under_way = browser.get(address, headers=part).content.decode()
    for _ in pieces:
        pass
    whole = browser.get(address, headers=part).content.decode()

    assert "3 entries so far, back to 2026-11-20 12:00:00 UTC." in under_way
    assert "hx-trigger" in under_way
    assert "9 entries as JSONL" in whole
    assert "hx-trigger" not in whole
    assert "was not asked for yet" in signed_in(cast.admin).get(address, headers=part).content.decode()


def test_the_same_submit_gives_no_second_file(cast: Cast) -> None:
    intent = str(uuid.uuid4())
    file_of(ask(cast.auditor, intent=intent))

    answer = ask(cast.auditor, intent=intent)

    assert answer.headers["Location"] == reverse("audit_export_progress", args=[intent])


def test_no_read_counts_or_skips_and_none_grows_with_the_log(cast: Cast, short: None) -> None:
    """What is read between two pieces is the same at the end of the log as at its beginning."""
    for _ in range(40):
        entry(cast.owner)
    asked: list[int] = []
    pieces = iter(ask(cast.auditor))
    with CaptureQueriesContext(connection) as all_of_it:
        while True:
            with CaptureQueriesContext(connection) as queries:
                if next(pieces, None) is None:
                    break
            asked.append(len(queries))

    assert max(asked[1:-1]) <= 5
    statements = " ".join(query["sql"] for query in all_of_it.captured_queries)
    assert "OFFSET" not in statements
    assert "COUNT(" not in statements


def test_what_others_did_with_ones_own_credential_can_be_exported(cast: Cast, may_export: User) -> None:
    lent = entry(cast.owner, credential_owner_id=may_export.pk, credential_owner=may_export.get_username())
    entry(may_export)

    assert receipts(taken(may_export, kind="lent")) == [lent.receipt]
