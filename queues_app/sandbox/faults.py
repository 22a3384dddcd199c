"""Faults on demand: what can go wrong between a client and the API, aimed at a queue, route, path or method.

Two families. Those that stand for the edge (`rate_limited`, `server_error`, `html`, `redirect`) answer in
place of the work, which is not done. The others spoil the answer to work that *was* done, so a lease may
exist although no good answer arrived. `work` overrides that: "done" or "not_done".
"""

import fnmatch
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from queues_app.sandbox import errors
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.wire import Fields, Request, Response, dumps

_HTML = (
    b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n"
    b"<body><center><h1>502 Bad Gateway</h1></center><hr><center>cloudflare</center>"
    b"<script>document.title = 'this must never run'</script></body></html>\n"
)


@dataclass(slots=True)
class Fault:
    """What goes wrong and where. Every aim that is set must match; `count` None means until cleared.

    seconds   latency: the wait; drip: the pause between drops; rate_limited: Retry-After
    size      huge: bytes of the answer; drip: bytes in a drop
    status    html, server_error, redirect: the status in place of the usual one
    """

    kind: str
    queue: str | None = None  # name or id
    route: str | None = None  # name of a route, such as "pull"
    path: str | None = None  # shell pattern over the whole path
    method: str | None = None
    count: int | None = None
    seconds: float | None = None
    size: int | None = None
    status: int | None = None
    work: str | None = None

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem:
            raise ValueError(problem)

    def aims_at(self, request: Request, route: str, queue_names: tuple[str, ...]) -> bool:
        return (
            (self.queue is None or self.queue in queue_names)
            and (self.route is None or self.route == route)
            and (self.path is None or fnmatch.fnmatchcase(request.path, self.path))
            and (self.method is None or self.method.upper() == request.method.upper())
        )

    @property
    def does_the_work(self) -> bool:
        return KINDS[self.kind].work_done if self.work is None else self.work == "done"

    def spoil(self, response: Response) -> Response:
        return KINDS[self.kind].spoil(self, response)

    def described(self) -> Fields:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class _Kind:
    work_done: bool
    spoil: Callable[[Fault, Response], Response]


class FaultBook:
    """The faults that are set, oldest first; each request meets at most one."""

    def __init__(self) -> None:
        self.set: list[Fault] = []

    def add(self, fault: Fault, routes: frozenset[str]) -> None:
        """Set a fault; ValueError when it is aimed at a route that does not exist, as it would never strike."""
        if fault.route is not None and fault.route not in routes:
            message = f"there is no route {fault.route!r}"
            raise ValueError(message)
        self.set.append(fault)

    def take(self, request: Request, route: str, queue_names: tuple[str, ...]) -> Fault | None:
        for fault in self.set:
            if fault.aims_at(request, route, queue_names):
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self.set.remove(fault)
                return fault
        return None


def _refused(error: ApiError, response: Response, status: int | None, **headers: str) -> Response:
    return replace(
        response,
        status=status or error.entry.status,
        headers={**response.headers, **headers},
        body=dumps(error.envelope()),
    )


def _latency(fault: Fault, response: Response) -> Response:
    return replace(response, wait=2.0 if fault.seconds is None else fault.seconds)


def _rate_limited(fault: Fault, response: Response) -> Response:
    wait = 60 if fault.seconds is None else round(fault.seconds)
    return _refused(ApiError(errors.RATE_LIMITED), response, fault.status, **{"Retry-After": str(wait)})


def _server_error(fault: Fault, response: Response) -> Response:
    return _refused(ApiError(errors.INTERNAL), response, fault.status)


def _html(fault: Fault, response: Response) -> Response:
    headers = {**response.headers, "Content-Type": "text/html; charset=UTF-8"}
    return replace(response, status=fault.status or 502, headers=headers, body=_HTML)


def _redirect(fault: Fault, response: Response) -> Response:
    headers = {**response.headers, "Location": "https://dash.cloudflare.example/login"}
    return replace(response, status=fault.status or 302, headers=headers, body=b"")


def _truncated(_: Fault, response: Response) -> Response:
    return replace(response, body=response.body[: len(response.body) // 2])


def _cut(_: Fault, response: Response) -> Response:
    whole = len(response.body)
    return replace(response, body=response.body[: whole // 2], declared_length=whole)


def _empty(_: Fault, response: Response) -> Response:
    return replace(response, body=b"")


def _hangup(_: Fault, response: Response) -> Response:
    return replace(response, ending="hangup")


def _reset(_: Fault, response: Response) -> Response:
    return replace(response, ending="reset")


def _drip(fault: Fault, response: Response) -> Response:
    pause = 0.5 if fault.seconds is None else fault.seconds
    return replace(response, drip_pause=pause, drip_bytes=fault.size or 16)


def _huge(fault: Fault, response: Response) -> Response:
    size = 100_000_000 if fault.size is None else fault.size
    return replace(response, filler=max(0, size - len(response.body)))


def _edited(edit: Callable[[Fields], Fields]) -> Callable[[Fault, Response], Response]:
    def spoil(_: Fault, response: Response) -> Response:
        return replace(response, body=dumps(edit(json.loads(response.body))))

    return spoil


def _result(whole: Fields) -> str:
    return "data" if "data" in whole else "result"


KINDS: dict[str, _Kind] = {
    "latency": _Kind(True, _latency),
    "rate_limited": _Kind(False, _rate_limited),
    "server_error": _Kind(False, _server_error),
    "html": _Kind(False, _html),
    "redirect": _Kind(False, _redirect),
    "truncated": _Kind(True, _truncated),  # half the JSON, with an honest length
    "cut": _Kind(True, _cut),  # half the JSON under the length of the whole, then the connection closes
    "empty": _Kind(True, _empty),  # 200 with no body
    "hangup": _Kind(True, _hangup),
    "reset": _Kind(True, _reset),
    "drip": _Kind(True, _drip),
    "huge": _Kind(True, _huge),
    "null_result": _Kind(True, _edited(lambda whole: {**whole, _result(whole): None})),
    "no_result": _Kind(True, _edited(lambda whole: {name: whole[name] for name in whole if name != _result(whole)})),
    "wrong_shape": _Kind(True, _edited(lambda whole: {**whole, _result(whole): "unexpected"})),
}

_NUMBERS = {"seconds": (int, float), "size": (int,), "status": (int,), "count": (int,)}


def _problem(fault: Fault) -> str | None:
    """A sentence about the first thing that is wrong with a fault, or None."""
    if fault.kind not in tuple(KINDS):
        return f"kind is one of {', '.join(KINDS)}"
    for name in ("queue", "route", "path", "method"):
        value = getattr(fault, name)
        if value is not None and not isinstance(value, str):
            return f"{name} is a string"
    for name, kinds in _NUMBERS.items():
        value = getattr(fault, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or not value >= 0):
            return f"{name} is a number, not below 0"
    if fault.count == 0:
        return "count is at least 1"
    if fault.status is not None and not 200 <= fault.status <= 599:
        return "status is between 200 and 599"
    if fault.work not in {None, "done", "not_done"}:
        return "work is done or not_done"
    return None
