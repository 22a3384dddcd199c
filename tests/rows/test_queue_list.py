"""The list of queues: chosen, ordered, grouped, cut to pages."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from queues_app.cloudflare import Queue
from queues_app.forms.queues import Chosen, QueueFilterForm
from queues_app.models import Account
from queues_app.operations.known_queues import QueueList
from queues_app.operations.queues import Reading
from queues_app.rows.queue_board import judged_all
from queues_app.rows.queue_list import QueuesPage, queues_page
from tests.support.queues import NOW, failed_reading, make_consumer, make_queue, make_reading

ACCOUNT = Account(pk=7, name="acme")
UTC_ZONE = ZoneInfo("UTC")


def page_of(
    queues: list[Queue],
    readings: Mapping[str, Reading] | None = None,
    chosen: Chosen | None = None,
    *,
    known: Mapping[str, Reading] | None = None,
    is_stale: bool = False,
) -> QueuesPage:
    readings, chosen = readings or {}, chosen or Chosen()
    listed = QueueList(queues=tuple(queues), read_at=NOW)
    order = judged_all(listed, readings if known is None else known, NOW).order(chosen)
    return queues_page(
        ACCOUNT,
        order.recounted(readings, {}, NOW),
        readings=readings,
        is_stale=is_stale,
        zone=UTC_ZONE,
        now=NOW,
    )


def names(page: QueuesPage) -> list[str]:
    return ["".join(piece.text for piece in row.name) for group in page.groups for row in group.rows]


@pytest.fixture
def company() -> tuple[list[Queue], dict[str, Reading]]:
    """A queue of each sort."""
    queues = [
        make_queue("calm", make_consumer()),
        make_queue("quiet-a", make_consumer(dead_letter_queue=None)),
        make_queue("quiet-b", make_consumer(dead_letter_queue=None)),
        make_queue("paused", make_consumer(type="worker", script="renderer"), delivery_paused=True),
        make_queue("alone"),
        make_queue("orders-dlq"),
        make_queue("dark", make_consumer()),
        make_queue("losing", make_consumer()),
    ]
    readings = [
        make_reading(50),
        make_reading(0),
        make_reading(0),
        make_reading(7, age=timedelta(hours=2)),
        make_reading(9, age=timedelta(hours=3)),
        make_reading(4, age=timedelta(hours=1)),
        failed_reading(make_reading(96, read_at=NOW - timedelta(minutes=5))),
        make_reading(1, age=timedelta(days=3, hours=23)),
    ]
    return queues, {queue.id: reading for queue, reading in zip(queues, readings, strict=True)}


def test_what_needs_somebody_comes_first_and_the_quiet_ones_are_one_line(
    company: tuple[list[Queue], dict[str, Reading]],
) -> None:
    page = page_of(*company)
    assert [group.title for group in page.groups] == ["Need attention", "Calm"]
    assert names(page) == ["losing", "alone", "paused", "dark", "calm", "orders-dlq"]
    assert page.quiet is not None
    assert (page.quiet.count, page.quiet.told) == ("2 quiet", (("quiet-", "2"),))


def test_the_quiet_ones_unfold_by_their_address(company: tuple[list[Queue], dict[str, Reading]]) -> None:
    folded = page_of(*company).quiet
    assert folded is not None
    assert folded.url == "/accounts/7/queues/?quiet=shown"
    page = page_of(*company, Chosen(quiet=True))
    assert names(page)[-2:] == ["quiet-a", "quiet-b"]
    assert page.groups[-1].title == "Quiet"


def test_where_all_are_quiet_they_are_shown() -> None:
    queue = make_queue("quiet", make_consumer())
    page = page_of([queue], {queue.id: make_reading(0)})
    assert (names(page), page.quiet) == (["quiet"], None)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("name", ["alone", "calm", "dark", "losing", "orders-dlq", "paused", "quiet-a", "quiet-b"]),
        ("backlog", ["dark", "calm", "alone", "paused", "orders-dlq", "losing", "quiet-a", "quiet-b"]),
        ("oldest", ["losing", "alone", "paused", "orders-dlq", "dark", "calm", "quiet-a", "quiet-b"]),
    ],
)
def test_the_other_orders_show_all_without_groups(
    company: tuple[list[Queue], dict[str, Reading]], order: str, expected: list[str]
) -> None:
    page = page_of(*company, Chosen(order=order))
    assert names(page) == expected
    assert [group.title for group in page.groups] == [""]


def test_segments_count_what_they_would_show(company: tuple[list[Queue], dict[str, Reading]]) -> None:
    assert [(one.word, one.count) for one in page_of(*company).segments] == [
        ("All", "8"),
        ("Need attention", "4"),
        ("Paused", "1"),
        ("Nobody consumes", "2"),
        ("Dead-letter", "1"),
    ]
    assert names(page_of(*company, Chosen(show="nobody"))) == ["alone", "orders-dlq"]
    assert names(page_of(*company, Chosen(show="dead-letter"))) == ["orders-dlq"]


@pytest.mark.parametrize(
    ("q", "expected"),
    [("QUIET", 2), ("renderer", 1), ("paused worker", 1), ("http pull", 5), ("orders-dlq", 5), ("zzz", 0)],
)
def test_the_filter_reads_names_consumers_states_and_dead_letter_queues(
    company: tuple[list[Queue], dict[str, Reading]], q: str, expected: int
) -> None:
    page = page_of(*company, Chosen(q=q))
    assert len(names(page)) == expected
    assert page.has_rows == (expected > 0)
    assert page.segments[0].count == str(expected)


def test_a_row_whose_counts_failed_says_what_they_were_and_when(
    company: tuple[list[Queue], dict[str, Reading]],
) -> None:
    page = page_of(*company, Chosen(q="dark"))
    (row,) = page.groups[0].rows
    assert (row.backlog, row.backlog_second, row.size, row.oldest) == ("unknown", "was 96", "unknown", "unknown")
    assert (row.as_of, row.as_of_ago, row.is_stale) == ("13:58:22", "5 min ago", True)
    assert row.kept.share is None


def test_what_was_never_read_has_no_number_and_no_time() -> None:
    (row,) = page_of([make_queue("new", make_consumer())]).groups[0].rows
    assert (row.backlog, row.size, row.as_of, row.as_of_ms) == ("unknown", "unknown", "unknown", None)


def test_a_remembered_list_says_that_its_states_are_old() -> None:
    queue = make_queue("orders", make_consumer(), delivery_paused=True)
    page = page_of([queue], {queue.id: make_reading()}, is_stale=True)
    (row,) = page.groups[0].rows
    assert (row.state.word, row.state.second, row.is_stale) == ("Unknown", "was paused", True)
    assert page.lede.startswith("1 in this account when they were last listed, 14:03:22 UTC.")


def test_a_dead_letter_queue_tells_who_feeds_it_and_how_many_are_there(
    company: tuple[list[Queue], dict[str, Reading]],
) -> None:
    page = page_of(*company, Chosen(order="name"))
    rows = {row.key: row for group in page.groups for row in group.rows}
    by_name = dict(zip(names(page), rows.values(), strict=True))
    assert by_name["calm"].limit_second == "4 there"
    assert "".join(piece.text for piece in by_name["orders-dlq"].consumer_second) == "fed by 4 queues"


def test_a_dead_letter_queue_that_is_not_in_the_account_is_told() -> None:
    (row,) = page_of([make_queue("orders", make_consumer())]).groups[0].rows
    assert row.limit_second == "not in this account"


def test_a_lying_upstream_gives_rows_without_a_link() -> None:
    same = make_queue("same")
    hostile = make_queue("<b>\u202e", id="javascript:alert(1)", delivery_paused=True)
    page = page_of([same, same, hostile, make_queue("", id="")], chosen=Chosen(order="name"))
    links = [row.url for group in page.groups for row in group.rows]
    assert sorted(links) == ["", "", "", f"/accounts/7/queues/{same.id}/"]
    listed = QueueList(queues=(same, same, hostile), read_at=NOW)
    assert judged_all(listed, {}, NOW).order(Chosen()).queue_ids == [same.id]


def test_a_thousand_queues_come_in_pages_of_a_hundred() -> None:
    queues = [make_queue(f"queue-{number:04}", make_consumer(), id=f"{number:032x}") for number in range(1000)]
    listed = QueueList(queues=tuple(queues), read_at=NOW)
    second = Chosen(order="name", page=2)
    assert judged_all(listed, {}, NOW).order(second).queue_ids == [queue.id for queue in queues[100:200]]
    page = page_of(queues, chosen=second)
    assert names(page)[0] == "queue-0100"
    assert page.pager is not None
    assert page.pager.said == "Rows 101 to 200 of 1,000"
    assert page.pager.previous_url == "/accounts/7/queues/?order=name"
    assert page.pager.next_url == "/accounts/7/queues/?order=name&page=3"
    assert "Counts of 0 of 1,000 read" in page.lede


def test_of_many_queues_the_rows_are_those_that_the_page_asked_for_and_stand_by_their_newest_counts() -> None:
    queues = [make_queue(f"queue-{number:04}", make_consumer(), id=f"{number:032x}") for number in range(300)]
    known = {queues[299].id: make_reading(10)}
    fresh = {queues[299].id: make_reading(0), queues[0].id: make_reading(99)}
    page = page_of(queues, fresh, Chosen(order="backlog"), known=known)
    assert names(page)[:2] == ["queue-0000", "queue-0299"]
    assert len(names(page)) == 100
    # Nobody has a place to keep yet. Once somebody has, it is kept.
    later = fresh | {queues[5].id: make_reading(500)}
    kept = page_of(queues, later, Chosen(order="backlog", keep=kept_by(page)), known=fresh)
    assert names(kept)[:2] == ["queue-0000", "queue-0299"]
    assert names(page_of(queues, later, Chosen(order="backlog", keep=kept_by(page), anew=True), known=fresh))[:2] == [
        "queue-0005",
        "queue-0000",
    ]


def test_of_many_queues_those_that_need_attention_stand_first_before_anybody_has_read_anything() -> None:
    queues = [make_queue(f"queue-{number:04}", make_consumer(), id=f"{number:032x}") for number in range(300)]
    known = {queue.id: make_reading(0) for queue in queues}
    fresh = known | {queues[number].id: make_reading(9, age=timedelta(hours=5)) for number in (3, 8)}
    page = page_of(queues, fresh, Chosen(q="queue-000"), known=known)
    assert [(group.title, len(group.rows)) for group in page.groups] == [("Need attention", 2), ("Calm", 8)]
    assert not page.moved


def test_a_page_beyond_the_last_is_the_last_and_says_so() -> None:
    page = page_of([make_queue("orders", make_consumer())], chosen=Chosen(page=9))
    assert (names(page), page.remarks) == (["orders"], ("There is no page 9; this is the last.",))


def kept_by(page: QueuesPage) -> str:
    """What a refresh of the page says of its rows."""
    return parse_qs(urlsplit(page.refresh_url).query).get("keep", [""])[0]


def test_a_refresh_moves_no_row_and_offers_the_new_order(company: tuple[list[Queue], dict[str, Reading]]) -> None:
    queues, readings = company
    before = page_of(queues, readings)
    later = readings | {queues[0].id: make_reading(50, age=timedelta(days=3, hours=23))}
    page = page_of(queues, later, Chosen(keep=kept_by(before)))
    assert names(page) == names(before)
    assert page.moved == "calm needs attention now."
    # It stays where it stood, and no heading says that it is calm.
    assert page.groups[1].remark == "2 · as they stood; 1 needs attention now"
    assert page.url == "/accounts/7/queues/"
    assert page.segments[1].count == "5"
    assert names(page_of(queues, later))[0] == "calm"


def test_numbers_that_change_are_no_new_order_by_attention(
    company: tuple[list[Queue], dict[str, Reading]],
) -> None:
    queues, readings = company
    keep = kept_by(page_of(queues, readings))
    later = readings | {queues[0].id: make_reading(1)}
    page = page_of(queues, later, Chosen(keep=keep))
    assert page.moved == ""
    assert page.groups[1].remark == "2 · nothing urgent seen"
    assert kept_by(page) == keep


def test_by_backlog_another_order_is_offered_too(company: tuple[list[Queue], dict[str, Reading]]) -> None:
    queues, readings = company
    keep = kept_by(page_of(queues, readings, Chosen(order="backlog")))
    later = readings | {queues[0].id: make_reading(1)}
    page = page_of(queues, later, Chosen(order="backlog", keep=keep))
    assert page.moved == "The order is another now."
    assert names(page)[:2] == ["dark", "calm"]


def test_a_queue_that_is_gone_leaves_and_one_that_came_waits(
    company: tuple[list[Queue], dict[str, Reading]],
) -> None:
    queues, readings = company
    keep = kept_by(page_of(queues, readings))
    came = [make_queue("came"), make_queue("came-too")]
    later = readings | {queue.id: make_reading(3) for queue in came}
    page = page_of([*queues[1:], *came], later, Chosen(keep=keep))
    assert names(page) == ["losing", "alone", "paused", "dark", "orders-dlq"]
    assert page.moved == "2 more queues need attention now."


@pytest.mark.parametrize("keep", ["zzz", "-", "--", "----", "....", "00000000.00000000--", "." * 900])
def test_kept_rows_that_make_no_sense_are_ignored(company: tuple[list[Queue], dict[str, Reading]], keep: str) -> None:
    assert names(page_of(*company, Chosen(keep=keep))) == names(page_of(*company))


def test_few_quiet_ones_without_a_common_beginning_are_named() -> None:
    queues = [make_queue(name, make_consumer()) for name in ("busy", "alpha", "beta")]
    readings = {queue.id: make_reading(3 if queue.name == "busy" else 0) for queue in queues}
    quiet = page_of(queues, readings).quiet
    assert quiet is not None
    assert quiet.told == (("alpha", ""), ("beta", ""))


@pytest.mark.parametrize(
    ("data", "chosen", "remarks"),
    [
        ({}, Chosen(), 0),
        (
            {"q": " a ", "show": "paused", "order": "name", "page": "3"},
            Chosen(q="a", show="paused", order="name", page=3),
            0,
        ),
        ({"show": "all", "order": "attention", "quiet": "shown"}, Chosen(quiet=True), 0),
        ({"q": "a\x00", "show": "x", "order": "';--", "page": "-1", "quiet": "?"}, Chosen(), 4),
        ({"q": "a" * 201, "page": "9" * 400}, Chosen(), 2),
    ],
)
def test_an_address_that_cannot_be_understood_is_ignored_with_a_sentence(
    data: dict[str, str], chosen: Chosen, remarks: int
) -> None:
    understood, said = QueueFilterForm(data).chosen()
    assert understood == chosen
    assert len(said) == remarks


def test_an_address_holds_only_what_differs_from_the_usual() -> None:
    assert Chosen().query() == ""
    assert Chosen(q="a b", page=4).query(show="paused") == "?q=a+b&show=paused"
    assert Chosen(order="name").query(page=2) == "?order=name&page=2"


def test_a_group_says_which_of_its_queues_is_the_worst_and_why() -> None:
    queues = [make_queue(name, make_consumer()) for name in ("orders-in", "orders-out", "stock-in", "stock-out")]
    readings = {queue.id: make_reading(0) for queue in queues}
    readings[queues[0].id] = make_reading(5, age=timedelta(hours=3))
    readings[queues[1].id] = make_reading(5, age=timedelta(days=3, hours=23))
    orders, stock = page_of(queues, readings, Chosen(group="prefix")).groups
    assert orders.sums is not None
    assert (orders.sums.needing, orders.sums.worst) == (
        "2 need attention",
        "first orders-out: loses messages in 1 h 0 min",
    )
    assert (orders.icon, orders.tone) == ("losing", "is-loss")
    assert stock.sums is not None
    assert (stock.sums.needing, stock.sums.worst, stock.icon) == ("", "", "")


def test_a_group_adds_up_only_what_was_counted_and_says_of_how_many() -> None:
    queues = [make_queue(name, make_consumer()) for name in ("orders-in", "orders-out", "stock-in", "stock-out")]
    readings = {queues[0].id: make_reading(1200, age=timedelta(hours=3)), queues[1].id: failed_reading()}
    orders, stock = page_of(queues, readings, Chosen(group="prefix")).groups
    assert orders.sums is not None
    assert (orders.sums.queues, orders.sums.counted) == ("2 queues", ", 1 counted")
    assert (orders.sums.messages, orders.sums.oldest) == ("1,200", "3 h 0 min")
    assert stock.sums is not None
    assert (stock.sums.messages, stock.sums.size, stock.sums.oldest) == ("unknown",) * 3
    assert stock.sums.counted == ", 0 counted"


def test_ordered_by_loss_what_retention_deletes_first_stands_first() -> None:
    queues = [make_queue(name, make_consumer()) for name in ("late", "soon", "never", "old")]
    readings = {queue.id: make_reading(0) for queue in queues}
    readings[queues[0].id] = make_reading(5, age=timedelta(days=3, hours=2))
    readings[queues[1].id] = make_reading(5, age=timedelta(days=3, hours=23))
    readings[queues[3].id] = make_reading(5, age=timedelta(hours=20))
    page = page_of(queues, readings, Chosen(order="loss"))
    assert names(page) == ["soon", "late", "old", "never"]
    assert page.clock is not None
    assert page.clock.oldest_url == "/accounts/7/queues/?order=loss"


def test_a_queue_that_was_never_counted_is_not_among_the_calm() -> None:
    queues = [make_queue("new", make_consumer()), make_queue("busy", make_consumer())]
    page = page_of(queues, {queues[1].id: make_reading(3)})
    assert [(group.title, group.remark) for group in page.groups] == [
        ("Not counted yet", "1 · how many wait now is unknown so far"),
        ("Calm", "1 · nothing urgent seen"),
    ]
    assert page.totals[0].second == "none of those counted needs attention"


def test_counts_that_are_late_leave_the_row_where_the_last_ones_put_it() -> None:
    queues = [make_queue("stuck", make_consumer()), make_queue("busy", make_consumer())]
    late = failed_reading(make_reading(7, age=timedelta(days=2)), is_late=True)
    page = page_of(queues, {queues[0].id: late, queues[1].id: make_reading(3)})
    assert [group.title for group in page.groups] == ["Need attention", "Calm"]
