"""A transport that answers from a list, and a client around it whose waiting and chance the test holds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypedDict

import httpx
import msgspec

from queues_app import cloudflare

ACCOUNT = "7d1f0c3ab2e94f6d8a55c0e1b9274c1e"
QUEUE = "a" * 32
SINCE = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNTIL = datetime(2026, 11, 23, 13, tzinfo=UTC)
SECRET = "Zq3-secret-of-the-tests_8fK2"
TOKEN = cloudflare.ApiToken(secret=SECRET)

type Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Script:
    """Plays its steps one after the other, the last one for ever; keeps what was asked and slept."""

    steps: list[Step]
    requests: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    now: float = 1000.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, stream=step.stream)
        return step(request)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def client(self, **options: Any) -> cloudflare.Client:
        usual: dict[str, Any] = {
            "base_url": "https://api.test/client/v4",
            "transport": httpx.MockTransport(self),
            "clock": lambda: self.now,
            "sleep": self.sleep,
            "chance": lambda: 0.0,
        }
        return cloudflare.Client(**usual | options)

    def sent(self, number: int = -1) -> Any:
        """The JSON body of a request."""
        return msgspec.json.decode(self.requests[number].content)


def script(*steps: Step) -> Script:
    return Script(list(steps))


def good(result: object, **members: object) -> httpx.Response:
    return answer(200, {"success": True, "errors": [], "messages": [], "result": result} | members)


def bad(status: int, code: int | None = None, message: str = "", **headers: str) -> httpx.Response:
    errors = [] if code is None else [{"code": code, "message": message}]
    return answer(status, {"success": False, "errors": errors, "messages": [], "result": None}, named(headers))


def answer(status: int, content: object, headers: dict[str, str] | None = None) -> httpx.Response:
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return httpx.Response(status, content=body, headers=headers)


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Here(TypedDict):
    """The ids that every call on a queue takes."""

    account_id: str
    queue_id: str


def here() -> Here:
    """Those of the tests' queue."""
    return {"account_id": ACCOUNT, "queue_id": QUEUE}


type Ask = Callable[[cloudflare.Client], object]

READS: dict[str, Ask] = {
    "verify_user_token": lambda c: c.verify_user_token(TOKEN),
    "verify_account_token": lambda c: c.verify_account_token(TOKEN, account_id=ACCOUNT),
    "accounts": lambda c: c.accounts(TOKEN),
    "queues": lambda c: c.queues(TOKEN, account_id=ACCOUNT),
    "queue": lambda c: c.queue(TOKEN, **here()),
    "metrics": lambda c: c.metrics(TOKEN, **here()),
    "consumers": lambda c: c.consumers(TOKEN, **here()),
    "empty_status": lambda c: c.empty_status(TOKEN, **here()),
    "peek": lambda c: c.peek(TOKEN, **here(), batch_size=10),
    "analytics": lambda c: c.analytics(TOKEN, **here(), since=SINCE, until=UNTIL, step=cloudflare.Step.MINUTE),
    "subscriptions": lambda c: c.subscriptions(TOKEN, account_id=ACCOUNT),
    "subscription": lambda c: c.subscription(TOKEN, account_id=ACCOUNT, subscription_id="5" * 32),
}
_WORKER = cloudflare.ConsumerSettings(type="worker", script="mailer")
ACTS: dict[str, Ask] = {
    "preview": lambda c: c.preview(TOKEN, **here(), batch_size=10),
    "pull": lambda c: c.pull(TOKEN, **here(), batch_size=10, visibility_timeout_ms=30_000),
    "settle": lambda c: c.settle(TOKEN, **here(), acks=("lease",)),
    "preview_settle": lambda c: c.preview_settle(TOKEN, **here(), acks=("lease",)),
    "extend": lambda c: c.extend(TOKEN, **here(), lease_ids=("lease",), visibility_timeout_ms=1000),
    "push": lambda c: c.push(TOKEN, **here(), message=cloudflare.Outgoing(body="hello")),
    "push_batch": lambda c: c.push_batch(TOKEN, **here(), messages=(cloudflare.Outgoing(body="hello"),)),
    "purge_messages": lambda c: c.purge_messages(TOKEN, **here(), refs=("ref",)),
    "empty_queue": lambda c: c.empty_queue(TOKEN, **here()),
    "create_queue": lambda c: c.create_queue(TOKEN, account_id=ACCOUNT, name="orders"),
    "replace_queue": lambda c: c.replace_queue(TOKEN, **here(), name="orders", settings=cloudflare.QueueSettings()),
    "edit_queue": lambda c: c.edit_queue(TOKEN, **here(), settings=cloudflare.QueueSettings(delivery_paused=True)),
    "delete_queue": lambda c: c.delete_queue(TOKEN, **here()),
    "create_consumer": lambda c: c.create_consumer(TOKEN, **here(), settings=_WORKER),
    "replace_consumer": lambda c: c.replace_consumer(TOKEN, **here(), consumer_id="c" * 32, settings=_WORKER),
    "create_subscription": lambda c: c.create_subscription(
        TOKEN, account_id=ACCOUNT, name="buckets", source={"type": "r2"}, events=("bucket.created",), queue_id=QUEUE
    ),
    "edit_subscription": lambda c: c.edit_subscription(
        TOKEN, account_id=ACCOUNT, subscription_id="5" * 32, enabled=False
    ),
    "delete_subscription": lambda c: c.delete_subscription(TOKEN, account_id=ACCOUNT, subscription_id="5" * 32),
    "delete_consumer": lambda c: c.delete_consumer(TOKEN, **here(), consumer_id="c" * 32),
}
EVERYTHING = READS | ACTS
