"""Every route of the API that the sandbox plays, in one table."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from queues_app.sandbox import errors
from queues_app.sandbox.context import Answer, Call
from queues_app.sandbox.endpoints import (
    accounts,
    analytics,
    consumers,
    emptying,
    leasing,
    looking,
    queues,
    sending,
    subscriptions,
)
from queues_app.sandbox.errors import ApiError, Entry
from queues_app.sandbox.identity import READ, WRITE

PREFIX = "/client/v4"


@dataclass(frozen=True, slots=True)
class Route:
    """`needs` is the power a credential must have; `unknown_queue` what an unknown queue id answers."""

    name: str
    method: str
    pattern: str
    endpoint: Callable[[Call], Answer]
    needs: str | None = READ
    unknown_queue: Entry = errors.QUEUE_UNKNOWN
    exempt: bool = False  # not counted in the rate limit (fact sheet, 3.4)
    is_graphql: bool = False  # counted by itself, and answered without an envelope

    @property
    def verifies(self) -> bool:
        return self.name.startswith("verify_")


_ACCOUNT = "/accounts/{account}"
_QUEUES = f"{_ACCOUNT}/queues"
_QUEUE = f"{_QUEUES}/{{queue}}"
_CONSUMERS = f"{_QUEUE}/consumers"
_CONSUMER = f"{_CONSUMERS}/{{consumer}}"
_MESSAGES = f"{_QUEUE}/messages"
_SUBSCRIPTIONS = f"{_ACCOUNT}/event_subscriptions/subscriptions"
_SUBSCRIPTION = f"{_SUBSCRIPTIONS}/{{subscription}}"
_DATA = errors.QUEUE_NOT_FOUND

ROUTES = (
    Route("verify_user", "GET", "/user/tokens/verify", accounts.verify_user_token, None),
    Route("verify_account", "GET", f"{_ACCOUNT}/tokens/verify", accounts.verify_account_token, None),
    Route("accounts", "GET", "/accounts", accounts.list_accounts, None),
    Route("analytics", "POST", "/graphql", analytics.answer, None, is_graphql=True),
    Route("queues", "GET", _QUEUES, queues.list_queues),
    Route("create_queue", "POST", _QUEUES, queues.create_queue, WRITE),
    Route("queue", "GET", _QUEUE, queues.get_queue),
    Route("replace_queue", "PUT", _QUEUE, queues.replace_queue, WRITE),
    Route("edit_queue", "PATCH", _QUEUE, queues.edit_queue, WRITE),
    Route("delete_queue", "DELETE", _QUEUE, queues.delete_queue, WRITE),
    Route("metrics", "GET", f"{_QUEUE}/metrics", queues.get_metrics),
    Route("empty_queue", "POST", f"{_QUEUE}/purge", emptying.empty_queue, WRITE),
    Route("empty_status", "GET", f"{_QUEUE}/purge", emptying.empty_status),
    Route("consumers", "GET", _CONSUMERS, consumers.list_consumers),
    Route("create_consumer", "POST", _CONSUMERS, consumers.create_consumer, WRITE),
    Route("consumer", "GET", _CONSUMER, consumers.get_consumer),
    Route("replace_consumer", "PUT", _CONSUMER, consumers.replace_consumer, WRITE),
    Route("delete_consumer", "DELETE", _CONSUMER, consumers.delete_consumer, WRITE),
    Route("subscriptions", "GET", _SUBSCRIPTIONS, subscriptions.list_subscriptions),
    Route("create_subscription", "POST", _SUBSCRIPTIONS, subscriptions.create_subscription, WRITE),
    Route("subscription", "GET", _SUBSCRIPTION, subscriptions.get_subscription),
    Route("edit_subscription", "PATCH", _SUBSCRIPTION, subscriptions.edit_subscription, WRITE),
    Route("delete_subscription", "DELETE", _SUBSCRIPTION, subscriptions.delete_subscription, WRITE),
    Route("push", "POST", _MESSAGES, sending.push, WRITE, _DATA),
    Route("push_batch", "POST", f"{_MESSAGES}/batch", sending.push_batch, WRITE, _DATA),
    Route("pull", "POST", f"{_MESSAGES}/pull", leasing.pull, WRITE, _DATA, exempt=True),
    Route("settle", "POST", f"{_MESSAGES}/ack", leasing.settle, WRITE, _DATA, exempt=True),
    Route("extend", "POST", f"{_MESSAGES}/extend", leasing.extend, WRITE, _DATA),
    Route("peek", "POST", f"{_MESSAGES}/peek", looking.peek, WRITE, _DATA),
    Route("purge_messages", "POST", f"{_MESSAGES}/purge", looking.purge_messages, WRITE, _DATA),
    Route("preview", "POST", f"{_MESSAGES}/preview", looking.preview, READ, _DATA),
    Route("preview_settle", "POST", f"{_MESSAGES}/preview/ack", looking.preview_settle, WRITE, _DATA),
)
NAMES = frozenset(route.name for route in ROUTES)


def match(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route and what stands in its places; raises what the API answers for anything else."""
    if not path.startswith(PREFIX + "/"):
        raise ApiError(errors.NO_ROUTE, path=path)
    short = path.removeprefix(PREFIX)
    parts = short.split("/")[1:]
    other_method = False
    for route in ROUTES:
        found = _found(route.pattern.split("/")[1:], parts)
        if found is None:
            continue
        if route.method == method.upper():
            return route, found
        other_method = True
    if other_method:
        raise ApiError(errors.WRONG_METHOD)
    raise ApiError(errors.NO_ROUTE, path=short)


def _found(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    found = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            found[wanted.strip("{}")] = unquote(part)
        elif wanted != part:
            return None
    return found
