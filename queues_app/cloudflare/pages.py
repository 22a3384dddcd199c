"""Lists that come in pages."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from itertools import islice
from typing import Final, Protocol

import msgspec

from queues_app.cloudflare import parsing, wire
from queues_app.cloudflare.answers import Answer
from queues_app.cloudflare.auth import Auth
from queues_app.cloudflare.caller import Call, Caller, Parts

_MOST_PAGES: Final = 1000  # an account has at most 10,000 queues; no server gives fewer than ten a page
_SIDE_BY_SIDE: Final = 8
_SMALLEST_PAGE: Final = 20  # items; the default of the API where it says nothing about its pages

_page = msgspec.json.Decoder(wire.Page)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


type _Page[T] = Answer[tuple[tuple[T, ...], wire.Page]]
type Tell[T: _Named] = Callable[["Pages[T]"], None]


class Pages[T: _Named]:
    """The pages that have come, in whatever order."""

    def __init__(self, tell: Tell[T] | None) -> None:
        self._tell = tell
        self._by_number: dict[int, _Page[T]] = {}
        self._seen: set[str] = set()

    def take(self, number: int, page: _Page[T]) -> bool:
        """Whether it brought anything: a server that knows no pages sends the same again."""
        known = len(self._seen)
        self._by_number[number] = page
        self._seen.update(item.id for item in page.value[0])
        if self._tell:
            self._tell(self)
        return len(self._seen) > known

    @property
    def items(self) -> tuple[T, ...]:
        """What has come, in the order of the pages."""
        by_id = {item.id: item for number in sorted(self._by_number) for item in self._by_number[number].value[0]}
        return tuple(by_id.values())

    @property
    def total(self) -> int | None:
        """How many items there are in all, by the word of the first page; None where it says nothing."""
        return wire.integer(self._by_number[1].value[1].total_count)

    @property
    def is_whole(self) -> bool:
        """Whether all has come, as far as anybody says how much that is."""
        return len(self._seen) >= self.total if self.total is not None else self.next is None

    @property
    def next(self) -> int | None:
        """The page to ask for after these; None where there is none, by the word of the last of them."""
        number = max(self._by_number)
        found, info = self._by_number[number].value
        is_over = number >= _MOST_PAGES or _was_last(info, number, len(found), len(self._seen))
        return None if is_over else number + 1

    def answer(self) -> Answer[tuple[T, ...]]:
        last = self._by_number[max(self._by_number)]
        return Answer(
            value=self.items,
            status=last.status,
            cf_ray=last.cf_ray,
            duration_ms=sum(page.duration_ms for page in self._by_number.values()),
            rate_limit=last.rate_limit,
            received_at=self._by_number[1].received_at,
        )


def all_pages[T: _Named](
    caller: Caller,
    auth: Auth,
    call: Call,
    ids: Mapping[str, str],
    read: Callable[[msgspec.Raw], T | None],
    *,
    per_page: int,
    tell: Tell[T] | None = None,
) -> Answer[tuple[T, ...]]:
    """Ask for all pages, within the time of one call. An item that moved between two pages is taken once.

    The first says how many there are; then several are asked side by side, for large accounts have a hundred.
    `tell` is called after each page, by the thread that asked for the list.

    Raises CloudflareError, and what `tell` raises.
    """
    read_list = parsing.list_of(read)

    def read_page(parts: Parts) -> tuple[tuple[T, ...], wire.Page] | None:
        found = read_list(parts.result)
        return None if found is None else (found, wire.struct(_page, parts.result_info) or wire.Page())

    deadline = caller.deadline()

    def ask(number: int) -> _Page[T]:
        query = {"page": number, "per_page": per_page}
        return caller.call(auth, call, ids, read_page, query=query, deadline=deadline)

    first = ask(1)
    pages = Pages[T](tell)
    goes_on = pages.take(1, first)
    known = min(wire.integer(first.value[1].total_pages) or 1, _MOST_PAGES)
    if goes_on and known > 1:
        goes_on = _take_side_by_side(pages, ask, range(2, known + 1))
    while goes_on and (number := pages.next) is not None:
        goes_on = pages.take(number, ask(number))
    return pages.answer()


def _take_side_by_side[T: _Named](pages: Pages[T], ask: Callable[[int], _Page[T]], numbers: range) -> bool:
    """Whether each brought something. The next is asked for as soon as one has come."""
    with ThreadPoolExecutor(max_workers=min(len(numbers), _SIDE_BY_SIDE), thread_name_prefix="pages") as threads:

        def begin(some: Iterator[int]) -> dict[Future[_Page[T]], int]:
            # What is logged there carries the id of this request.
            return {threads.submit(copy_context().run, ask, number): number for number in some}

        rest = iter(numbers)
        asked = begin(islice(rest, _SIDE_BY_SIDE))
        while asked:
            done, _ = wait(asked, return_when=FIRST_COMPLETED)
            for future in done:
                if not pages.take(asked.pop(future), future.result()):
                    return False
            asked |= begin(islice(rest, len(done)))
    return True


def _was_last(info: wire.Page, number: int, found: int, collected: int) -> bool:
    total_pages = wire.integer(info.total_pages)
    if total_pages is not None:
        return number >= total_pages
    total_count = wire.integer(info.total_count)
    if total_count is not None:
        return collected >= total_count
    return found < (wire.integer(info.per_page) or _SMALLEST_PAGE)
