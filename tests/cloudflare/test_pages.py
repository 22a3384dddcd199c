import threading
from collections.abc import Callable

import httpx
import pytest

from queues_app.cloudflare import AnswerLost, ServerFault, Unreadable
from tests.cloudflare.scripted import ACCOUNT, TOKEN, bad, good, script


def queue(number: int) -> dict[str, str]:
    return {"queue_id": f"{number:032x}", "queue_name": f"q{number}"}


def server(total: int, size: int, **info: object) -> Callable[[httpx.Request], httpx.Response]:
    """Answers pages of `size`; `info` overrides members of result_info, None drops one."""

    def handle(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        shown = [queue(number) for number in range(total)][(page - 1) * size : page * size]
        members = {"page": page, "per_page": size, "count": len(shown), "total_count": total}
        told = {name: value for name, value in (members | info).items() if value is not None}
        return good(shown, result_info=told)

    return handle


@pytest.mark.parametrize(("total", "size", "asked"), [(0, 20, 1), (5, 20, 1), (20, 20, 1), (45, 20, 3), (250, 100, 3)])
def test_all_pages_are_asked_for(total: int, size: int, asked: int) -> None:
    played = script(server(total, size))
    answer = played.client().queues(TOKEN, account_id=ACCOUNT)
    assert [one.name for one in answer.value] == [f"q{number}" for number in range(total)]
    assert len(played.requests) == asked


def test_total_pages_is_enough_to_know_the_end() -> None:
    played = script(server(45, 20, total_count=None, total_pages=3))
    assert len(played.client().queues(TOKEN, account_id=ACCOUNT).value) == 45
    assert len(played.requests) == 3


def test_without_counts_the_pages_go_on_until_one_is_short() -> None:
    played = script(server(45, 20, total_count=None))
    assert len(played.client().queues(TOKEN, account_id=ACCOUNT).value) == 45
    assert len(played.requests) == 3


def test_a_server_that_knows_no_pages_is_asked_once_more_at_most() -> None:
    played = script(good([queue(number) for number in range(50)]))
    assert len(played.client().queues(TOKEN, account_id=ACCOUNT).value) == 50
    assert len(played.requests) == 2


def test_a_total_that_is_never_reached_does_not_go_on_for_ever() -> None:
    played = script(server(5, 20, total_count=2000))
    assert len(played.client().queues(TOKEN, account_id=ACCOUNT).value) == 5
    assert len(played.requests) == 2


def test_a_queue_that_moved_between_pages_is_taken_once() -> None:
    info = {"total_count": 3, "per_page": 2}
    played = script(good([queue(1), queue(2)], result_info=info), good([queue(2), queue(3)], result_info=info))
    answer = played.client().queues(TOKEN, account_id=ACCOUNT)
    assert [one.name for one in answer.value] == ["q1", "q2", "q3"]


def test_a_page_that_fails_fails_the_list() -> None:
    info = {"total_count": 3, "per_page": 2}
    played = script(good([queue(1), queue(2)], result_info=info), bad(500))
    with pytest.raises(ServerFault):
        played.client().queues(TOKEN, account_id=ACCOUNT)


def test_all_pages_share_one_deadline() -> None:
    pages = server(1000, 10)

    def slowly(request: httpx.Request) -> httpx.Response:
        played.now += 3
        if request.extensions["timeout"]["read"] < 3:
            raise httpx.ReadTimeout("slow")
        return pages(request)

    played = script(slowly)
    with pytest.raises(AnswerLost):
        played.client(total_timeout=10).queues(TOKEN, account_id=ACCOUNT)
    assert len(played.requests) <= 5


def test_a_list_without_a_result_is_not_an_empty_one() -> None:
    odds: list[object] = [None, {}, "x", [{}]]
    for odd in odds:
        with pytest.raises(Unreadable):
            script(good(odd)).client().queues(TOKEN, account_id=ACCOUNT)


def test_accounts_come_in_pages_too() -> None:
    played = script(good([{"id": ACCOUNT, "name": "acme-logistics"}], result_info={"total_count": 1}))
    (account,) = played.client().accounts(TOKEN).value
    assert account.name == "acme-logistics"
    assert played.requests[0].url.params["per_page"] == "50"


def test_pages_side_by_side_are_no_more_than_eight_and_keep_their_order() -> None:
    pages, lock, running, seen = server(1700, 100, total_pages=17), threading.Lock(), 0, []
    # The first goes alone; of the others eight begin before any ends, and then eight more.
    together = threading.Barrier(8, timeout=10)

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal running
        with lock:
            running += 1
            seen.append(running)
        if request.url.params["page"] != "1":
            together.wait()
        with lock:
            running -= 1
        return pages(request)

    answer = script(handle).client().queues(TOKEN, account_id=ACCOUNT)
    assert [one.name for one in answer.value] == [f"q{number}" for number in range(1700)]
    assert max(seen) == 8


def test_a_server_that_tells_many_pages_and_sends_the_same_is_not_asked_for_all_of_them() -> None:
    played = script(good([queue(number) for number in range(50)], result_info={"total_pages": 900}))
    assert len(played.client().queues(TOKEN, account_id=ACCOUNT).value) == 50
    assert len(played.requests) <= 9


def test_what_has_come_is_told_after_each_page() -> None:
    told: list[tuple[int, int | None, bool]] = []
    played = script(server(45, 20, total_pages=3))
    played.client().queues(
        TOKEN, account_id=ACCOUNT, tell=lambda pages: told.append((len(pages.items), pages.total, pages.is_whole))
    )
    assert told[0] == (20, 45, False)
    assert told[-1] == (45, 45, True)
    assert len(told) == 3


def test_where_nobody_says_how_many_there_are_the_last_page_is_known_by_being_short() -> None:
    told: list[tuple[int, int | None, bool]] = []
    played = script(server(45, 20, total_count=None))
    played.client().queues(
        TOKEN, account_id=ACCOUNT, tell=lambda pages: told.append((len(pages.items), pages.total, pages.is_whole))
    )
    assert told == [(20, None, False), (40, None, False), (45, None, True)]
