"""The list of queues as its template gets it: chosen, ordered, grouped, cut to a page, and put in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from django.urls import reverse

from queues_app import formats
from queues_app.forms.queues import ATTENTION, GROUPS, ORDERS, SHOWS, Chosen
from queues_app.models import Account
from queues_app.operations.known_queues import QueueList
from queues_app.operations.queues import Reading
from queues_app.operations.trends import Trend
from queues_app.rows.loss_clock import LossClock, loss_clock
from queues_app.rows.queue_groups import OTHERS, Total, remark_of, sum_of, totals_of
from queues_app.rows.queue_row import QueueRow, RowMaker
from queues_app.rows.queue_selection import (
    MOST_ROWS,
    Order,
    Selection,
    as_kept,
    has_moved,
    how_many,
    ids_to_ask,
    judge_again,
    judge_all,
    keep_order,
    matches,
    select,
)
from queues_app.rows.queue_severity import Judged, Severity
from queues_app.rows.queue_words import plain

_MOST_PREFIXES: Final = 6
# Beyond, the filter finds what is not shown.
_MOST_GROUPS: Final = 100
_NO_TRENDS: Final[Mapping[str, Trend]] = {}
_ORDERED: Final = {
    ATTENTION: "Ordered by what needs you first.",
    "name": "Ordered by name.",
    "backlog": "Ordered by backlog, largest first.",
    "oldest": "Ordered by age, oldest message first.",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One of the exclusive choices, with how many queues it would show."""

    value: str
    word: str
    count: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    word: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Sorting:
    """A column's head that orders; `direction` is aria-sort's word when the page is ordered by it."""

    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a head; a group without a title has none. One with an address opens and closes by it."""

    title: str
    remark: str
    rows: tuple[QueueRow, ...]
    url: str = ""
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Quiet:
    """The line that stands for all that is empty and running. `told`: beginnings of names with counts, or names."""

    count: str
    told: tuple[tuple[str, str], ...]
    url: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Pager:
    said: str
    previous_url: str
    next_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuesPage:
    """Primitives only."""

    url: str  # of this very view
    refresh_url: str  # the same, with the rows where they stand now
    moved: str  # what a reader would see in the new order, or nothing
    base_url: str
    account: str
    lede: str
    q: str
    show: str
    quiet_shown: bool
    totals: tuple[Total, ...]
    opened: str  # the group that shows its rows, for the form to keep
    groupings: tuple[Choice, ...]
    dead_letters_url: str
    segments: tuple[Segment, ...]
    orders: tuple[Choice, ...]
    sort_name: Sorting
    sort_backlog: Sorting
    sort_oldest: Sorting
    groups: tuple[Group, ...]
    quiet: Quiet | None
    pager: Pager | None
    clock: LossClock | None
    remarks: tuple[str, ...]
    has_queues: bool
    has_rows: bool
    said: str  # for the live region
    zone: str


def queue_ids(listed: QueueList, order: Order) -> list[str]:
    """The ids whose counts the page needs: all, or, where these are too many, those of the rows it will show."""
    queues = (listed.queues[place] for place in order.places.rows) if order.is_partial else listed.queues
    return ids_to_ask(queues)


def late_words(listed: QueueList, *, zone: tzinfo, now: datetime) -> str:
    """What is said of a list that the page did not wait for."""
    return (
        f"Cloudflare takes long to list the queues. This is the list of {formats.age_between(listed.read_at, now)} ago "
        f"({formats.moment_or_clock(listed.read_at, zone, now=now)} {zone}); the new one comes with a later refresh."
    )


def queues_page(
    account: Account,
    listed: QueueList,
    chosen: Chosen,
    *,
    order: Order,
    readings: Mapping[str, Reading],
    trends: Mapping[str, Trend] = _NO_TRENDS,
    pinned: frozenset[str] = frozenset(),
    is_stale: bool = False,
    remarks: tuple[str, ...] = (),
    zone: ZoneInfo,
    now: datetime,
) -> QueuesPage:
    """The page.

    order     by what was known before the page asked; where not all are asked for, it stays
    readings  the counts to show
    trends    how the backlogs of the rows went, where samples tell it
    pinned    ids of what the reader pinned
    is_stale  the list could not be read now: `listed` is remembered
    """
    fresh, places = order.fresh, order.places
    if order.is_partial:
        judged = judge_again(order.judged, places.rows, readings, trends, now)
    else:
        judged = judge_all(listed, readings, now, trends)
        fresh = select(judged, chosen)
        places = keep_order(fresh, judged, chosen)
    base = reverse("queues", args=[account.pk])
    maker = RowMaker(account, listed, readings, trends, pinned, is_stale=is_stale, zone=zone, now=now)
    if places.page != chosen.page:
        remarks = (*remarks, f"There is no page {chosen.page:,}; this is the last.")
    if len(places.prefixes) > _MOST_GROUPS:
        remarks = (*remarks, f"The first {_MOST_GROUPS} of {len(places.prefixes):,} groups; a filter finds the others.")
    matching = [one for one in judged if matches(one, chosen.q)]
    name, backlog, oldest = (
        Sorting(base + chosen.query(order=order), direction if chosen.order == order else "")
        for order, direction in (("name", "ascending"), ("backlog", "descending"), ("oldest", "descending"))
    )
    return QueuesPage(
        url=base + chosen.query(page=places.page),
        refresh_url=base + chosen.query(page=places.page, keep=as_kept(places, judged)),
        moved=_moved(fresh, places, judged) if has_moved(fresh, places, chosen) else "",
        base_url=base,
        account=plain(account.name),
        lede=_lede(listed, readings, chosen, is_stale=is_stale, is_partial=order.is_partial, zone=zone, now=now),
        q=chosen.q,
        show=chosen.show,
        quiet_shown=chosen.quiet,
        totals=totals_of(sum_of(judged), account, zone, now),
        opened=chosen.open if chosen.group else "",
        groupings=tuple(Choice(value, word, value == chosen.group) for value, word in GROUPS),
        dead_letters_url=reverse("dead_letters", args=[account.pk]),
        segments=tuple(_segments(matching, chosen, base)),
        orders=tuple(Choice(value, word, value == chosen.order) for value, word in ORDERS),
        sort_name=name,
        sort_backlog=backlog,
        sort_oldest=oldest,
        groups=tuple(
            _prefixes(judged, places, chosen, maker, base, now)
            if chosen.group
            else _groups(judged, places, chosen, maker)
        ),
        quiet=_quiet(judged, places, chosen, base),
        pager=_pager(places, chosen, base),
        clock=loss_clock(judged, account=account, oldest_url=oldest.url, zone=zone, now=now),
        remarks=remarks,
        has_queues=bool(listed.queues),
        has_rows=bool(places.rows or places.prefixes),
        said=_said(places),
        zone=zone.key,
    )


def _lede(
    listed: QueueList,
    readings: Mapping[str, Reading],
    chosen: Chosen,
    *,
    is_stale: bool,
    is_partial: bool,
    zone: ZoneInfo,
    now: datetime,
) -> str:
    number = len(listed.queues)
    sentences = [f"{number:,} in this account."]
    if is_stale:
        at = formats.moment_or_clock(listed.read_at, zone, now=now)
        sentences = [f"{number:,} in this account when they were last listed, {at} {zone.key}."]
    if number > 1:
        sentences.append(_ORDERED[chosen.order])
    if is_partial:
        read = sum(1 for queue in listed.queues if (got := readings.get(queue.id)) and got.metrics)
        sentences.append(f"Counts of {read:,} of {number:,} read, first of the rows shown; the order goes by these.")
        sentences.append(f"Listed {formats.age_between(listed.read_at, now)} ago.")
    return " ".join(sentences)


def _segments(matching: Sequence[Judged], chosen: Chosen, base: str) -> Iterator[Segment]:
    for value, word in SHOWS:
        count = how_many(matching, value)
        yield Segment(value, word, f"{count:,}", base + chosen.query(show=value), value == chosen.show)


def _groups(judged: Sequence[Judged], places: Selection, chosen: Chosen, maker: RowMaker) -> Iterator[Group]:
    heads: tuple[tuple[str, str], ...] = (("", ""),)
    uncounted = sum(judged[place].severity == Severity.UNCOUNTED for place in places.rows)
    if chosen.order == ATTENTION:
        heads = (
            ("Need attention", "losing, stuck, growing, paused or unknown"),
            ("Calm", f"nothing urgent seen{f'; {uncounted:,} not counted yet' if uncounted else ''}"),
            ("Quiet", "empty and running"),
        )
    for (title, remark), group in zip(heads, places.groups, strict=True):
        if group:
            yield Group(title, f"{len(group):,} · {remark}", tuple(maker.row(judged[place]) for place in group))


def _prefixes(
    judged: Sequence[Judged], places: Selection, chosen: Chosen, maker: RowMaker, base: str, now: datetime
) -> Iterator[Group]:
    """Each beginning of names with what its queues add up to; the open one with its rows."""
    for stem, members in list(places.prefixes.items())[:_MOST_GROUPS]:
        is_open = stem == chosen.open
        yield Group(
            title="No shared prefix" if stem == OTHERS else plain(stem),
            remark=remark_of(sum_of(judged[place] for place in members), now),
            rows=tuple(maker.row(judged[place]) for place in places.rows) if is_open else (),
            url=base + chosen.query(open="" if is_open else stem),
            is_open=is_open,
        )


def _said(places: Selection) -> str:
    if places.prefixes:
        return f"{formats.plural(len(places.prefixes), 'group')} shown"
    return f"{formats.plural(places.total, 'queue')} shown"


def _moved(fresh: Selection, kept: Selection, judged: Sequence[Judged]) -> str:
    """In words what the new order brings; first of all whom it brings to the top."""
    known = set(kept.groups[0])
    needing = [judged[place] for place in fresh.groups[0] if place not in known and judged[place].needs_attention]
    if not needing:
        return "The order is another now."
    if len(needing) == 1:
        return f"{plain(needing[0].queue.name)} needs attention now."
    return f"{len(needing):,} more queues need attention now."


def _quiet(judged: Sequence[Judged], places: Selection, chosen: Chosen, base: str) -> Quiet | None:
    if not places.quiet:
        return None
    names = [judged[place].queue.name for place in places.quiet]
    heads = Counter(name.partition("-")[0] + "-" for name in names if "-" in name[1:])
    shared = [(head, count) for head, count in heads.most_common(_MOST_PREFIXES) if count > 1]
    rest = len(names) - sum(count for _, count in shared)
    if not shared:
        told = [(plain(name), "") for name in names[:_MOST_PREFIXES]]
        if rest > _MOST_PREFIXES:
            told.append(("others", f"{rest - _MOST_PREFIXES:,}"))
    else:
        told = [(plain(head), f"{count:,}") for head, count in shared]
        if rest:
            told.append(("others", f"{rest:,}"))
    return Quiet(
        count=f"{len(names):,} quiet",
        told=tuple(told),
        url=base + chosen.query(quiet=not chosen.quiet),
        is_open=chosen.quiet,
    )


def _pager(places: Selection, chosen: Chosen, base: str) -> Pager | None:
    if places.last_page == 1:
        return None
    first = (places.page - 1) * MOST_ROWS + 1
    return Pager(
        said=f"Rows {first:,} to {first + len(places.rows) - 1:,} of {places.total:,}",
        previous_url=base + chosen.query(page=places.page - 1) if places.page > 1 else "",
        next_url=base + chosen.query(page=places.page + 1) if places.page < places.last_page else "",
    )
