"""Read the log in the order of its pages, newest first, at a cost that does not grow with it.

Every condition that an index answers is asked of the database, one stream of entries for each value; what is left is
decided here, entry by entry, and only for so many. A page whose conditions fit next to nothing says how far it looked
instead of looking through millions.
"""

import heapq
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import Q

from queues_app.models import Action, AuditedMessage, AuditEntry, Outcome, User
from queues_app.models.audit import OF_CHOSEN, PARTIAL, SKIPPED, WORDS, AuditQuerySet, word_of

# Entries that one page looks at, at most, for those that fit.
LOOKED_AT: Final = 2_000
# What may stand in a list of ids, and is looked up as one.
MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9._:-]{8,64}")
_CHUNK: Final = 64
_FIRST_CHUNK: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What to show; None and empty mean any."""

    actions: tuple[Action, ...] = ()
    # What others did with credentials of the reader's.
    lent: bool = False
    not_ok: bool = False
    who: str = ""
    queue_id: str = ""
    credential_id: int | None = None
    outcome: str = ""  # one of WORDS
    since: datetime | None = None
    before_day: datetime | None = None
    receipt: int | None = None
    text: str = ""

    @property
    def words(self) -> frozenset[str]:
        """How those ended that fit."""
        words = frozenset({self.outcome} if self.outcome else WORDS)
        return words - {Outcome.OK} if self.not_ok else words


class Place(NamedTuple):
    """A place in the log: the entry that a page ended with."""

    at: datetime
    number: int


class Narrow(NamedTuple):
    """As much of an entry as filters ask for."""

    at: datetime
    number: int
    user_id: int | None
    user_name: str
    queue_id: str
    credential_id: int | None
    action: str
    outcome: str
    credential_owner_id: int | None
    message_count: int | None
    # The number of the watch that it is about, or that did it by itself (`is_by_watch`).
    watch: int | None
    # How many messages it was to be done to; None where that says nothing.
    chosen: int | None

    @property
    def word(self) -> str:
        """How it ended, in one of `WORDS`."""
        return word_of(self.action, self.outcome, chosen=self.chosen, done=self.message_count)

    @property
    def is_by_watch(self) -> bool:
        """Whether a watch peeked, in the name of its owner, who was not there."""
        return self.action == Action.PEEK and self.watch is not None


_COLUMNS: Final = {"number": "pk", "watch": "parameters__watch", "chosen": "parameters__chosen"}
_NARROW: Final = tuple(_COLUMNS.get(name, name) for name in Narrow._fields)

type _Read = Callable[[Place | None, int], list[Narrow]]


class Reading:
    """The entries that fit, newest first, from after `before`. To be read once.

    `own` is the number of a person who sees their own only, `lender` of one whose credentials others used. `at_most`
    entries are looked at, else as many as for a page. `reached` is where it gave up, None as long as it did not.
    """

    def __init__(
        self,
        chosen: Filter,
        *,
        own: int | None,
        lender: int | None = None,
        before: Place | None = None,
        at_most: int = 0,
    ) -> None:
        self._chosen = chosen
        self._at_most = at_most or LOOKED_AT
        self._lender = lender
        self._named_id = _number_of(chosen.who)
        self._user_id = self._named_id if own is None else own
        reads = [] if chosen.who and self._user_id != self._named_id else self._reads()
        self._streams = [self._chunks(read, before) for read in reads]
        self.reached: Place | None = None

    def narrow(self) -> Iterator[Narrow]:
        """As much of them as filters ask for."""
        merged = heapq.merge(*self._streams, key=lambda row: row[:2], reverse=True)
        seen: Place | None = None
        for number, row in enumerate(merged, 1):
            place = Place(row.at, row.number)
            # One that several streams have counts for each of them, and is given out once.
            if place != seen and self._fits(row):
                yield row
            seen = place
            if number == self._at_most:
                self.reached = place
                return

    def entries(self) -> Iterator[AuditEntry]:
        """They themselves, without the ids of their messages: those are for the receipt, up to a hundred of each."""
        numbers: list[int] = []
        for row in self.narrow():
            numbers.append(row.number)
            if len(numbers) == _CHUNK:
                yield from _whole(numbers)
                numbers = []
        yield from _whole(numbers)

    def _reads(self) -> list[_Read]:
        """What reads each stream: the conditions that have an index in common."""
        chosen = self._chosen
        entries = _within(AuditEntry.objects.all(), chosen)
        if chosen.receipt is not None:
            return [_of(entries.filter(pk=chosen.receipt))]
        if chosen.text:
            return _with_text(entries, chosen.text)
        if self._lender is not None:
            return [_of(entries.filter(credential_owner_id=self._lender))]
        place = Q(queue_id=chosen.queue_id) if chosen.queue_id else Q()
        if self._user_id is not None:
            place &= Q(user_id=self._user_id)
        entries = entries.filter(place)
        if len(place) == 2:
            return [_of(entries)]
        if chosen.credential_id is not None and (not place or self._user_id is not None):
            return [_of(entries.filter(credential_id=chosen.credential_id))]
        if chosen.actions:
            return [_of(entries.filter(action=action)) for action in chosen.actions]
        if Outcome.OK not in chosen.words:
            stored = sorted(chosen.words.intersection(Outcome.values))
            # No index tells what was done in part: that is decided here, of the acts that can be.
            acts = OF_CHOSEN if chosen.words & {PARTIAL, SKIPPED} else ()
            return [
                *(_of(entries.filter(outcome=outcome)) for outcome in stored),
                *(_of(entries.filter(action=action)) for action in acts),
            ]
        return [_of(entries)]

    def _chunks(self, read: _Read, before: Place | None) -> Iterator[Narrow]:
        size = _FIRST_CHUNK if len(self._chosen.actions) > 1 else _CHUNK
        while rows := read(before, size):
            yield from rows
            if len(rows) < size:
                return
            before, size = Place(rows[-1].at, rows[-1].number), min(size * 2, LOOKED_AT)

    def _fits(self, row: Narrow) -> bool:
        chosen = self._chosen
        return (
            (not chosen.actions or row.action in chosen.actions)
            and row.word in chosen.words
            and (not chosen.queue_id or row.queue_id == chosen.queue_id)
            and (chosen.credential_id is None or row.credential_id == chosen.credential_id)
            and (self._lender is None or row.credential_owner_id == self._lender)
            and (self._user_id is None or row.user_id == self._user_id)
            # A name that has no number any more is only in the entries.
            and (not chosen.who or self._user_id is not None or row.user_name == chosen.who)
        )


def _number_of(who: str) -> int | None:
    return User.objects.filter(username=who).values_list("pk", flat=True).first() if who else None


def _within(entries: AuditQuerySet, chosen: Filter) -> AuditQuerySet:
    if chosen.since is not None:
        entries = entries.filter(at__gte=chosen.since)
    if chosen.before_day is not None:
        entries = entries.filter(at__lt=chosen.before_day)
    return entries


def _of(entries: AuditQuerySet) -> _Read:
    def read(before: Place | None, number: int) -> list[Narrow]:
        after = entries if before is None else entries.before(*before)
        return [Narrow(*row) for row in after.order_by("-at", "-pk").values_list(*_NARROW)[:number]]

    return read


def _with_text(entries: AuditQuerySet, text: str) -> list[_Read]:
    """Those with this cf-ray, request id or message id, each of them whole."""
    reads = [_of(entries.filter(cf_ray=text)), _of(entries.filter(request_id=text))]
    return [*reads, _about_message(entries, text)] if MESSAGE_ID.fullmatch(text) else reads


def _about_message(entries: AuditQuerySet, message_id: str) -> _Read:
    noted = AuditedMessage.objects.filter(message_id=message_id)

    def read(before: Place | None, number: int) -> list[Narrow]:
        after = noted
        if before is not None:
            after = after.filter(at__lte=before.at).exclude(at=before.at, entry_id__gte=before.number)
        numbers = list(after.order_by("-at", "-entry_id").values_list("entry_id", flat=True)[:number])
        return _of(entries.filter(pk__in=numbers))(None, number)

    return read


def _whole(numbers: list[int]) -> list[AuditEntry]:
    found = AuditEntry.objects.defer("message_ids").in_bulk(numbers)
    # One that a later version prunes meanwhile is simply gone.
    return [found[number] for number in numbers if number in found]
