"""The list of queues as its template gets it: chosen, ordered, grouped, cut to a page, and put in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from django.urls import reverse

from queues_app import formats
from queues_app.forms.queues import ATTENTION, GROUPS, LOSS, ORDERS, SHOWS, Chosen
from queues_app.models import Account
from queues_app.operations.known_queues import QueueList
from queues_app.operations.queues import Reading
from queues_app.operations.trends import Trend
from queues_app.rows.loss_clock import LossClock, loss_clock
from queues_app.rows.options import Option
from queues_app.rows.paging import Cut, Pager, pager_of
from queues_app.rows.queue_board import Board, Order
from queues_app.rows.queue_groups import OTHERS, Sums, Total, sums_of, totals_of
from queues_app.rows.queue_row import QueueRow, RowMaker
from queues_app.rows.queue_selection import MOST_ROWS, Selection, as_kept, has_moved
from queues_app.rows.queue_severity import NO_TRENDS, Severity
from queues_app.rows.queue_words import plain

_MOST_PREFIXES: Final = 6
# Beyond, the filter finds what is not shown.
_MOST_GROUPS: Final = 100
_ORDERED: Final = {
    ATTENTION: "Ordered by what needs you first.",
    "name": "Ordered by name.",
    "backlog": "Ordered by backlog, largest first.",
    "oldest": "Ordered by age, oldest message first.",
    LOSS: "Ordered by what retention deletes first.",
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
class Sorting:
    """A column's head that orders; `direction` is aria-sort's word when the page is ordered by it."""

    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a head; a group without a title has none. One with an address opens and closes by it, and has sums."""

    title: str
    remark: str
    rows: tuple[QueueRow, ...]
    url: str = ""
    is_open: bool = True
    sums: Sums | None = None
    # Of the worst among them, where they are under a shared beginning and one needs attention.
    icon: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Quiet:
    """The line that stands for all that is empty and running. `told`: beginnings of names with counts, or names."""

    count: str
    told: tuple[tuple[str, str], ...]
    url: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the list has come. `total` is 0 where nobody says how much there is."""

    said: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuesPage:
    """Primitives only."""

    url: str  # of this very view
    refresh_url: str  # the same, with the rows where they stand now
    hurries: bool  # more comes in a moment, so the rows are asked for again before their time
    progress: Progress | None  # of a list that is under way
    moved: str  # what a reader would see in the new order, or nothing
    base_url: str
    account: str
    lede: str
    q: str
    show: str
    quiet_shown: bool
    totals: tuple[Total, ...]
    opened: str  # the group that shows its rows, for the form to keep
    groupings: tuple[Option, ...]
    dead_letters_url: str
    segments: tuple[Segment, ...]
    orders: tuple[Option, ...]
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


def late_words(listed: QueueList, *, zone: tzinfo, now: datetime) -> str:
    """What is said of a list that the page did not wait for."""
    return (
        f"Cloudflare takes long to list the queues. This is the list of {formats.age_between(listed.read_at, now)} ago "
        f"({formats.moment_or_clock(listed.read_at, zone, now=now)} {zone}); the new one comes with a later refresh."
    )


def queues_page(
    account: Account,
    order: Order,
    *,
    readings: Mapping[str, Reading],
    trends: Mapping[str, Trend] = NO_TRENDS,
    pinned: frozenset[str] = frozenset(),
    is_stale: bool = False,
    is_refresh: bool = False,
    sees_all: bool = True,
    remarks: tuple[str, ...] = (),
    zone: ZoneInfo,
    now: datetime,
) -> QueuesPage:
    """The page.

    order       which rows, by the counts that were read for it
    readings    those counts
    trends      how the backlogs of the rows went, where samples tell it
    pinned      ids of what the reader pinned
    is_stale    the list could not be read now: it is remembered
    is_refresh  rows that were there before
    sees_all    no rule hides a queue of this account from the reader
    """
    board, places, judged, chosen = order.board, order.places, order.judged, order.chosen
    listed = board.listed
    base = reverse("queues", args=[account.pk])
    maker = RowMaker(
        account,
        board.ids if listed.is_whole else None,
        {**board.readings, **readings},
        trends,
        pinned,
        is_stale=is_stale,
        sees_all=sees_all,
        zone=zone,
        now=now,
    )
    if places.page != chosen.page:
        remarks = (*remarks, f"There is no page {chosen.page:,}; this is the last.")
    if len(places.prefixes) > _MOST_GROUPS:
        remarks = (*remarks, f"The first {_MOST_GROUPS} of {len(places.prefixes):,} groups; a filter finds the others.")
    name, backlog, oldest = (
        Sorting(base + chosen.query(order=order), direction if chosen.order == order else "")
        for order, direction in (("name", "ascending"), ("backlog", "descending"), ("oldest", "descending"))
    )
    hurries = not is_stale and (not listed.is_whole or (board.is_large and not is_refresh and _has_late(order)))
    kept = as_kept(places, judged) if listed.is_whole else ""
    return QueuesPage(
        url=base + chosen.query(page=places.page),
        refresh_url=base + chosen.query(page=places.page, keep=kept, anew=hurries and bool(kept)),
        hurries=hurries,
        progress=_progress(listed) if not listed.is_whole else None,
        moved=_moved(order) if has_moved(order.fresh, places, chosen) else "",
        base_url=base,
        account=plain(account.name),
        lede=_lede(board, chosen, is_stale=is_stale, sees_all=sees_all, zone=zone, now=now),
        q=chosen.q,
        show=chosen.show,
        quiet_shown=chosen.quiet,
        totals=totals_of(board.sum, account, zone, now),
        opened=chosen.open if chosen.group else "",
        groupings=tuple(Option(value=value, label=label, chosen=value == chosen.group) for value, label in GROUPS),
        dead_letters_url=reverse("dead_letters", args=[account.pk]),
        segments=tuple(_segments(board, chosen, base)),
        orders=tuple(Option(value=value, label=label, chosen=value == chosen.order) for value, label in ORDERS),
        sort_name=name,
        sort_backlog=backlog,
        sort_oldest=oldest,
        groups=tuple(_prefixes(order, maker, base, now) if chosen.group else _groups(order, maker)),
        quiet=_quiet(order, base),
        pager=pager_of(
            Cut(places.rows, places.total, places.page, MOST_ROWS),
            "Rows",
            lambda page: base + chosen.query(page=page),
        ),
        clock=loss_clock(board.due, account=account, oldest_url=base + chosen.query(order=LOSS), zone=zone, now=now),
        remarks=remarks,
        has_queues=bool(listed.queues),
        has_rows=bool(places.rows or places.prefixes),
        said=_said(places),
        zone=zone.key,
    )


def _progress(listed: QueueList) -> Progress:
    done = len(listed.queues)
    if listed.total is None:
        return Progress(f"{done:,} queues listed so far", 0, 0)
    return Progress(f"{done:,} of {listed.total:,} queues listed so far", done, listed.total)


def _has_late(order: Order) -> bool:
    readings = (order.judged[place].reading for place in order.places.rows)
    return any(reading is None or reading.is_late for reading in readings)


def _lede(board: Board, chosen: Chosen, *, is_stale: bool, sees_all: bool, zone: ZoneInfo, now: datetime) -> str:
    listed, number = board.listed, len(board.listed.queues)
    here = "in this account" if sees_all else "that you may see in this account"
    sentences = [f"{number:,} {here}." if listed.is_whole else f"{number:,} of this account so far."]
    if is_stale and listed.is_whole:
        at = formats.moment_or_clock(listed.read_at, zone, now=now)
        sentences = [f"{number:,} {here} when they were last listed, {at} {zone.key}."]
    if number > 1:
        sentences.append(_ORDERED[chosen.order])
    if board.is_large:
        read = f"{board.counted:,} of {number:,}"
        sentences.append(f"Counts of {read} read, first of the rows shown; the order goes by these.")
        sentences.append(f"Listed {formats.age_between(listed.read_at, now)} ago.")
    return " ".join(sentences)


def _segments(board: Board, chosen: Chosen, base: str) -> Iterator[Segment]:
    counts = board.segments(chosen.q)
    for value, word in SHOWS:
        count = f"{counts[value]:,}"
        if value == "attention" and not counts[value] and board.listed.queues and not board.counted:
            count = formats.UNKNOWN  # it goes by counts
        yield Segment(value, word, count, base + chosen.query(show=value), value == chosen.show)


def _groups(order: Order, maker: RowMaker) -> Iterator[Group]:
    judged, groups = order.judged, order.places.groups
    if order.chosen.order != ATTENTION:
        heads: tuple[tuple[str, str, Sequence[int]], ...] = (("", "", groups[0]),)
    else:
        needing, rest, quiet = groups
        uncounted = [place for place in rest if judged[place].severity == Severity.UNCOUNTED]
        counted = [place for place in rest if judged[place].severity != Severity.UNCOUNTED]
        heads = (
            ("Need attention", "losing, stuck, growing, paused, watched or unknown", needing),
            ("Not counted yet", "how many wait now is unknown so far", uncounted),
            ("Calm", "nothing urgent seen", counted),
            ("Quiet", "empty and running", quiet),
        )
    for number, (title, remark, places) in enumerate(heads):
        needy = sum(judged[place].needs_attention for place in places)
        if number and needy:
            # Rows that refresh themselves stay where they stood, whatever becomes of them.
            remark = f"as they stood; {needy:,} {'needs' if needy == 1 else 'need'} attention now"
        if places:
            # The totals and the segments count all pages.
            number_of = f"{len(places):,} on this page" if order.places.last_page > 1 else f"{len(places):,}"
            yield Group(title, f"{number_of} · {remark}", tuple(maker.row(judged[place]) for place in places))


def _prefixes(order: Order, maker: RowMaker, base: str, now: datetime) -> Iterator[Group]:
    """Each beginning of names with what its queues add up to; the open one with its rows."""
    places, chosen = order.places, order.chosen
    for stem, members in list(places.prefixes.items())[:_MOST_GROUPS]:
        is_open, found = stem == chosen.open, order.board.sum_of(members)
        yield Group(
            title="No shared prefix" if stem == OTHERS else plain(stem),
            remark="",
            sums=sums_of(found, now),
            rows=tuple(maker.row(order.judged[place]) for place in places.rows) if is_open else (),
            url=base + chosen.query(open="" if is_open else stem),
            is_open=is_open,
            icon=found.worst.severity.icon if found.worst else "",
            tone=found.worst.severity.tone if found.worst else "",
        )


def _said(places: Selection) -> str:
    if places.prefixes:
        return f"{formats.plural(len(places.prefixes), 'group')} shown"
    return f"{formats.plural(places.total, 'queue')} shown"


def _moved(order: Order) -> str:
    """In words what the new order brings; first of all whom it brings to the top."""
    judged, known = order.judged, set(order.places.groups[0])
    needing = [judged[place] for place in order.fresh.groups[0] if place not in known and judged[place].needs_attention]
    if needing and order.fresh.last_page > 1:
        # How many of them come to this page is no number that stands anywhere else.
        return "Other queues need attention first now."
    if not needing:
        return "The order is another now."
    if len(needing) == 1:
        return f"{plain(needing[0].queue.name)} needs attention now."
    return f"{len(needing):,} more queues need attention now."


def _quiet(order: Order, base: str) -> Quiet | None:
    places, chosen = order.places, order.chosen
    if not places.quiet:
        return None
    heads = order.board.beginnings(places.quiet)
    shared = [(head, count) for head, count in heads.most_common(_MOST_PREFIXES) if count > 1]
    rest = len(places.quiet) - sum(count for _, count in shared)
    if not shared:
        told = [(plain(order.judged[place].queue.name), "") for place in places.quiet[:_MOST_PREFIXES]]
        if rest > _MOST_PREFIXES:
            told.append(("others", f"{rest - _MOST_PREFIXES:,}"))
    else:
        told = [(plain(head), f"{count:,}") for head, count in shared]
        if rest:
            told.append(("others", f"{rest:,}"))
    return Quiet(
        count=f"{len(places.quiet):,} quiet",
        told=tuple(told),
        url=base + chosen.query(quiet=not chosen.quiet),
        is_open=chosen.quiet,
    )
