"""How a call is made: held back or sent, answered or lost, read or refused, and perhaps tried again."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from queues_app.cloudflare import errors, failures, wire
from queues_app.cloudflare.answers import Answer, Limit
from queues_app.cloudflare.auth import Auth
from queues_app.cloudflare.diagnosis import ANALYTICS_LIMIT, GRAPHQL_WINDOW_S, TOO_OFTEN
from queues_app.cloudflare.exchange import Failure, Received, exchange
from queues_app.cloudflare.failures import Asked
from queues_app.cloudflare.network import BUDGET
from queues_app.cloudflare.payloads import hex_id
from queues_app.cloudflare.ratelimit import Budgets, read_rate_limit, read_retry_after
from queues_app.cloudflare.tried import Tried

TRIES = 3  # the first and two more, for GETs and peeks only
LONGEST_PAUSE = 5.0  # seconds; a longer Retry-After is told to the caller instead of waited for
_FIRST_BACK_OFF = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Call:
    """A kind of request. `harmless`: it leases, sends, settles and changes nothing, so it may be repeated."""

    operation: str  # the client's own word for it: "pull"
    method: str
    path: str  # a template: /accounts/{account_id}/queues/{queue_id}/…
    harmless: bool
    limit: Limit = Limit.API  # what it is counted against

    @property
    def asked(self) -> str:
        """For the person, without an id."""
        return f"{self.method} {self._filled(dict.fromkeys(_IDS, '…')).replace('/accounts/…/', '…/')}"

    def url_path(self, ids: Mapping[str, str]) -> str:
        """The path with its ids.

        Raises MalformedId.
        """
        return self._filled({name: hex_id(value, name.removesuffix("_id")) for name, value in ids.items()})

    def _filled(self, values: Mapping[str, str]) -> str:
        return self.path.format_map(values)


_IDS = ("account_id", "queue_id", "consumer_id", "subscription_id")


@dataclass(frozen=True, slots=True)
class Parts:
    """What is read of a good answer."""

    result: msgspec.Raw
    result_info: msgspec.Raw
    data: msgspec.Raw  # of a GraphQL answer, in place of a result
    repaired: bool


class Caller:
    """Makes calls over one pool of connections. Thread safe; holds no credential."""

    def __init__(
        self,
        http: httpx.Client,
        *,
        base_url: str,
        connect_timeout: float,
        read_timeout: float,
        total_timeout: float,
        max_answer_bytes: int,
        observe: Callable[[Tried], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._total_timeout = total_timeout
        self._max_answer_bytes = max_answer_bytes
        self._observe = observe
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._budgets = {limit: Budgets(clock) for limit in Limit}

    def deadline(self) -> float:
        """When a call that begins now has to be over, all tries and pages included."""
        return self._clock() + self._total_timeout

    def call[T](
        self,
        auth: Auth,
        call: Call,
        ids: Mapping[str, str],
        read: Callable[[Parts], T | None],
        *,
        query: Mapping[str, str | int] | None = None,
        payload: Any = None,
        deadline: float | None = None,
    ) -> Answer[T]:
        """Ask, and read the answer; `read` returns None for a result of the wrong shape.

        Raises CloudflareError, or MalformedId before anything is sent.
        """
        url = self._base_url + call.url_path(ids)
        content = None if payload is None else msgspec.json.encode(payload)
        deadline = self.deadline() if deadline is None else deadline
        if call.harmless and (wait := self._budgets[call.limit].hold_back(auth)) is not None:
            throttled = failures.throttled(call.asked, wait, call.limit)
            self._observe(Tried(call.operation, status=None, duration_ms=0, error=throttled, limit=call.limit))
            raise throttled
        began, tried = self._clock(), 1
        while True:
            outcome = self._once(auth, call, url, read, query, content, deadline)
            if isinstance(outcome, Answer):
                return outcome
            pause = self._pause(call, outcome, tried, deadline)
            if pause is None:
                if tried > 1:
                    # What the person waited for: all tries, and the pauses between them.
                    outcome.duration_ms, outcome.tries = max(0, round((self._clock() - began) * 1000)), tried
                raise outcome
            self._sleep(pause)
            tried += 1

    def _pause(self, call: Call, error: errors.CloudflareError, tried: int, deadline: float) -> float | None:
        """Seconds until the next try, or None: no further one."""
        if not call.harmless or not error.retryable or tried >= TRIES:
            return None
        back_off = _FIRST_BACK_OFF * 2 ** (tried - 1) * (1 + self._chance())
        pause = max(back_off, error.retry_after or 0)
        return pause if pause <= LONGEST_PAUSE and self._clock() + pause < deadline else None

    def _once[T](
        self,
        auth: Auth,
        call: Call,
        url: str,
        read: Callable[[Parts], T | None],
        query: Mapping[str, str | int] | None,
        content: bytes | None,
        deadline: float,
    ) -> Answer[T] | errors.CloudflareError:
        received = Received()
        began = self._clock()
        failure = self._exchange(auth, call.method, url, query, content, deadline, received)
        headers = received.headers or httpx.Headers()
        # Their pages name these headers for the REST API alone.
        rate_limit = read_rate_limit(headers) if call.limit is Limit.API else None
        retry_after = read_retry_after(headers, datetime.now(UTC).timestamp())
        asked = Asked(
            asked=call.asked,
            path=call.path,
            harmless=call.harmless,
            hide=auth.secrets(),
            duration_ms=max(0, round((self._clock() - began) * 1000)),
            retry_after=retry_after,
        )

        def read_envelope(envelope: wire.Envelope, repaired: bool) -> T | None:
            return read(Parts(envelope.result, envelope.result_info, envelope.data, repaired))

        value = failures.value_or_error(asked, received, failure, read_envelope)
        error = value if isinstance(value, errors.CloudflareError) else None
        self._observe(
            Tried(
                call.operation,
                received.status,
                asked.duration_ms,
                error,
                credential=auth.name,
                rate_limit=rate_limit,
                limit=call.limit,
            )
        )
        if isinstance(value, errors.CloudflareError):
            self._budgets[call.limit].note(auth, rate_limit, _blocked_for(value))
            return value
        self._budgets[call.limit].note(auth, rate_limit, None)
        return Answer(
            value=value,
            status=received.status or 0,
            cf_ray=failures.cf_ray(received, asked.hide),
            duration_ms=asked.duration_ms,
            rate_limit=rate_limit,
            received_at=datetime.now(UTC),
        )

    def _exchange(
        self,
        auth: Auth,
        method: str,
        url: str,
        query: Mapping[str, str | int] | None,
        content: bytes | None,
        deadline: float,
        received: Received,
    ) -> Failure | None:
        left = max(deadline - self._clock(), 0.001)
        request = self._http.build_request(
            method,
            url,
            params=query,
            content=content,
            headers={
                **auth.headers(),
                **({"Content-Type": "application/json"} if content is not None else {}),
            },
            timeout=httpx.Timeout(
                min(self._read_timeout, left),
                connect=min(self._connect_timeout, left),
                pool=min(self._connect_timeout, left),
            ),
            extensions={BUDGET: left},
        )
        return exchange(
            self._http,
            request,
            received,
            most_bytes=self._max_answer_bytes,
            is_late=lambda: self._clock() > deadline,
        )


def _blocked_for(error: errors.CloudflareError) -> float | None:
    """Seconds for which the limit of the call lets nothing through, where the answer says that it is used up."""
    if error.reason == ANALYTICS_LIMIT.reason:
        # The refusal itself speaks of five minutes, and need not say it in a header.
        return error.retry_after or GRAPHQL_WINDOW_S
    return error.retry_after if error.reason == TOO_OFTEN.reason else None
