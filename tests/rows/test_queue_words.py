"""A queue's settings in words."""

from datetime import UTC, timedelta

from hypothesis import given
from hypothesis import strategies as st

from queues_app.models import Account
from queues_app.rows import queue_words
from queues_app.rows.queue_row import RowMaker
from queues_app.rows.queue_severity import judge
from queues_app.rows.queue_words import ListedNames
from tests.support.queues import NOW, make_consumer, make_queue, make_reading

ACCOUNT = Account(pk=7)


def text(pieces: queue_words.Shown) -> str:
    return "".join(piece.text for piece in pieces)


def test_a_pull_consumer_has_a_limit_and_a_lease() -> None:
    words = queue_words.consumer_of(make_queue("orders", make_consumer()))
    assert (text(words.kind), words.limit, text(words.second)) == ("HTTP pull", "limit 3", "lease 30 s")


def test_a_worker_has_a_limit_and_a_script() -> None:
    worker = make_consumer(type="worker", script="mailer", max_retries=None)
    words = queue_words.consumer_of(make_queue("orders", worker))
    assert (text(words.kind), words.limit, text(words.second)) == ("Worker", "limit unknown", "mailer")


def test_a_kind_of_consumer_that_is_new_to_us_is_named_as_it_stands() -> None:
    words = queue_words.consumer_of(make_queue("orders", make_consumer(type="pigeon\u202e")))
    assert [piece.kind for piece in words.kind] == ["text", "control"]


def test_consumers_that_are_counted_but_not_listed_are_unknown_and_not_nobody() -> None:
    queue = make_queue("orders", consumers_total_count=2)
    words = queue_words.consumer_of(queue)
    assert (text(words.kind), words.is_nobody, text(words.second)) == ("unknown", False, "2 consumers")
    assert queue_words.at_limit_of(queue, ACCOUNT, ListedNames({}, sees_all=True)).what == "unknown"


def test_more_consumers_than_one_are_told() -> None:
    words = queue_words.consumer_of(make_queue("orders", make_consumer(), make_consumer()))
    assert text(words.second) == "lease 30 s, 1 more"


def test_at_the_limit_messages_go_to_the_dead_letter_queue_or_are_deleted() -> None:
    dlq = make_queue("orders-dlq")
    names = ListedNames(queue_words.ids_by_name([dlq]), sees_all=True)
    orders = make_queue("orders", make_consumer())
    assert queue_words.at_limit_of(orders, ACCOUNT, names).url == f"/accounts/7/queues/{dlq.id}/"
    assert (
        queue_words.at_limit_of(orders, ACCOUNT, ListedNames({}, sees_all=True)).url
        == "/accounts/7/queues/?q=orders-dlq"
    )
    without = make_queue("orders", make_consumer(dead_letter_queue=None))
    assert queue_words.at_limit_of(without, ACCOUNT, names).what == "deleted"
    assert queue_words.at_limit_of(make_queue("orders"), ACCOUNT, names).what == "nothing"


def test_a_dead_letter_queue_is_missing_only_where_a_list_was_read_without_it() -> None:
    orders = make_queue("orders", make_consumer())
    for ids, missing in (({}, "not in this account"), (None, ""), ({"orders-dlq": ""}, "")):
        assert queue_words.at_limit_of(orders, ACCOUNT, ListedNames(ids, sees_all=True)).missing == missing


def test_a_name_that_two_queues_have_or_an_id_that_is_none_leads_nowhere() -> None:
    twice = [make_queue("a"), make_queue("a", id="b" * 32), make_queue("c", id="../../etc")]
    assert queue_words.ids_by_name(twice) == {"a": "", "c": ""}
    assert queue_words.queue_url(ACCOUNT, "../../etc") == ""


def test_retention_tells_its_share_and_what_is_left() -> None:
    queue = make_queue("orders")
    kept = queue_words.kept_of(queue, make_reading(5, age=timedelta(days=1)).metrics, NOW)
    assert (kept.period, kept.share, kept.tone, kept.left) == ("4 d", 0.25, "", "3 d 0 h left")
    soon = queue_words.kept_of(queue, make_reading(5, age=timedelta(days=3, hours=2)).metrics, NOW)
    assert (soon.tone, soon.left) == ("price", "22 h 0 min left")
    late = queue_words.kept_of(queue, make_reading(5, age=timedelta(days=9)).metrics, NOW)
    assert (late.share, late.tone, late.left) == (1.0, "loss", "due now")


def test_retention_of_what_is_not_known_is_unknown_and_not_zero() -> None:
    queue = make_queue("orders")
    for metrics in (None, make_reading(5, age=None).metrics, make_reading(None).metrics):
        assert queue_words.kept_of(queue, metrics, NOW).share is None
    untold = make_queue("orders", message_retention_period=None)
    assert queue_words.kept_of(untold, make_reading().metrics, NOW).left == "period not told"
    assert queue_words.kept_of(queue, make_reading(0).metrics, NOW).left == "nothing waits"


@given(st.text())
def test_any_name_is_shown_within_bounds_and_can_be_linked(name: str) -> None:
    assert len(text(queue_words.shown(name))) <= queue_words.MOST_CHARACTERS * 12
    assert "\u202e" not in queue_words.plain(name)
    assert "\x00" not in queue_words.plain(name)
    assert queue_words.search_url(ACCOUNT, name).isascii()


def test_a_list_that_lacks_the_dead_letter_queue_says_only_what_its_reader_can_know() -> None:
    rows = {}
    for sees_all in (True, False):
        maker = RowMaker(
            ACCOUNT,
            {},
            {},
            {},
            frozenset(),
            is_stale=False,
            zone=UTC,
            now=NOW,
            sees_all=sees_all,
        )
        rows[sees_all] = maker.row(judge(make_queue("orders", make_consumer()), None, fed=0, now=NOW)).limit_second
    assert rows == {True: "not in this account", False: "not among the queues you may see"}
