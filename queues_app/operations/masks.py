"""Masks over messages on their way out of what is kept. What stands above gets masked messages, and knows no others."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final, Literal

from django.db.models import Q

from queues_app import bodies, masking
from queues_app.audit import Subject
from queues_app.bodies import Reading
from queues_app.cloudflare import Message
from queues_app.masking import MASK, Rule, Rules
from queues_app.models import MaskingRule
from queues_app.operations import names

CONTENT_TYPE: Final = "CF-Content-Type"
META: Final = "meta."
_ESCAPED_MASK: Final = json.dumps(MASK).strip('"')

# Of a thread, for the messages of one batch: whoever packs a hundred to be slow holds up nobody for longer.
_MOST_S: Final = 5.0
LATE: Final = "Masks hold here, and the messages before this one took long to look through. Open this one alone."
BY_HAND: Final = "What this reading has to show is masked in part. Raw and hex are those of what is shown."
BY_HAND_CLOSED: Final = "Read so, it is neither text nor a structure with names. Masks hold here, so nothing is shown."


@dataclass(frozen=True, slots=True)
class RuledMessage(Message):
    """A message of a queue where masks hold, of which nothing is masked as it reads by itself.

    rules       asked again when a person reads it by hand
    """

    rules: Rules | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class MaskedMessage(RuledMessage):
    """A message of which something is masked; what stood there is nowhere in it.

    places      where: paths of the body first, then `meta.` and a key of the metadata
    read_as     what the body is now, where its decoded form stands for it
    closed      why nothing of the body is shown
    size        bytes of the payload as it is, and of the whole on the wire: both are true
    """

    places: tuple[str, ...] = ()
    read_as: Literal["json", "text"] | None = None
    closed: str = ""
    steps: tuple[str, ...] = ()
    size: int = 0
    wire_size: int = 0


def over(queue: Subject, messages: Sequence[Message], *, only: int | None = None) -> tuple[Message, ...]:
    """Messages of a queue with its masks; beside the one at `only` all are closed unread."""
    rules = rules_at(queue)
    if not rules:
        return tuple(messages)
    ready = masking.compiled(rules)
    ends = time.thread_time() + _MOST_S
    masked: list[Message] = []
    for at, message in enumerate(messages):
        if only not in (None, at):
            masked.append(_unread(message))
        elif time.thread_time() > ends:
            masked.append(_unread(message, LATE))
        else:
            masked.append(_masked(message, ready))
    return tuple(masked)


def rules_at(queue: Subject) -> frozenset[Rule]:
    """The rules that hold for a queue by any of its names, one by one. Where no name is known, all that may."""
    account_id = queue.account.account_id if queue.account else ""
    rows = list(MaskingRule.objects.filter(Q(account_id="") | Q(account_id=account_id)))
    if any(row.pattern.strip("*") for row in rows):
        queue = names.present(queue)
    called = queue.names or ("",)
    held = (row for row in rows if any(row.matches(account_id, name) for name in called))
    return masking.expanded([Rule(masking.Kind(row.kind), row.value) for row in held])


def values_of(message: Message, rules: frozenset[Rule]) -> tuple[tuple[str, str], ...]:
    """Each masked place of a message and what stands there, in the order of `MaskedMessage.places`."""
    ready = masking.compiled(rules)
    found = masking.mask(message.body, _declared(message), ready, is_string=message.body_is_string)
    values = masking.values(message.body, _declared(message), ready, is_string=message.body_is_string)
    metadata = [(f"{META}{key}", message.metadata[key]) for key in _masked_metadata(message, ready)]
    return (*zip(found.places if found else (), values, strict=True), *metadata)


def of_draft(text: str, rules: frozenset[Rule]) -> str:
    """A text on its way in, or a piece of one, as it may be shown."""
    found = masking.mask(text, "text", masking.compiled(rules))
    return text if found is None else found.body


def over_reading(message: Message, reading: Reading) -> Reading:
    """What a person's own way to read this message gave, as it may be shown."""
    if not isinstance(message, RuledMessage) or message.rules is None:
        return reading
    found = masking.mask_reading(reading, message.rules)
    if found is None:
        return reading
    shown = bodies.read(found.body, found.read_as, limits=reading.limits)
    if found.closed:
        return replace(shown, problem=BY_HAND_CLOSED, wire_size=reading.wire_size)
    return replace(shown, notes=(*shown.notes, BY_HAND), wire_size=reading.wire_size)


def count_in(text: str) -> int:
    """How many masks a text on its way in holds already: it came from what was masked, and is not what stood there."""
    return text.count(MASK) + text.lower().count(_ESCAPED_MASK)


def type_of(message: Message) -> str | None:
    """By which content type its body is to be read: its own, unless the decoded form stands there."""
    return (message.read_as if isinstance(message, MaskedMessage) else None) or _declared(message)


def size_of(message: Message) -> int:
    """Bytes of the payload, by arithmetic: as it is, whatever is masked of it."""
    if isinstance(message, MaskedMessage):
        return message.size
    if bodies.declared_type(_declared(message)) in ("bytes", "v8"):
        return len(message.body) * 3 // 4 - message.body[-2:].count("=")
    return bodies.utf8_size(message.body)


def _declared(message: Message) -> str | None:
    return message.metadata.get(CONTENT_TYPE)


def _masked(message: Message, rules: Rules) -> Message:
    found = masking.mask(message.body, _declared(message), rules, is_string=message.body_is_string)
    metadata = _masked_metadata(message, rules)
    if found is None and not metadata:
        return _with(RuledMessage, message, rules=rules)
    if found is None:
        found = masking.Masked(body=message.body, places=())
    return _masked_with(
        message,
        rules=rules,
        body=found.body,
        metadata={**message.metadata, **metadata},
        places=(*found.places, *(f"{META}{key}" for key in metadata)),
        read_as=found.read_as,
        closed=found.closed,
        steps=found.steps,
    )


def _unread(message: Message, why: str = masking.CLOSED) -> MaskedMessage:
    """A message that is not looked at, so nothing of it is shown."""
    declared = {key: value for key, value in message.metadata.items() if key == CONTENT_TYPE}
    return _masked_with(message, body=MASK, metadata=declared, places=("",), read_as="text", closed=why, steps=())


def _masked_with(message: Message, **changes: object) -> MaskedMessage:
    sizes = {"size": size_of(message), "wire_size": bodies.utf8_size(message.body)}
    is_string = message.body_is_string or changes["read_as"] is not None
    return _with(MaskedMessage, message, **{**sizes, "body_is_string": is_string, **changes})


def _with[T: Message](kind: type[T], message: Message, **changes: object) -> T:
    return kind(**{**{each.name: getattr(message, each.name) for each in fields(Message)}, **changes})


def _masked_metadata(message: Message, rules: Rules) -> dict[str, str]:
    """The values of the metadata that have something to mask, with their masks."""
    found = {}
    for key, value in message.metadata.items():
        masked = MASK if rules.masks_key(key) else masking.mask_text(value, rules)
        if key != CONTENT_TYPE and masked != value:
            found[key] = masked
    return found
