"""The rows of the list of queues, with what is known of them and what is asked for them now."""

import math
from collections.abc import Mapping, Sequence

from django.http import HttpRequest
from django.utils import timezone

from queues_app import access
from queues_app.access import Place
from queues_app.callers import caller_of, person
from queues_app.forms.queues import Chosen, QueueFilterForm
from queues_app.models import Account
from queues_app.operations import backlogs, overview, queues, trends, watches
from queues_app.operations.known_queues import QueueList
from queues_app.operations.overview import Listing
from queues_app.operations.queues import Reading
from queues_app.operations.visits import Visited
from queues_app.parts import wants_part
from queues_app.rows.queue_board import Board, Order, boards, judged_all
from queues_app.rows.queue_list import QueuesPage, late_words, queues_page
from queues_app.rows.queue_selection import MOST_ASKED, ids_to_ask
from queues_app.rows.shell import refresh_interval
from queues_app.rows.spending import Slowed, paced_list, slowed_list
from queues_app.rows.watches import firing_words
from queues_app.views.queue_frame import COUNTS_BUDGET_S, LATE_COUNTS_BUDGET_S


def queues_listed(
    request: HttpRequest, account: Account, listing: Listing, listed: QueueList, visited: Sequence[Visited]
) -> tuple[QueuesPage, Slowed | None]:
    """The rows with their counts; with the remembered ones only where the list itself could not be read.

    And how slowly they come, where that is slower than the page refreshes.
    """
    chosen, remarks = QueueFilterForm(request.GET).chosen()
    zone = person(request).tzinfo
    if listing.is_late:
        remarks = (*remarks, late_words(listed, zone=zone, now=timezone.now()))
    order = _order(request, account, listed, chosen)
    readings = _readings(request, account, listing, order)
    lines = trends.of(account=account, queue_ids=order.queue_ids, now=timezone.now())
    order = order.recounted(readings, lines, timezone.now())
    boards.keep(account, order.board.plain)
    page = queues_page(
        account,
        order,
        readings=readings,
        trends=lines,
        pinned=frozenset(one.queue_id for one in visited if one.is_pinned),
        is_stale=listing.failure is not None or listing.is_late,
        is_refresh=wants_part(request),
        sees_all=access.sees_all(person(request), Place.of(account)),
        remarks=remarks,
        zone=zone,
        now=timezone.now(),
    )
    return page, _slowed(request, listing, order, page)


def _slowed(request: HttpRequest, listing: Listing, order: Order, page: QueuesPage) -> Slowed | None:
    rows = (row for group in page.groups for row in group.rows)
    counted_ms = [row.as_of_ms for row in rows if row.as_of_ms is not None and not row.is_stale]
    if listing.slowed:
        return slowed_list(listing.slowed, counted_ms, zone=person(request).tzinfo, now=timezone.now())
    every_s = math.ceil(overview.counts_every_s(len(order.queue_ids), is_large=bool(order.ahead)))
    return paced_list(every_s, counted_ms) if 0 < refresh_interval(request) < every_s else None


def _order(request: HttpRequest, account: Account, listed: QueueList, chosen: Chosen) -> Order:
    """Which rows, by what is known before anything is asked."""

    def judged() -> Board:
        ids = ids_to_ask(listed.queues)
        hints = backlogs.known(caller=caller_of(request), account=account) if len(ids) > MOST_ASKED else {}
        known = queues.remembered_readings(account=account, queue_ids=ids)
        return judged_all(listed, known, timezone.now(), hints=hints)

    now, user = timezone.now(), person(request)
    firing = firing_words(watches.firing_in(user, account), now=now, zone=user.tzinfo)
    return boards.of(account, listed, now, judged).lifted(firing).order(chosen)


def _readings(request: HttpRequest, account: Account, listing: Listing, order: Order) -> Mapping[str, Reading]:
    if listing.failure is not None:
        return queues.remembered_readings(account=account, queue_ids=order.queue_ids)
    board = order.board
    is_first = board.is_large and not wants_part(request)
    hurries = is_first or listing.is_late or not board.listed.is_whole
    return overview.read_counts(
        caller=caller_of(request),
        account=account,
        queue_ids=order.queue_ids,
        budget_s=LATE_COUNTS_BUDGET_S if hurries else COUNTS_BUDGET_S,
        ahead=order.ahead,
    )
