"""Which queues stand on a page of the list, and in which order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from queues_app.cloudflare import Queue
from queues_app.forms.queues import ALL, ATTENTION, LOSS, Chosen
from queues_app.rows.paging import cut, last_page
from queues_app.rows.queue_groups import by_prefix
from queues_app.rows.queue_severity import NEVER, Judged
from queues_app.rows.queue_words import consumer_of, good_of, has_nobody, is_id
from queues_app.words import all_in, words_of

MOST_ROWS: Final = 100
# Beyond this many the counts of all are not asked for at once: the page orders by what is known.
MOST_ASKED: Final = 200
# So many digits of an id tell the queues of an account apart.
KEPT_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Selection:
    """Places in the list of all queues.

    groups    the rows of this page in order: those that need attention, the calm, the quiet; else all in one
    quiet     those that one line stands for, in order; also when they are unfolded and among the rows
    total     rows on all pages
    page      the page it is, which may be less than the one asked for
    prefixes  where they are grouped so: the beginning of names → places, of which only one group is among the rows
    """

    groups: tuple[tuple[int, ...], ...]
    quiet: tuple[int, ...]
    total: int
    page: int
    prefixes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[int, ...]:
        return tuple(place for group in self.groups for place in group)

    @property
    def last_page(self) -> int:
        return last_page(self.total, MOST_ROWS)


def ids_to_ask(queues: Iterable[Queue]) -> list[str]:
    """The ids that are ids, each once."""
    return list(dict.fromkeys(queue.id for queue in queues if is_id(queue.id)))


def select(judged: Sequence[Judged], chosen: Chosen) -> Selection:
    """What the address of the page chooses."""
    key = _KEYS[chosen.order]
    found = [place for place, one in enumerate(judged) if matches(one, chosen.q) and belongs(one, chosen.show)]
    found.sort(key=lambda place: key(judged[place]))
    quiet: list[int] = []
    prefixes: Mapping[str, tuple[int, ...]] = {}
    if chosen.group:
        prefixes = by_prefix(judged, found)
        found = list(prefixes.get(chosen.open, ()))
    elif chosen.order == ATTENTION and chosen.show == ALL and not chosen.q:
        quiet = [place for place in found if judged[place].is_quiet]
        loud = [place for place in found if not judged[place].is_quiet]
        if not loud:
            # A line that stands for all would leave an empty page.
            quiet = []
        elif not chosen.quiet:
            found = loud
        else:
            found = loud + quiet
    page = cut(found, chosen.page, MOST_ROWS)
    return Selection(_grouped(page.shown, judged, quiet, chosen), tuple(quiet), page.total, page.number, prefixes)


def reordered(selection: Selection, judged: Sequence[Judged], chosen: Chosen) -> Selection:
    """The rows of the same page as they stand by newer counts."""
    key = _KEYS[chosen.order]
    rows = sorted(selection.rows, key=lambda place: key(judged[place]))
    return replace(selection, groups=_grouped(rows, judged, selection.quiet, chosen))


def _grouped(
    rows: Sequence[int], judged: Sequence[Judged], quiet: Sequence[int], chosen: Chosen
) -> tuple[tuple[int, ...], ...]:
    if chosen.group or chosen.order != ATTENTION:
        return (tuple(rows),)
    needed = tuple(place for place in rows if judged[place].needs_attention)
    unfolded = set(quiet)
    folded = tuple(place for place in rows if place in unfolded)
    return needed, tuple(place for place in rows if place not in {*needed, *folded}), folded


def as_kept(selection: Selection, judged: Sequence[Judged]) -> str:
    """The rows in order, in a form that fits into an address; nothing when one of them has no proper id."""
    ids = [[judged[place].queue.id for place in group] for group in selection.groups]
    if not all(is_id(each) for group in ids for each in group):
        return ""
    return "-".join(".".join(each[:KEPT_DIGITS] for each in group) for group in ids)


def keys_of(judged: Sequence[Judged]) -> dict[str, int]:
    """What an address knows a queue by → its place."""
    places: dict[str, int] = {}
    for place, one in enumerate(judged):
        if is_id(one.queue.id):
            places.setdefault(one.queue.id[:KEPT_DIGITS], place)
    return places


def keep_order(fresh: Selection, places: Mapping[str, int], chosen: Chosen) -> Selection:
    """The same rows where they stood when the page was loaded: what refreshes itself does not move under a reader.

    Queues that are gone leave; those that came wait until the reader asks for the new order. `places`: of `keys_of`.
    """
    groups = tuple(tuple(places[key] for key in part.split(".") if key in places) for part in chosen.keep.split("-"))
    kept = replace(fresh, groups=groups)
    is_usable = len(groups) == len(fresh.groups) and len(set(kept.rows)) == len(kept.rows) <= MOST_ROWS
    return kept if is_usable and kept.rows else fresh


def has_moved(fresh: Selection, kept: Selection, chosen: Chosen) -> bool:
    """Whether the order is another now. By attention only the groups count: numbers change all the time."""
    if chosen.order == ATTENTION and not chosen.group:
        return [set(group) for group in fresh.groups] != [set(group) for group in kept.groups]
    return fresh.groups != kept.groups


def matches(one: Judged, q: str) -> bool:
    """Whether each word of the filter stands in the name, the consumer, the state or the dead-letter queue."""
    if not q:
        return True
    queue = one.queue
    consumer = consumer_of(queue)
    text = " ".join(
        (
            queue.name,
            *(piece.text for piece in (*consumer.kind, *consumer.second)),
            "paused" if queue.delivery_paused else "running",
            *(target for each in queue.consumers if (target := each.dead_letter_queue)),
        )
    )
    return all_in(words_of(q), text)


def belongs(one: Judged, show: str) -> bool:
    """Whether it is one of a segment's."""
    return _TESTS[show](one)


def shows_of(one: Judged) -> frozenset[str]:
    """The segments that it is of."""
    return frozenset(show for show, test in _TESTS.items() if test(one))


_TESTS: Final[Mapping[str, Callable[[Judged], bool]]] = {
    ALL: lambda _: True,
    "attention": lambda one: one.needs_attention,
    "paused": lambda one: one.queue.delivery_paused,
    "nobody": lambda one: has_nobody(one.queue),
    "dead-letter": lambda one: one.fed_by > 0,
}


def _name(one: Judged) -> tuple[str, str]:
    return one.queue.name.casefold(), one.queue.id


def backlog_of(one: Judged) -> int:
    """Unknown comes after every known one; what is only about known, where it would stand."""
    good, _ = good_of(one.reading)
    if good is None and one.hint is not None:
        return round(one.hint)
    return -1 if good is None or good.backlog_count is None else good.backlog_count


def _oldest(one: Judged) -> datetime:
    good, _ = good_of(one.reading)
    return (good.oldest_message_at if good else None) or NEVER


_KEYS: Final[Mapping[str, Callable[[Judged], tuple[Any, ...]]]] = {
    ATTENTION: lambda one: (one.severity, one.loses_first, -backlog_of(one), _name(one)),
    "name": lambda one: _name(one),
    "backlog": lambda one: (-backlog_of(one), _name(one)),
    "oldest": lambda one: (_oldest(one), _name(one)),
    LOSS: lambda one: (one.loses_first, _oldest(one), _name(one)),
}
