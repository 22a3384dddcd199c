"""The Send tab and the page of one sending, in primitives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import bodies, formats
from queues_app.bodies import Segment
from queues_app.masking import MASK
from queues_app.models import Account, ApprovalRequest, ApprovalState, AuditEntry, Sending, SendingState, Source
from queues_app.operations import drafts
from queues_app.operations.drafts import Draft, Flaw
from queues_app.operations.sending import next_call
from queues_app.operations.sendings import WAITING, Contents
from queues_app.rows.queue_words import beginning, plain

# Messages that the preview shows, and lines that the outcome shows.
MOST_PREVIEWED: Final = 20
MOST_LINES: Final = 100
MOST_SIGNS: Final = 160
# Of each, for who decides about it.
MOST_ASKED_SIGNS: Final = 2_000
_TONES: Final = {"sent": ("check", "is-ok"), "refused": ("stuck", "is-price"), "failed": ("stuck", "is-loss")}
_AGAIN: Final = (
    ("refused", "one by one", "A call with several messages is refused whole. Alone, the bad one shows itself."),
    ("failed", "again", "Nothing of these arrived."),
    ("unknown", "again", "They may have arrived: those that did are then in the queue twice."),
)

_REQUEST: Final = {ApprovalState.WAITING: "waits for somebody", ApprovalState.APPROVED: "was approved"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message: what goes, and what became of it."""

    number: str
    content_type: str
    size: str
    delay: str
    preview: tuple[Segment, ...]
    word: str
    icon: str
    tone: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    name: str
    url: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Messages that can be sent once more, by a person's choice."""

    word: str
    act: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingPage:
    """A sending as it stands. `act` is the next step's button, empty when nothing waits.

    takes_two   the button asks a second person first; there is none while a request is open
    request     the word for how that request stands; empty where there is none
    """

    url: str
    send_url: str
    title: str
    sentence: str
    source: tuple[Segment, ...]
    queue: str
    account: str
    environment: str
    size: str
    kept_until: str
    is_ready: bool
    remark: str
    done: int
    total: int
    step: int
    act: str
    takes_two: bool
    request: str
    request_url: str
    counts: tuple[str, ...]
    lines: tuple[Line, ...]
    lines_rest: str
    flaws: tuple[Flaw, ...]
    flaws_rest: str
    leave_out: str
    masks: str
    receipts: tuple[Receipt, ...]
    again: tuple[Again, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentSending:
    """A line of the Send tab."""

    url: str
    said: str
    state: str
    at: str


def sending_page(
    sending: Sending,
    contents: Contents,
    entries: Sequence[AuditEntry],
    *,
    takes_two: bool,
    asked: ApprovalRequest | None,
    zone: tzinfo,
    now: datetime,
) -> SendingPage:
    """The preview before the first step, the progress while it goes on, the outcome at the end."""
    words = sending.outcomes
    is_ready = sending.state == SendingState.READY
    waiting = sum(word in WAITING for word in words)
    shown = _shown(words, is_ready=is_ready)
    place = (sending.account_id, sending.queue_id)
    flaws = contents.flaws
    counted = formats.plural(sending.message_count, "message")
    return SendingPage(
        url=reverse("sending", args=[*place, sending.pk]),
        send_url=reverse("send", args=place),
        title=f"Send {counted}?" if is_ready else f"{counted} to {plain(sending.queue_name)}",
        sentence=_sentence(sending, waiting),
        source=bodies.show(_source(sending), 240, 40).segments,
        queue=plain(sending.queue_name),
        account=sending.account.name,
        environment=sending.account.environment,
        size=formats.size(sum(draft.size for draft in contents.drafts)),
        kept_until=f"{formats.moment(sending.expires_at, zone, now=now)} {zone}",
        is_ready=is_ready,
        remark=sending.remark,
        done=len(words) - waiting,
        total=len(words),
        step=sending.step,
        act=_act(sending, contents.drafts, waiting),
        takes_two=takes_two,
        request=f"Request {asked.pk} {_REQUEST[ApprovalState(asked.state)]}" if asked else "",
        request_url=reverse("approval", args=[asked.pk]) if asked else "",
        counts=tuple(
            f"{words.count(word):,} {word}" for word in ("sent", "refused", "failed", "unknown") if word in words
        ),
        lines=tuple(_line(contents.drafts[at], words[at], entries, is_ready=is_ready) for at in shown),
        lines_rest=_rest(len(words) - len(shown)),
        flaws=flaws[:MOST_LINES],
        flaws_rest=f"{len(flaws) - MOST_LINES:,} more lines cannot be sent" if len(flaws) > MOST_LINES else "",
        leave_out=f"Leave out {formats.plural(len(flaws), 'line')} that cannot be sent" if flaws and is_ready else "",
        masks=f"{formats.plural(contents.masks, 'value is a mask', 'values are masks')}: {MASK} would be sent."
        if contents.masks and is_ready
        else "",
        receipts=tuple(_receipt(entry) for entry in entries[-MOST_LINES:]),
        again=tuple(
            Again(
                word=word,
                act=f"Send the {formats.plural(words.count(word), word + ' message', word + ' messages')} {how}",
                why=why,
            )
            for word, how, why in _AGAIN
            if word in words and (word != "refused" or words.count(word) > 1)
        ),
    )


def asked_lines(contents: Contents) -> tuple[tuple[Line, ...], str]:
    """The messages that a request would send, and how many more there are."""
    found = contents.drafts
    lines = tuple(_line(draft, WAITING[0], (), is_ready=True, signs=MOST_ASKED_SIGNS) for draft in found[:MOST_LINES])
    return lines, _rest(len(found) - len(lines))


def recent_sendings(found: Sequence[Sending], *, zone: tzinfo, now: datetime) -> tuple[RecentSending, ...]:
    """A line for each of `operations.sendings.recent(…)`."""
    return tuple(
        RecentSending(
            url=reverse("sending", args=[sending.account_id, sending.queue_id, sending.pk]),
            said=f"{formats.plural(sending.message_count, 'message')}, {Source(sending.source).label}",
            state=_state(sending),
            at=f"{formats.moment_or_clock(sending.created_at, zone, now=now)} {zone}",
        )
        for sending in found
    )


def _state(sending: Sending) -> str:
    sent = sending.outcomes.count("sent")
    if sending.state == SendingState.READY:
        return "not sent yet"
    return f"{sent:,} of {sending.message_count:,} sent"


def _sentence(sending: Sending, waiting: int) -> str:
    if sending.state == SendingState.READY:
        return "Nothing has been sent yet. A message that was sent cannot be called back."
    sent = sending.outcomes.count("sent")
    said = f"{sent:,} of {sending.message_count:,} sent."
    if waiting:
        said += f" {formats.plural(waiting, 'message')} still to be sent."
    if "unknown" in sending.outcomes:
        said += " What became of some is unknown: they may have arrived, or are under way."
        said += " They are not sent again by themselves."
    return said


def _source(sending: Sending) -> str:
    label = str(Source(sending.source).label)
    return f"{label} {sending.file_name}" if sending.file_name else label


def _act(sending: Sending, found: Sequence[Draft], waiting: int) -> str:
    following = next_call(sending.outcomes, found)
    if following is None:
        return ""
    to = f" to {sending.account.name}" if sending.account.environment == "production" else ""
    if sending.state == SendingState.READY:
        return f"Send {formats.plural(waiting, 'message')}{to}"
    first, count = following
    return f"Send the next one alone{to}" if sending.outcomes[first] == "single" else f"Send the next {count:,}{to}"


def _rest(count: int) -> str:
    return f"{count:,} more are not shown" if count else ""


def _shown(words: Sequence[str], *, is_ready: bool) -> list[int]:
    """Positions on the page: the first ones, and once it has begun those in trouble before them."""
    if is_ready:
        return list(range(min(len(words), MOST_PREVIEWED)))
    trouble = [at for at, word in enumerate(words) if word in ("refused", "failed", "unknown")]
    calm = [at for at, word in enumerate(words) if word not in ("refused", "failed", "unknown")]
    return sorted([*trouble, *calm][:MOST_LINES])


def _line(draft: Draft, word: str, entries: Sequence[AuditEntry], *, is_ready: bool, signs: int = MOST_SIGNS) -> Line:
    icon, tone = _TONES.get(word, ("clock", "") if word in WAITING else ("unknown", "is-price"))
    return Line(
        number=formats.number(draft.line),
        content_type="JSON" if draft.content_type == "json" else "text",
        size=formats.size(draft.size - drafts.OVERHEAD_BYTES),
        delay="" if draft.delay_seconds is None else f"delayed {formats.duration(draft.delay_seconds)}",
        preview=beginning(draft.body[: signs * 2], signs, signs // 4),
        word="" if is_ready else "waiting" if word in WAITING else word,
        icon=icon,
        tone=tone,
        why="" if word == "sent" or word in WAITING else _why(draft, entries),
    )


def _why(draft: Draft, entries: Sequence[AuditEntry]) -> str:
    for entry in reversed(entries):
        if entry.parameters.get("from", 0) <= draft.line <= entry.parameters.get("to", 0):
            return entry.remark or "Under way, or its end was lost."
    return "Under way, or its end was lost."


def _receipt(entry: AuditEntry) -> Receipt:
    first, last = entry.parameters.get("from"), entry.parameters.get("to")
    place = "no message" if first is None else f"{first:,}" if first == last else f"{first:,} to {last:,}"
    return Receipt(
        name=entry.receipt, url=reverse("audit_entry", args=[entry.pk]), said=f"{place}: {entry.get_outcome_display()}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyField:
    """A body as it was typed, its size, and what is wrong with it."""

    number: int
    body: str
    size: str
    flaw: Flaw | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendForms:
    """The two forms of the Send tab, with what was typed and what is wrong."""

    send_url: str
    file_url: str
    queue: str
    account: str
    environment: str
    fields: tuple[BodyField, ...]
    content_type: str
    delay: str
    split: bool
    problems: tuple[str, ...]
    delay_error: str
    can_add: bool
    file_problems: tuple[str, ...]
    flaws: tuple[Flaw, ...]
    file_format: str
    column: str
    file_type: str
    file_delay: str
    recent: tuple[RecentSending, ...]


def body_fields(typed: Sequence[str], flaws: Sequence[Flaw] = ()) -> tuple[BodyField, ...]:
    """The fields for these bodies. Flaws name them by their number."""
    by_line = {flaw.line: flaw for flaw in flaws}
    return tuple(
        BodyField(
            number=number,
            body=body,
            size=formats.size(bodies.utf8_size(body)),
            flaw=by_line.get(number),
        )
        for number, body in enumerate(typed, start=1)
    )


def send_urls(account: Account, queue_id: str) -> dict[str, str]:
    place = [account.pk, queue_id]
    return {"send_url": reverse("send", args=place), "file_url": reverse("send_file", args=place)}
