"""What is masked in an opened message, the question before one field is revealed, and the page of the rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import uuid4

from django.urls import reverse

from queues_app import access, bodies, formats
from queues_app.access import Permission
from queues_app.bodies import Segment
from queues_app.cloudflare import Message
from queues_app.forms.masking import KINDS, MaskForm, RevealForm
from queues_app.masking import PATTERNS, USUAL_KEYS, USUAL_PATTERNS, Kind
from queues_app.models import Account, AuditEntry, Batch, MaskingRule, User
from queues_app.operations import names
from queues_app.operations.masks import META, MaskedMessage
from queues_app.operations.revealing import LONGEST_REASON
from queues_app.rows.options import Option
from queues_app.rows.queue_words import Shown, beginning, shown

MOST_LISTED: Final = 40
_MOST_SIGNS: Final = 200
_WHOLE: Final = "the whole body"
_HOW: Final[dict[str, str]] = {
    Kind.KEY: "key",
    Kind.PATH: "path",
    Kind.PATTERN: "pattern",
    Kind.WORD: "word",
    Kind.USUAL: "the usual",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One masked place. `url` leads to the question; empty for whoever may not reveal."""

    name: tuple[Segment, ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Masks:
    """What an opened message says of its masks. `urls`: of each path of the body."""

    said: str
    closed: str
    steps: str
    places: tuple[Place, ...]
    more: str
    reveal_closed: str
    urls: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked before a field is revealed; with `value` it is the answer."""

    url: str
    message_url: str
    short_id: str
    queue: Shown
    place: int
    path: str
    name: tuple[Segment, ...]
    reason: str
    error: str
    most: int
    intent: str
    value: bodies.Shown | None = None
    entry_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRow:
    """One rule."""

    how: str
    value: Shown
    pattern: Shown
    account: str
    note: str
    made: str
    remove_url: str
    # For the ear: which one the button takes away.
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """One of the two forms with what was typed, and what is wrong with it."""

    kinds: tuple[Option, ...]
    names: tuple[Option, ...]
    accounts: tuple[Option, ...]
    value: str
    pattern: str
    note: str
    errors: Mapping[str, str]
    intent: str


def masks_of(message: Message, batch: Batch, position: int, user: User) -> Masks | None:
    """What is masked in a message; None where nothing is."""
    if not isinstance(message, MaskedMessage):
        return None
    reveal_closed = access.closed(user, Permission.REVEAL, names.where(batch))
    url = _url(batch, position)
    urls = [f"{url}?place={number}" if not reveal_closed else "" for number in range(len(message.places))]
    count = len(message.places)
    fields = formats.plural(count, "field is masked", "fields are masked")
    more = count - MOST_LISTED
    return Masks(
        said="Its body is masked as a whole, so raw and hex are closed."
        if message.closed
        else f"{fields}, so raw and hex are closed."
        if count
        else "Names of fields are masked, so raw and hex are closed.",
        closed=message.closed,
        steps=f"It was read by {', '.join(message.steps)}; shown is what that gave." if len(message.steps) > 1 else "",
        places=tuple(
            Place(name=_name(path), url=to) for path, to in zip(message.places[:MOST_LISTED], urls, strict=False)
        ),
        more=f"{more:,} more are masked where they stand." if more > 0 else "",
        reveal_closed=reveal_closed,
        urls={path: to for path, to in zip(message.places, urls, strict=True) if not path.startswith(META)},
    )


def question(
    batch: Batch,
    message: Message,
    position: int,
    *,
    place: int,
    form: RevealForm | None = None,
    value: str | None = None,
    entry: AuditEntry | None = None,
) -> Question | None:
    """The question about one masked place, or with a value its answer; None where nothing is masked there."""
    places = message.places if isinstance(message, MaskedMessage) else ()
    if place >= len(places):
        return None
    errors = [str(each[0]) for each in form.errors.values()] if form is not None else []
    return Question(
        url=_url(batch, position),
        message_url=reverse("message", args=[batch.account_id, batch.queue_id, batch.pk, position]),
        short_id=formats.short_id(message.id),
        queue=shown(batch.queue_name),
        place=place,
        path=places[place],
        name=_name(places[place]),
        reason=form.data.get("reason", "") if form is not None else "",
        error=errors[0] if errors else "",
        most=LONGEST_REASON,
        intent=str(uuid4()),
        value=None if value is None else bodies.show(value, bodies.Limits().max_text, bodies.Limits().max_segments),
        entry_url=reverse("audit_entry", args=[entry.pk]) if entry is not None else "",
    )


def mask_rows(
    rules: Iterable[MaskingRule], accounts: Sequence[Account], *, zone: tzinfo, now: datetime
) -> tuple[MaskRow, ...]:
    """The rules in the order of their queues."""
    names = {account.account_id: account.name for account in accounts}
    return tuple(
        MaskRow(
            how=_HOW.get(rule.kind, rule.kind),
            value=shown(rule.value),
            pattern=shown(rule.pattern),
            account=names.get(rule.account_id, rule.account_id) or "every account",
            note=rule.note,
            made=f"{rule.created_by}, {formats.moment_or_clock(rule.created_at, zone, now=now)}",
            remove_url=reverse("mask_remove", args=[rule.pk]),
            name=str(rule),
        )
        for rule in rules
    )


def fields_of(form: MaskForm | None, accounts: Sequence[Account]) -> Fields:
    """An empty form, or one that came back."""
    data = form.data if form is not None else {}
    kind, name, account_id = (data.get(key, "") for key in ("kind", "named", "account_id"))
    return Fields(
        kinds=tuple(Option(value=value, label=label, chosen=value == (kind or Kind.KEY)) for value, label in KINDS),
        names=tuple(Option(value=each, label=each, chosen=each == name) for each in PATTERNS),
        accounts=tuple(
            Option(value=value, label=label, chosen=value == account_id)
            for value, label in (("", "every account"), *((each.account_id, each.name) for each in accounts))
        ),
        value=data.get("value", ""),
        pattern=data.get("pattern", ""),
        note=data.get("note", ""),
        errors={key: str(each[0]) for key, each in form.errors.items()} if form is not None else {},
        intent=str(uuid4()),
    )


def usual() -> str:
    """What the usual masks are, in words."""
    keys = ", ".join(key.removeprefix("*") if not key.startswith("*") else f"…{key[1:]}" for key in USUAL_KEYS)
    return f"Patterns: {', '.join(USUAL_PATTERNS)}. Keys: {keys}."


def _name(path: str) -> tuple[Segment, ...]:
    return beginning(path or _WHOLE, _MOST_SIGNS, 40)


def _url(batch: Batch, position: int) -> str:
    return reverse("reveal", args=[batch.account_id, batch.queue_id, batch.pk, position])
