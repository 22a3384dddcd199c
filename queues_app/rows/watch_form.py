"""The form of a watch: what is set or was typed, what is wrong with it, and how the queue stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import uuid4

from queues_app import formats, mail
from queues_app.forms.watches import Told, WatchForm, name_of
from queues_app.models import Watch, WatchKind
from queues_app.operations.queues import Reading
from queues_app.rows.options import Option
from queues_app.rows.queue_words import good_of
from queues_app.rows.watch_lines import hour

_KINDS: Final = {
    WatchKind.BACKLOG: "Backlog",
    WatchKind.OLDEST_AGE: "Oldest message",
    WatchKind.GROWTH: "Growth",
    WatchKind.MESSAGE: "A message by a filter",
}
_LASTS: Final = "Counted each minute. With 0 min it fires at the first count that is so."
# Of each kind with a limit, the sentence around its two fields: before, unit, between. Then what else is to know.
_SENTENCES: Final = {
    WatchKind.BACKLOG: ("More than", "messages", "wait for", _LASTS),
    WatchKind.OLDEST_AGE: ("The oldest message is older than", "min", "for", _LASTS),
    WatchKind.GROWTH: (
        "It grows by more than",
        "messages",
        "within",
        "Counted each minute, against the count of so long before.",
    ),
}
_MINUTES: Final = "5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What one kind waits for: words around two fields, which are named by `kind`."""

    kind: str
    before: str
    unit: str
    between: str
    help: str
    limit: str
    minutes: str
    limit_error: str
    minutes_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The form with what was typed or what is set, and what is wrong with it.

    `url` is an address that was just typed, for whoever typed it; what is sealed is never read for a page, and a secret
    comes back in none.
    """

    kinds: tuple[Option, ...]
    sentences: tuple[Sentence, ...]
    query: str
    quiet_from: str
    quiet_until: str
    mail_to: str
    mail_closed: str
    # Where there is a webhook: what becomes of it.
    told: tuple[Option, ...]
    url: str
    # Whether a secret was typed, which is to be typed again.
    had_secret: bool
    errors: Mapping[str, str]
    # The field that the focus goes to: the first that is wrong
    first: str
    intent: str


def fields_of(form: WatchForm | None, watch: Watch | None) -> Fields:
    """What is set, or a form that came back."""
    data = form.data if form is not None else _set(watch)
    errors = {name: str(each[0]) for name, each in form.errors.items()} if form is not None else {}
    kind = data.get("kind", "") or WatchKind.BACKLOG
    return Fields(
        kinds=tuple(Option(value=each.value, label=label, chosen=each.value == kind) for each, label in _KINDS.items()),
        sentences=tuple(_sentence(each, data, errors if each == kind else {}) for each in _SENTENCES),
        **{name: str(data.get(name, "")) for name in ("query", "quiet_from", "quiet_until", "mail_to")},
        mail_closed="" if mail.is_on() else mail.NoMailError.sentence,
        told=_told(watch.webhook_place, data.get("told", "")) if watch and watch.webhook_place else (),
        url=str(data.get("url", "")),
        had_secret=bool(data.get("secret")),
        errors=errors,
        first=next((name for name in WatchForm.base_fields if name in errors), ""),
        intent=str(uuid4()),
    )


def present_words(reading: Reading | None, *, now: datetime, zone: tzinfo) -> str:
    """How a queue stood when it was last counted, to choose a limit by; empty where that is not known."""
    good, at = good_of(reading)
    if good is None or at is None or good.backlog_count is None:
        return ""
    count = good.backlog_count
    words = f"{formats.plural(count, 'message')} {formats.verb(count, 'wait')}"
    if good.oldest_message_at is not None:
        words += f", the oldest is {formats.age_between(good.oldest_message_at, at)} old"
    return f"As of {formats.moment_or_clock(at, zone, now=now)}: {words}."


def _sentence(kind: WatchKind, data: Mapping[str, str], errors: Mapping[str, str]) -> Sentence:
    before, unit, between, said = _SENTENCES[kind]
    return Sentence(
        kind=kind.value,
        before=before,
        unit=unit,
        between=between,
        help=said,
        limit=data.get(name_of(kind, "limit"), ""),
        minutes=data.get(name_of(kind, "minutes"), _MINUTES),
        limit_error=errors.get("limit", ""),
        minutes_error=errors.get("minutes", ""),
    )


def _told(place: str, chosen: str) -> tuple[Option, ...]:
    labels = {Told.KEEP: f"Keep {place}", Told.ANOTHER: "Another address", Told.NONE: "Remove it"}
    chosen = chosen or Told.KEEP
    return tuple(Option(value=each.value, label=label, chosen=each == chosen) for each, label in labels.items())


def _set(watch: Watch | None) -> dict[str, str]:
    if watch is None:
        return {}
    limit = watch.threshold // 60 if watch.kind == WatchKind.OLDEST_AGE else watch.threshold
    return {
        "kind": watch.kind,
        name_of(watch.kind, "limit"): str(limit),
        name_of(watch.kind, "minutes"): str(watch.minutes),
        "query": watch.query,
        "quiet_from": hour(watch.quiet_from),
        "quiet_until": hour(watch.quiet_until),
        "mail_to": watch.mail_to,
    }
