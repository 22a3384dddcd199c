"""What a receipt gets: one entry of the log, whole. Primitives, every text ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.models import Account, Action, AuditEntry, Deletion, Lease, Outcome, User
from queues_app.operations import links
from queues_app.operations.history import Run
from queues_app.rows import audit_answers, deleting, receipt_words, shared
from queues_app.rows.audit import EntryRow, count_of, row_of
from queues_app.rows.audit_answers import Explanation
from queues_app.rows.deleting import Acts
from queues_app.rows.queue_words import plain, queue_url
from queues_app.rows.receipt_deeds import consequence_of, sentence_of
from queues_app.rows.receipt_markdown import Told, code, markdown
from queues_app.rows.receipt_messages import MessageLine, of_deletions, of_leases
from queues_app.rows.receipt_words import Change

_ASKED: Final[Mapping[str, str]] = {
    Action.PEEK: "POST …/messages/peek",
    Action.PULL: "POST …/messages/pull",
    Action.ACK: "POST …/messages/ack",
    Action.RETRY: "POST …/messages/ack",
    Action.EXTEND: "POST …/messages/extend",
    Action.DELETE: "POST …/messages/purge",
    Action.SEND: "POST …/messages/batch",
    Action.EMPTY: "POST …/purge",
    Action.PAUSE: "PATCH …",
    Action.RESUME: "PATCH …",
    Action.QUEUE_EDIT: "PATCH …",
    Action.CONSUMER_ADD: "POST …/consumers",
    Action.CONSUMER_EDIT: "PUT …/consumers/…",
    Action.CONSUMER_REMOVE: "DELETE …/consumers/…",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One point of the time line; `at` is a length of time where the record holds no point."""

    at: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One entry, whole."""

    row: EntryRow
    badge: str
    badge_kind: str
    title: str
    sentence: str
    consequence: str
    zone: str
    moments: tuple[Moment, ...]
    messages: tuple[MessageLine, ...]
    has_answers: bool
    has_warnings: bool
    has_attempts: bool
    changes: tuple[Change, ...]
    facts: tuple[tuple[str, str, bool], ...]  # label, value, whether monospaced
    environment: str
    account: str
    permanent_url: str
    # Empty where the reader has no way to it.
    queue_url: str
    copy_url: str
    was_looked_at: bool
    # What can be done after a deletion, for whoever owns the copy that is still kept.
    acts: Acts | None
    markdown_url: str
    # The same as text for a ticket; nothing in it acts.
    markdown: str
    explanations: tuple[Explanation, ...]
    # Empty where it is known what came of it, or the reader may not say so.
    explain_url: str
    # What this entry explains, where it explains another.
    explains: str
    explains_url: str


def receipt(
    entry: AuditEntry,
    leases: Sequence[Lease],
    deletions: Sequence[Deletion] = (),
    *,
    reader: User,
    way: Account | None,
    copy_way: Account | None,
    explained: Sequence[AuditEntry],
    explainable: bool,
    now: datetime,
    zone: tzinfo,
    zone_name: str,
) -> Receipt:
    """Everything that is known of one entry, and of its messages as long as their batch is kept.

    way          the reader's own account to the queue, and `copy_way` that to the kept copy; None where there is none
    explained    the entries that explain this one, `explainable` whether the reader may explain it
    """
    row = row_of(Run(entries=(entry,)), now=now, zone=zone, day_before="")
    consequence = consequence_of(entry)
    outcome = entry.word
    moments = _moments(entry, zone)
    messages = of_deletions(deletions, now, zone) if deletions else of_leases(entry, leases)
    was_looked_at = any(deletion.seen for deletion in deletions)
    changes = receipt_words.changes(entry.parameters)
    facts = _facts(entry, now=now, zone=zone)
    explanations = audit_answers.explanations(explained, reader=reader, now=now, zone=zone)
    explains = entry.parameters.get("explains")
    told = Told(
        title=f"Receipt {entry.receipt}",
        outcome=outcome,
        sentence=sentence_of(entry, code),
        consequence=consequence_of(entry, code),
        remark=row.remark,
        moments=[(moment.at, moment.what) for moment in moments],
        facts=[
            ("Account", entry.account_name),
            *((label, value) for label, value, _ in facts),
            *(("Explained", f"{said.sentence} ({said.by}, {said.at}, {said.receipt})") for said in explanations),
        ],
        changes=[(change.name, change.before, change.after) for change in changes],
        columns=("Message", "Attempts", "Answer", "Looked again", "Warning"),
        lines=[(line.message_id, line.attempts, line.answer, line.seen, line.warning) for line in messages],
        zone=zone_name,
        url=links.absolute("audit_entry", entry.pk),
    )
    return Receipt(
        row=row,
        badge=outcome,
        badge_kind=row.badge,
        title=f"Receipt {entry.receipt}",
        sentence=sentence_of(entry),
        consequence=consequence,
        zone=zone_name,
        moments=moments,
        messages=messages,
        has_answers=any(line.answer for line in messages),
        has_warnings=any(line.warning for line in messages),
        has_attempts=any(line.attempts for line in messages),
        changes=changes,
        facts=facts,
        environment=entry.environment,
        account=entry.account_name,
        permanent_url=row.url,
        queue_url=queue_url(way, entry.queue_id) if way is not None else "",
        copy_url=reverse("batch", args=[copy_way.pk, entry.queue_id, copy_number(entry)])
        if copy_way is not None
        else "",
        markdown_url=reverse("audit_markdown", args=[entry.pk]),
        markdown=markdown(told),
        was_looked_at=was_looked_at,
        acts=_acts(deletions, reader),
        explanations=explanations,
        explain_url=reverse("audit_explain", args=[entry.pk]) if explainable else "",
        explains=f"R-{explains}" if explains else "",
        explains_url=reverse("audit_entry", args=[explains]) if explains else "",
    )


def copy_number(entry: AuditEntry) -> str:
    """The number of the kept copy that an entry made, or was about; empty where there was none."""
    return str(entry.batch_id or receipt_words.kept_batch(entry.parameters))


def _moments(entry: AuditEntry, zone: tzinfo) -> tuple[Moment, ...]:
    moments = [Moment(at=formats.moment(entry.at, zone, ms=True), what="entry committed")]
    # The record holds how long the call took, not when it left.
    took = f"{entry.duration_ms:,} ms" if entry.duration_ms is not None else ""
    if entry.status is not None:
        moments.append(Moment(at=took, what=f"the call left; answer {entry.status}"))
    elif took:
        moments.append(Moment(at=took, what="waited for an answer; none came"))
    elif entry.outcome == Outcome.REFUSED:
        moments.append(Moment(at="", what="refused here; nothing left"))
    if entry.completed_at is not None:
        moments.append(Moment(at=formats.moment(entry.completed_at, zone, ms=True), what="entry completed"))
    return tuple(moments)


def _acts(deletions: Sequence[Deletion], reader: User) -> Acts | None:
    if not deletions or deletions[0].batch.owner_id != reader.pk:
        return None
    return deleting.acts_of(deletions, deletions[0].batch, reader)


def _facts(entry: AuditEntry, *, now: datetime, zone: tzinfo) -> tuple[tuple[str, str, bool], ...]:
    counted = backlog = ""
    if entry.message_count is not None and entry.completed_at is not None:
        counted = f"{count_of(entry)} at {formats.moment_or_clock(entry.completed_at, zone, now=now, ms=True)}"
    if entry.backlog_count is not None:
        read_at = formats.moment_or_clock(entry.backlog_read_at, zone, now=now, ms=True)
        backlog = f"about {entry.backlog_count:,} at {read_at}"
    facts = (
        ("Request", entry.asked or _ASKED.get(entry.action, ""), True),
        ("Parameters", receipt_words.in_words(entry.parameters), False),
        ("Outcome", f"{entry.outcome}{': ' + entry.reason if entry.reason else ''}", False),
        ("Status", "" if entry.status is None else str(entry.status), True),
        ("Code", "" if entry.code is None else str(entry.code), True),
        ("Messages", counted, False),
        ("Backlog", backlog, False),
        ("Credential", shared.used_in(entry), False),
        ("Account id", entry.account_id, True),
        ("Queue", plain(entry.queue_name), False),
        ("Queue id", entry.queue_id, True),
        ("Kept copy", copy_number(entry), True),
        ("From", entry.client_address or "", True),
        ("Request id", entry.request_id, True),
        ("cf-ray", entry.cf_ray, True),
    )
    return tuple(fact for fact in facts if fact[1])
