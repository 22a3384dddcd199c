"""The sandbox's own routes, beside the API and without credentials: faults, variants, calls.

GET, POST, DELETE /sandbox/faults     POST takes the fields of Fault
GET, POST, DELETE /sandbox/variants   POST takes variants, and "queue" (name or id) to aim them
GET, DELETE       /sandbox/calls      method, path, route and status of each call since the last DELETE
"""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from queues_app.sandbox import fields, routes, variants
from queues_app.sandbox.faults import Fault, FaultBook
from queues_app.sandbox.store import Account, Queue, Store
from queues_app.sandbox.wire import Fields, Request, envelope

PREFIX = "/sandbox/"


class Seen(NamedTuple):
    """One call of the API. `route` is its name in the table of routes, "" where none fitted."""

    method: str
    path: str
    route: str
    status: int


def queues_named(store: Store, name: str) -> list[tuple[Account, Queue]]:
    """The queues with that name or id, in any account."""
    return [
        (account, queue)
        for account in store.accounts.values()
        for queue in account.queues.values()
        if name in (queue.name, queue.id)
    ]


class Control:
    def __init__(self, store: Store, faults: FaultBook, calls: deque[Seen]) -> None:
        self._store = store
        self._faults = faults
        self._calls = calls
        self._routes: dict[tuple[str, str], Callable[[Fields], Any]] = {
            ("GET", "faults"): self._list_faults,
            ("POST", "faults"): self._set_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "variants"): self._list_variants,
            ("POST", "variants"): self._set_variants,
            ("DELETE", "variants"): self._clear_variants,
            ("GET", "calls"): self._list_calls,
            ("DELETE", "calls"): self._clear_calls,
        }

    def answer(self, request: Request) -> tuple[int, Fields]:
        """Status and envelope; what is wrong with a request is said in a sentence."""
        route = self._routes.get((request.method.upper(), request.path.removeprefix(PREFIX)))
        if route is None:
            return 404, _refusal("the sandbox has faults, variants and calls here")
        try:
            body = fields.parsed(request.body)
            if not isinstance(body, dict):
                return 400, _refusal("the body is a JSON object")
            return 200, envelope(route(body))
        except fields.MalformedError:
            return 400, _refusal("the body is not JSON")
        except ValueError as reason:
            return 400, _refusal(str(reason))

    def _list_faults(self, _: Fields) -> list[Fields]:
        return [fault.described() for fault in self._faults.set]

    def _set_fault(self, body: Fields) -> list[Fields]:
        unknown = sorted(set(body) - set(Fault.__slots__))
        if unknown or "kind" not in body:
            message = f"a fault has no {unknown[0]!r}" if unknown else "a fault needs a kind"
            raise ValueError(message)
        self._faults.add(Fault(**body), routes.NAMES)
        return self._list_faults({})

    def _clear_faults(self, _: Fields) -> list[Fields]:
        self._faults.set.clear()
        return []

    def _list_variants(self, _: Fields) -> Fields:
        return {
            "everywhere": self._store.variants,
            "queues": {
                queue.id: queue.variants
                for account in self._store.accounts.values()
                for queue in account.queues.values()
                if queue.variants
            },
        }

    def _set_variants(self, body: Fields) -> Fields:
        aim = body.pop("queue", None)
        values = variants.checked(body)
        if aim is None:
            self._store.variants.update(values)
            return self._list_variants({})
        aimed = queues_named(self._store, aim)
        if not aimed:
            message = f"there is no queue {aim!r}"
            raise ValueError(message)
        for _, queue in aimed:
            queue.variants.update(values)
        return self._list_variants({})

    def _clear_variants(self, _: Fields) -> Fields:
        self._store.variants.clear()
        for account in self._store.accounts.values():
            for queue in account.queues.values():
                queue.variants.clear()
        return self._list_variants({})

    def _list_calls(self, _: Fields) -> list[Fields]:
        return [call._asdict() for call in self._calls]

    def _clear_calls(self, _: Fields) -> list[Fields]:
        self._calls.clear()
        return []


def _refusal(sentence: str) -> Fields:
    return {
        "success": False,
        "errors": [{"code": 0, "message": sentence}],
        "messages": [],
        "result": None,
    }
