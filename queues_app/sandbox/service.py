"""The sandbox itself: one function from request to response over a store with its own clock."""

import hashlib
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from queues_app.sandbox import errors, lifecycle, routes, seed, shapes, variants
from queues_app.sandbox.clock import Clock, SystemClock
from queues_app.sandbox.context import MISSING, Answer, Call
from queues_app.sandbox.control import PREFIX as CONTROL_PREFIX
from queues_app.sandbox.control import Control, Seen, queues_named
from queues_app.sandbox.endpoints import analytics
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.faults import Fault, FaultBook
from queues_app.sandbox.handles import QueueHandle
from queues_app.sandbox.identity import Identities, Identity
from queues_app.sandbox.ratelimit import RateLimit
from queues_app.sandbox.store import Account, Store
from queues_app.sandbox.wire import Fields, Request, Response, dumps, envelope

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    import httpx

    from queues_app.sandbox.adapters.server import SandboxServer

MAX_REQUEST_BYTES = 10_000_000
_CALLS_KEPT = 10_000
_JSON = "application/json; charset=UTF-8"
_RESULTS = ("result", "data")


class Sandbox:
    """A stand-in for the API.

    seed         "demo" (two accounts full of queues), "many" (10,000 queues in one of them), "empty" (the accounts
                 without queues), None (nothing)
    rate_limit   calls allowed in `rate_window` seconds, per credential
    graphql_limit  the same for GraphQL queries, which have one of their own: 300, by
                 https://developers.cloudflare.com/analytics/graphql-api/limits/
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: str | None = "demo",
        rate_limit: int = 1200,
        rate_window: int = 300,
        graphql_limit: int = 300,
    ) -> None:
        self.clock = clock or SystemClock()
        self.store = Store()
        self._lock = threading.RLock()
        self._faults = FaultBook()
        self._calls: deque[Seen] = deque(maxlen=_CALLS_KEPT)
        self._served = 0
        self._limit = RateLimit(rate_limit, rate_window)
        self._graphql_limit = RateLimit(graphql_limit, rate_window)
        self._control = Control(self.store, self._faults, self._calls)
        self._load(seed)

    def handle(self, request: Request) -> Response:
        """The answer to one request. No waiting and no I/O: the adapter does what the response tells it."""
        with self._lock:
            if request.path.startswith(CONTROL_PREFIX):
                status, body = self._control.answer(request)
                return Response(status, {"Content-Type": _JSON}, dumps(body))
            return self._api(request)

    # For tests and for the demo: what to set up, what to look at.

    @property
    def tokens(self) -> dict[str, str]:
        """Name → secret: full, read_only, expired, disabled, account_owned, wrong_account."""
        return dict(seed.TOKENS)

    @property
    def global_key(self) -> tuple[str, str]:
        """E-mail and Global API key, of full power."""
        return seed.GLOBAL_EMAIL, seed.GLOBAL_KEY

    @property
    def accounts(self) -> dict[str, str]:
        """Name → id."""
        return {account.name: account.id for account in self.store.accounts.values()}

    @property
    def calls(self) -> list[Seen]:
        """The calls of the API so far, oldest first (the last 10,000)."""
        with self._lock:
            return list(self._calls)

    def count(self, route: str) -> int:
        """How often a route was called, by its name in the table of routes, such as "pull"."""
        if route not in routes.NAMES:
            message = f"there is no route {route!r}"
            raise ValueError(message)
        return sum(call.route == route for call in self.calls)

    def forget_calls(self) -> None:
        with self._lock:
            self._calls.clear()

    def fault(self, kind: str, **aim: Any) -> Fault:
        """Set a fault; see Fault for what can be aimed at and set."""
        fault = Fault(kind, **aim)
        with self._lock:
            self._faults.add(fault, routes.NAMES)
        return fault

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.set.clear()

    def vary(self, *, account: str | None = None, **values: Any) -> None:
        """Set variants for everything, or for one account (by name)."""
        checked = variants.checked(values)
        with self._lock:
            target = self.store.variants if account is None else self._account(account).variants
            target.update(checked)

    def queue(self, name: str, *, account: str | None = None) -> QueueHandle:
        """A handle on the queue with that name or id; LookupError when there is none, or more than one."""
        with self._lock:
            found = [
                (owner, queue)
                for owner, queue in queues_named(self.store, name)
                if account in (None, owner.name, owner.id)
            ]
        if len(found) != 1:
            message = f"{len(found)} queues are called {name!r}"
            raise LookupError(message)
        return QueueHandle(self, *found[0])

    def add_queue(
        self,
        name: str,
        *,
        account: str = "acme-logistics",
        consumer: str | None = "http_pull",
        dead_letter_queue: str = "",
        script: str = "",
        service_seconds: float = 1.0,
        retention: int | None = None,
        delay: int = 0,
        paused: bool = False,
        jurisdiction: str | None = None,
        **settings: int,
    ) -> QueueHandle:
        """Make a queue; `settings` are the consumer's: max_retries, retry_delay, visibility_timeout_ms, ….

        consumer   "http_pull", "worker" (simulated, `service_seconds` a message), any other type, or None
        """
        with self._lock:
            owner = self._account(account)
            queue = seed.make_queue(
                self.store,
                owner,
                self.clock.now_ms(),
                name=name,
                consumer=consumer,
                dead_letter_queue=dead_letter_queue,
                script=script,
                service_ms=round(service_seconds * 1000),
                settings=settings,
            )
            queue.delivery_delay = delay
            queue.delivery_paused = paused
            queue.jurisdiction = jurisdiction
            if retention is not None:
                queue.message_retention_period = retention
        return QueueHandle(self, owner, queue)

    def locked(self) -> threading.RLock:
        """The lock around the store, for handles."""
        return self._lock

    # Adapters.

    def transport(self) -> "httpx.BaseTransport":
        """A transport for httpx.Client: no socket, and waits are the clock's."""
        from queues_app.sandbox.adapters.httpx import SandboxTransport

        return SandboxTransport(self)

    def wsgi(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        """A WSGI application, for any server of that kind."""
        from queues_app.sandbox.adapters.wsgi import answer

        return answer(self, environ, start_response)

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> "SandboxServer":
        """A threaded HTTP server, not yet started: use it in a `with`."""
        from queues_app.sandbox.adapters.server import SandboxServer

        return SandboxServer(self, host=host, port=port)

    # One request of the API, step by step.

    def _api(self, request: Request) -> Response:
        self._served += 1
        now_ms = self.clock.now_ms()
        route, found, problem = self._routed(request)
        name = route.name if route else ""
        fault = self._fault_for(request, name, found.get("queue", ""))
        if fault is not None and not fault.does_the_work:
            response = fault.spoil(self._response(200, {}, "nobody", now_ms))
        else:
            response = self._worked(request, route, found, problem, now_ms)
            if fault is not None:
                response = fault.spoil(response)
        self._calls.append(Seen(request.method, request.path, name, response.status))
        return response

    def _routed(self, request: Request) -> tuple[routes.Route | None, dict[str, str], ApiError | None]:
        try:
            route, found = routes.match(request.method, request.path)
        except ApiError as problem:
            return None, {}, problem
        return route, found, None

    def _worked(
        self,
        request: Request,
        route: routes.Route | None,
        found: dict[str, str],
        problem: ApiError | None,
        now_ms: int,
    ) -> Response:
        who = "nobody"
        try:
            identity = self._identities.identify(request)
            who = identity.id if identity else who
            self._count_in(who, route, now_ms)
            _admit(identity, route)
            route = _existing(route, problem)
            call = self._call(request, route, found, identity, now_ms)
            whole = _enveloped(route.endpoint(call))
            if call.variants.numbers == "floats":
                whole = {name: shapes.as_floats(value) if name in _RESULTS else value for name, value in whole.items()}
            if route.is_graphql:
                return self._bare(200, whole)
            return self._response(200, whole, who, now_ms)
        except ApiError as refusal:
            if refusal.entry is errors.ANALYTICS_LIMITED:
                return self._bare(refusal.entry.status, analytics.refused(refusal.text, "budget", now_ms))
            return self._response(refusal.entry.status, refusal.envelope(), who, now_ms)

    def _count_in(self, who: str, route: routes.Route | None, now_ms: int) -> None:
        if route and route.is_graphql:
            if not self._graphql_limit.take(who, now_ms):
                raise ApiError(errors.ANALYTICS_LIMITED)
        elif not (route and route.exempt) and not self._limit.take(who, now_ms):
            raise ApiError(errors.RATE_LIMITED)

    def _call(
        self,
        request: Request,
        route: routes.Route,
        found: dict[str, str],
        identity: Identity | None,
        now_ms: int,
    ) -> Call:
        if len(request.body) > MAX_REQUEST_BYTES:
            raise ApiError(errors.TOO_LARGE)
        account = queue = None
        if "account" in found:
            account = self.store.accounts.get(found["account"])
            if account is None:
                raise ApiError(errors.NO_ROUTE, path=request.path.removeprefix(routes.PREFIX))
            if identity is not None and not identity.sees(account.id):
                raise ApiError(errors.NOT_PERMITTED)
        if identity is not None and route.needs and route.needs not in identity.powers:
            raise ApiError(errors.NOT_PERMITTED)
        if account and "queue" in found:
            queue = account.queues.get(found["queue"])
            if queue is None:
                raise _no_queue(route, found["queue"])
            lifecycle.settle(self.store, account, queue, now_ms)
        return Call(request, self.store, now_ms, identity, found, account, queue)

    def _bare(self, status: int, whole: Fields) -> Response:
        """Without the headers of the other limit: their page names them for the REST API alone."""
        ray = hashlib.sha256(b"ray %d" % self._served).hexdigest()[:16]
        return Response(status, {"Content-Type": _JSON, "CF-Ray": f"{ray}-AMS"}, dumps(whole))

    def _response(self, status: int, whole: Fields, who: str, now_ms: int) -> Response:
        ray = hashlib.sha256(b"ray %d" % self._served).hexdigest()[:16]
        headers = {"Content-Type": _JSON, "CF-Ray": f"{ray}-AMS", **self._limit.headers(who, now_ms)}
        if status == errors.RATE_LIMITED.status:
            headers["Retry-After"] = str(self._limit.seconds_left(who, now_ms))
        return Response(status, headers, dumps(whole))

    def _fault_for(self, request: Request, route: str, queue_id: str) -> Fault | None:
        if not self._faults.set:
            return None
        # A fault may be aimed at the id of a queue or, where there is such a queue, at its name.
        names = [queue.name for _, queue in queues_named(self.store, queue_id) if queue_id]
        return self._faults.take(request, route, (queue_id, *names))

    def _account(self, name: str) -> Account:
        for account in self.store.accounts.values():
            if name in (account.name, account.id):
                return account
        message = f"there is no account {name!r}"
        raise LookupError(message)

    def _load(self, which: str | None) -> None:
        self._identities = Identities(seed.identities(self.clock.now_ms()))
        if which not in {"demo", "many", "empty", None}:
            message = "a seed is demo, many, empty or None"
            raise ValueError(message)
        if which is not None:
            seed.add_accounts(self.store, self.clock.now_ms())
        if which == "demo":
            seed.fill(self.store, self.clock.now_ms())
        if which == "many":
            seed.fill_many(self.store, self.clock.now_ms())


def _admit(identity: Identity | None, route: routes.Route | None) -> None:
    """Turn away tokens that are unknown or dead; the verify routes say so in their own way."""
    if route is not None and route.verifies:
        return
    if identity is None:
        raise ApiError(errors.UNKNOWN_TOKEN)
    if identity.status != "active":
        raise ApiError(errors.DEAD_TOKEN)


def _existing(route: routes.Route | None, problem: ApiError | None) -> routes.Route:
    if route is None:
        raise problem or ApiError(errors.INTERNAL)
    return route


def _no_queue(route: routes.Route, queue_id: str) -> ApiError:
    whole = len(queue_id) == 32 and all(digit in "0123456789abcdef" for digit in queue_id)
    if route.unknown_queue is errors.QUEUE_NOT_FOUND and not whole:
        return ApiError(errors.QUEUE_ID_MALFORMED)
    return ApiError(route.unknown_queue)


def _enveloped(answer: Answer) -> Fields:
    if answer.bare is not None:
        return answer.bare
    whole = envelope(answer.result, info=answer.info, messages=answer.messages)
    if answer.result is MISSING:
        del whole["result"]
    return whole
