"""Lists that come in pages."""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from queues_app.cloudflare import parsing, wire
from queues_app.cloudflare.answers import Answer
from queues_app.cloudflare.auth import Auth
from queues_app.cloudflare.caller import Call, Caller, Parts

_MOST_PAGES = 1000  # an account has at most 10,000 queues; no server gives fewer than ten a page
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
    """Ask page after page, within the time of one call. An item that moved between two pages is taken once.

    Raises CloudflareError.
    """
    read_list = parsing.list_of(read)

    def read_page(parts: Parts) -> tuple[tuple[T, ...], wire.Page] | None:
        found = read_list(parts.result)
        return None if found is None else (found, wire.struct(_page, parts.result_info) or wire.Page())

    deadline = caller.deadline()
    by_id: dict[str, T] = {}
    duration_ms = 0
    number = 0
    while True:
        number += 1
        answer = caller.call(
            auth, call, ids, read_page, query={"page": number, "per_page": per_page}, deadline=deadline
        )
        duration_ms += answer.duration_ms
        found, info = answer.value
        known = len(by_id)
        by_id.update((item.id, item) for item in found)
        # A server that knows no pages sends the same again: then nothing is new.
        if len(by_id) == known or number >= _MOST_PAGES or _was_last(info, number, len(found), len(by_id)):
            return Answer(
                value=tuple(by_id.values()),
                status=answer.status,
                cf_ray=answer.cf_ray,
                duration_ms=duration_ms,
                rate_limit=answer.rate_limit,
                received_at=answer.received_at,
            )


def _was_last(info: wire.Page, number: int, found: int, collected: int) -> bool:
    total_pages = wire.integer(info.total_pages)
    if total_pages is not None:
        return number >= total_pages
    total_count = wire.integer(info.total_count)
    if total_count is not None:
        return collected >= total_count
    return found < (wire.integer(info.per_page) or _SMALLEST_PAGE)
