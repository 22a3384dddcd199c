"""Lists that come in pages."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Protocol

import msgspec

from queues_app.cloudflare import parsing, wire
from queues_app.cloudflare.answers import Answer
from queues_app.cloudflare.auth import Auth
from queues_app.cloudflare.caller import Call, Caller, Parts

_MOST_PAGES = 1000  # an account has at most 10,000 queues; no server gives fewer than ten a page
_SIDE_BY_SIDE = 8
_SMALLEST_PAGE = 20  # items; the default of the API where it says nothing about its pages

_page = msgspec.json.Decoder(wire.Page)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def all_pages[T: _Named](
    caller: Caller,
    auth: Auth,
    call: Call,
    ids: Mapping[str, str],
    read: Callable[[msgspec.Raw], T | None],
    *,
    per_page: int,
) -> Answer[tuple[T, ...]]:
    """Ask for all pages, within the time of one call. An item that moved between two pages is taken once.

    The first says how many there are; then several are asked side by side, for large accounts have a hundred.

    Raises CloudflareError.
    """
    read_list = parsing.list_of(read)

    def read_page(parts: Parts) -> tuple[tuple[T, ...], wire.Page] | None:
        found = read_list(parts.result)
        return None if found is None else (found, wire.struct(_page, parts.result_info) or wire.Page())

    deadline = caller.deadline()

    def ask(number: int) -> Answer[tuple[tuple[T, ...], wire.Page]]:
        query = {"page": number, "per_page": per_page}
        return caller.call(auth, call, ids, read_page, query=query, deadline=deadline)

    by_id: dict[str, T] = {}
    duration_ms = asked = 0
    wave = [1]
    while True:
        answers = _side_by_side(ask, wave)
        asked += len(wave)
        known = len(by_id)
        for answer in answers:
            duration_ms += answer.duration_ms
            by_id.update((item.id, item) for item in answer.value[0])
        last = answers[-1]
        found, info = last.value
        # A server that knows no pages sends the same again: then nothing is new.
        if len(by_id) == known or asked >= _MOST_PAGES or _was_last(info, asked, len(found), len(by_id)):
            return Answer(
                value=tuple(by_id.values()),
                status=last.status,
                cf_ray=last.cf_ray,
                duration_ms=duration_ms,
                rate_limit=last.rate_limit,
                received_at=answers[0].received_at,
            )
        known_to_come = (wire.integer(info.total_pages) or 0) - asked
        wave = [asked + ahead for ahead in range(1, max(1, min(known_to_come, _SIDE_BY_SIDE)) + 1)]


def _side_by_side[T](ask: Callable[[int], T], numbers: Sequence[int]) -> list[T]:
    if len(numbers) == 1:
        return [ask(numbers[0])]
    with ThreadPoolExecutor(max_workers=len(numbers), thread_name_prefix="pages") as threads:
        # What is logged there carries the id of this request.
        asked = [threads.submit(copy_context().run, ask, number) for number in numbers]
        return [future.result() for future in asked]


def _was_last(info: wire.Page, number: int, found: int, collected: int) -> bool:
    total_pages = wire.integer(info.total_pages)
    if total_pages is not None:
        return number >= total_pages
    total_count = wire.integer(info.total_count)
    if total_count is not None:
        return collected >= total_count
    return found < (wire.integer(info.per_page) or _SMALLEST_PAGE)
