"""Queues under the beginnings of their names, and what they add up to."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from queues_app import formats
from queues_app.models import Account
from queues_app.rows.queue_severity import Judged
from queues_app.rows.queue_words import Shown, good_of, plain, queue_url, shown

# The group of those that share their beginning with no other; no beginning has this character.
OTHERS: Final = ":others"
_SEPARATORS: Final = re.compile(r"[-_./: ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What queues add up to. Unknown is not zero: `counted` of them are in `messages`, the others in nothing.

    `is_old`: the oldest message is known by the last counts of its queue, which could not be counted now.
    """

    queues: int
    needing: int
    counted: int
    messages: int
    size: int
    is_sized: bool  # every one that was counted told its bytes
    oldest: Judged | None
    oldest_at: datetime | None
    is_old: bool
    worst: Judged | None  # the first that needs attention, of the gravest kind
    read_from: datetime | None
    read_to: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A `Sum` in the columns of the list. `counted`: nothing where all are. `needing`, `worst`: where one does."""

    queues: str
    counted: str
    messages: str
    size: str
    oldest: str
    oldest_second: str
    is_unknown: bool  # the counts
    needing: str
    worst: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One fact about the whole account."""

    label: str
    value: str
    second: str
    name: Shown = ()
    url: str = ""


def by_prefix(judged: Sequence[Judged], places: Iterable[int]) -> dict[str, tuple[int, ...]]:
    """Beginning → places, in the order of their first; those that share none come last, together."""
    found: dict[str, list[int]] = {}
    for place in places:
        found.setdefault(_stem(judged[place].queue.name), []).append(place)
    groups = {stem: tuple(members) for stem, members in found.items() if stem and len(members) > 1}
    others = tuple(place for stem, members in found.items() if not stem or len(members) == 1 for place in members)
    return {**groups, OTHERS: others} if others else groups


def _stem(name: str) -> str:
    return _SEPARATORS.split(name, maxsplit=1)[0]


def sum_of(many: Iterable[Judged]) -> Sum:
    """Only counts of now are added: what a queue had before its last reading failed is not known to be so still.

    The oldest message is looked for in the last counts too, as the loss clock does: a queue that cannot be counted
    would else seem to have no old ones.
    """
    queues = needing = counted = messages = size = 0
    is_sized, is_old = True, False
    worst: Judged | None = None
    oldest: Judged | None = None
    oldest_at: datetime | None = None
    read: list[datetime] = []
    for one in many:
        queues += 1
        needing += one.needs_attention
        if one.needs_attention and (worst is None or _gravity(one) < _gravity(worst)):
            worst = one
        metrics = one.reading.metrics if one.reading else None
        good, _ = good_of(one.reading)
        at = good.oldest_message_at if good else None
        if at is not None and (oldest_at is None or at < oldest_at):
            oldest, oldest_at, is_old = one, at, metrics is None
        if one.reading is None or metrics is None or metrics.backlog_count is None:
            continue
        counted += 1
        messages += metrics.backlog_count
        size += metrics.backlog_bytes or 0
        is_sized = is_sized and metrics.backlog_bytes is not None
        read.append(one.reading.read_at)
    return Sum(
        queues=queues,
        needing=needing,
        counted=counted,
        messages=messages,
        size=size,
        is_sized=is_sized,
        oldest=oldest,
        oldest_at=oldest_at,
        is_old=is_old,
        worst=worst,
        read_from=min(read, default=None),
        read_to=max(read, default=None),
    )


def _gravity(one: Judged) -> tuple[int, datetime]:
    return one.severity, one.loses_first


def sums_of(found: Sum, now: datetime) -> Sums:
    """The same, column by column."""
    is_known = found.counted > 0
    worst = found.worst
    return Sums(
        queues=formats.plural(found.queues, "queue"),
        counted=f", {found.counted:,} counted" if found.counted < found.queues else "",
        messages=formats.number(found.messages if is_known else None),
        size=formats.size(found.size if is_known and found.is_sized else None),
        oldest=formats.age_between(found.oldest_at, now) if found.oldest_at else _no_oldest(found),
        oldest_second="by the last counts" if found.is_old else "",
        is_unknown=not is_known,
        needing=_needing(found),
        worst=f"first {plain(worst.queue.name)}: {_lower(worst.first_reason)}" if worst else "",
    )


def totals_of(found: Sum, account: Account, zone: tzinfo, now: datetime) -> tuple[Total, ...]:
    """The account in four facts."""
    counted = f"{found.counted:,} of {found.queues:,} counted" if found.counted < found.queues else "all counted"
    if found.read_from:
        counted = f"{counted}, {_when(found, zone, now)}"
    is_known = found.counted > 0
    oldest = found.oldest.queue if found.oldest else None
    return (
        Total(label="Queues", value=f"{found.queues:,}", second=_needing(found) or _none_needing(found)),
        Total(label="Messages", value=formats.number(found.messages if is_known else None), second=counted),
        Total(
            label="Bytes",
            value=formats.size(found.size if is_known and found.is_sized else None),
            second="",
        ),
        Total(
            label="Oldest",
            value=formats.age_between(found.oldest_at, now) if found.oldest_at else _no_oldest(found),
            second=("by the last counts of" if found.is_old else "in") if oldest else "",
            name=shown(oldest.name) if oldest else (),
            url=queue_url(account, oldest.id) if oldest else "",
        ),
    )


def _needing(found: Sum) -> str:
    return f"{found.needing:,} {'needs' if found.needing == 1 else 'need'} attention" if found.needing else ""


def _none_needing(found: Sum) -> str:
    """What is not counted may need it."""
    if found.counted == found.queues:
        return "none needs attention"
    return "none of those counted needs attention" if found.counted else "who needs attention is unknown"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _no_oldest(found: Sum) -> str:
    return "none waits" if found.counted == found.queues and not found.messages else formats.UNKNOWN


def _when(found: Sum, zone: tzinfo, now: datetime) -> str:
    """Counts of several moments are no count of one, so the first and the last are told."""
    if found.read_from is None or found.read_to is None:
        return ""
    first, last = (formats.moment_or_clock(at, zone, now=now) for at in (found.read_from, found.read_to))
    return f"read {first}" if first == last else f"read {first} to {last}"
