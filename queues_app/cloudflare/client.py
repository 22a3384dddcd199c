"""The client: one method per call of the API.

First argument the credential, the rest by keyword. Each returns an Answer or raises a CloudflareError
(errors.py); MalformedId is raised before anything is sent when an id is not 32 lowercase hex digits.

GETs and peeks are tried up to three times and are held back near the rate limit (ratelimit.py). Everything
that leases, sends, settles, deletes or changes is sent once, whatever comes.
"""

import random
import time
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Literal, Self

import httpx

from queues_app.cloudflare import answers, parsing
from queues_app.cloudflare.analytics import AnalyticsCalls
from queues_app.cloudflare.answers import Answer
from queues_app.cloudflare.auth import Auth
from queues_app.cloudflare.backlogs import BacklogCalls
from queues_app.cloudflare.caller import Call, Caller, Parts
from queues_app.cloudflare.exchange import ACCEPT_ENCODING
from queues_app.cloudflare.network import Network
from queues_app.cloudflare.pages import Tell, all_pages
from queues_app.cloudflare.payloads import ConsumerSettings, Outgoing, QueueSettings, Retry, without_none
from queues_app.cloudflare.subscriptions import SubscriptionCalls
from queues_app.cloudflare.tried import Tried

_ACCOUNT = "/accounts/{account_id}"
_QUEUES = f"{_ACCOUNT}/queues"
_QUEUE = f"{_QUEUES}/{{queue_id}}"
_CONSUMERS = f"{_QUEUE}/consumers"
_CONSUMER = f"{_CONSUMERS}/{{consumer_id}}"
_MESSAGES = f"{_QUEUE}/messages"

type Jurisdiction = Literal["eu", "us", "fedramp"]


def _get(operation: str, path: str) -> Call:
    return Call(operation, "GET", path, harmless=True)


def _act(operation: str, method: str, path: str) -> Call:
    return Call(operation, method, path, harmless=False)


class Client(AnalyticsCalls, BacklogCalls, SubscriptionCalls):
    """One per process, shared by all threads and users: it holds connections, and no credential.

    base_url           without a trailing slash
    connect_timeout    seconds, also for a free connection of the pool
    read_timeout       seconds without a byte
    total_timeout      seconds for a whole call, with all its tries and pages; by default connect_timeout +
                       read_timeout
    max_answer_bytes   after unpacking
    transport          in place of the network, as for tests
    observe            is told of each try, and must not raise
    clock, sleep, chance   monotonic seconds, waiting, and a number in [0, 1), for tests

    Raises ValueError for a base_url that is none.
    """

    def __init__(
        self,
        *,
        base_url: str = "https://api.cloudflare.com/client/v4",
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        total_timeout: float | None = None,
        max_answer_bytes: int = 32 * 1024 * 1024,
        transport: httpx.BaseTransport | None = None,
        observe: Callable[[Tried], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._http = httpx.Client(
            # SSL_CERT_FILE and SSL_CERT_DIR name other authorities, as behind an inspecting proxy.
            transport=transport or Network(httpx.create_ssl_context(trust_env=True)),
            follow_redirects=False,
            trust_env=False,  # a .netrc would add another credential to ours
            # Cookies of one user's answer must not travel with another user's request.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": ACCEPT_ENCODING,
                "User-Agent": "queuescope",
            },
        )
        self._caller = Caller(
            self._http,
            base_url=_checked(base_url),
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            total_timeout=connect_timeout + read_timeout if total_timeout is None else total_timeout,
            max_answer_bytes=max_answer_bytes,
            observe=observe or (lambda tried: None),
            clock=clock,
            sleep=sleep,
            chance=chance,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Credentials and accounts

    def verify_user_token(self, auth: Auth) -> Answer[answers.TokenStatus]:
        """Ask a token of a user about itself. A token of an account is refused here although it works."""
        return self._ask(auth, _get("verify_user_token", "/user/tokens/verify"), {}, parsing.token)

    def verify_account_token(self, auth: Auth, *, account_id: str) -> Answer[answers.TokenStatus]:
        """Ask a token of an account about itself."""
        return self._ask(
            auth, _get("verify_account_token", f"{_ACCOUNT}/tokens/verify"), {"account_id": account_id}, parsing.token
        )

    def accounts(self, auth: Auth) -> Answer[tuple[answers.Account, ...]]:
        """The accounts the credential can see, all pages. A narrow token may see none and still work."""
        return all_pages(self._caller, auth, _get("accounts", "/accounts"), {}, parsing.account, per_page=50)

    # Queues

    def queues(
        self, auth: Auth, *, account_id: str, tell: Tell[answers.Queue] | None = None
    ) -> Answer[tuple[answers.Queue, ...]]:
        """The queues of an account, all pages; `tell` is called with what has come so far after each of them."""
        return all_pages(
            self._caller,
            auth,
            _get("queues", _QUEUES),
            {"account_id": account_id},
            parsing.queue,
            per_page=100,
            tell=tell,
        )

    def queue(self, auth: Auth, *, account_id: str, queue_id: str) -> Answer[answers.Queue]:
        """One queue."""
        return self._ask(auth, _get("queue", _QUEUE), _ids(account_id, queue_id), parsing.queue)

    def create_queue(
        self,
        auth: Auth,
        *,
        account_id: str,
        name: str,
        settings: QueueSettings | None = None,
        jurisdiction: Jurisdiction | None = None,
    ) -> Answer[answers.Queue]:
        """Make a queue. The jurisdiction cannot be changed afterwards."""
        payload = _queue_payload(name, settings) | without_none({"jurisdiction": jurisdiction})
        return self._ask(
            auth, _act("create_queue", "POST", _QUEUES), {"account_id": account_id}, parsing.queue, payload
        )

    def replace_queue(
        self, auth: Auth, *, account_id: str, queue_id: str, name: str, settings: QueueSettings
    ) -> Answer[answers.Queue]:
        """Set name and settings; a setting left out goes back to its default."""
        payload = _queue_payload(name, settings)
        return self._ask(auth, _act("replace_queue", "PUT", _QUEUE), _ids(account_id, queue_id), parsing.queue, payload)

    def edit_queue(
        self,
        auth: Auth,
        *,
        account_id: str,
        queue_id: str,
        name: str | None = None,
        settings: QueueSettings | None = None,
    ) -> Answer[answers.Queue]:
        """Change what is given, as pausing: settings=QueueSettings(delivery_paused=True)."""
        payload = _queue_payload(name, settings)
        return self._ask(auth, _act("edit_queue", "PATCH", _QUEUE), _ids(account_id, queue_id), parsing.queue, payload)

    def delete_queue(self, auth: Auth, *, account_id: str, queue_id: str) -> Answer[answers.Done]:
        """Delete a queue with all its messages."""
        return self._ask(auth, _act("delete_queue", "DELETE", _QUEUE), _ids(account_id, queue_id), parsing.done)

    def metrics(self, auth: Auth, *, account_id: str, queue_id: str) -> Answer[answers.Metrics]:
        """Backlog and oldest message, approximate."""
        return self._ask(auth, _get("metrics", f"{_QUEUE}/metrics"), _ids(account_id, queue_id), parsing.metrics)

    def empty_queue(self, auth: Auth, *, account_id: str, queue_id: str) -> Answer[answers.EmptyStatus]:
        """Delete all messages of a queue, for ever; it goes on after the answer."""
        return self._ask(
            auth,
            _act("empty_queue", "POST", f"{_QUEUE}/purge"),
            _ids(account_id, queue_id),
            parsing.empty_status,
            {"delete_messages_permanently": True},
        )

    def empty_status(self, auth: Auth, *, account_id: str, queue_id: str) -> Answer[answers.EmptyStatus]:
        """How far the last emptying is."""
        return self._ask(
            auth, _get("empty_status", f"{_QUEUE}/purge"), _ids(account_id, queue_id), parsing.empty_status
        )

    # Consumers

    def consumers(self, auth: Auth, *, account_id: str, queue_id: str) -> Answer[tuple[answers.Consumer, ...]]:
        """The consumers of a queue; at most one in life."""
        return self._ask(
            auth, _get("consumers", _CONSUMERS), _ids(account_id, queue_id), parsing.list_of(parsing.one_consumer)
        )

    def create_consumer(
        self, auth: Auth, *, account_id: str, queue_id: str, settings: ConsumerSettings
    ) -> Answer[answers.Consumer]:
        """Add the queue's consumer. One of type http_pull takes some seconds to work."""
        return self._ask(
            auth,
            _act("create_consumer", "POST", _CONSUMERS),
            _ids(account_id, queue_id),
            parsing.one_consumer,
            settings.payload(),
        )

    def replace_consumer(
        self, auth: Auth, *, account_id: str, queue_id: str, consumer_id: str, settings: ConsumerSettings
    ) -> Answer[answers.Consumer]:
        """Set a consumer anew; it is made when it does not exist."""
        ids = _ids(account_id, queue_id) | {"consumer_id": consumer_id}
        return self._ask(
            auth, _act("replace_consumer", "PUT", _CONSUMER), ids, parsing.one_consumer, settings.payload()
        )

    def delete_consumer(self, auth: Auth, *, account_id: str, queue_id: str, consumer_id: str) -> Answer[answers.Done]:
        """Take the consumer away; the messages stay."""
        ids = _ids(account_id, queue_id) | {"consumer_id": consumer_id}
        return self._ask(auth, _act("delete_consumer", "DELETE", _CONSUMER), ids, parsing.done)

    # Messages

    def peek(self, auth: Auth, *, account_id: str, queue_id: str, batch_size: int) -> Answer[answers.Messages]:
        """Look at up to `batch_size` (1..100) messages. Leases and uses up nothing: repeated like a GET."""
        call = Call("peek", "POST", f"{_MESSAGES}/peek", harmless=True)
        return self._batch(auth, call, account_id, queue_id, {"batch_size": batch_size})

    def preview(self, auth: Auth, *, account_id: str, queue_id: str, batch_size: int) -> Answer[answers.Messages]:
        """The deprecated way to peek. Its messages carry a lease id, so it is never repeated."""
        call = _act("preview", "POST", f"{_MESSAGES}/preview")
        return self._batch(auth, call, account_id, queue_id, {"batch_size": batch_size})

    def pull(
        self, auth: Auth, *, account_id: str, queue_id: str, batch_size: int, visibility_timeout_ms: int
    ) -> Answer[answers.Messages]:
        """Lease up to `batch_size` (1..100) messages; each uses up one delivery attempt. Never repeated."""
        payload = {"batch_size": batch_size, "visibility_timeout_ms": visibility_timeout_ms}
        return self._batch(auth, _act("pull", "POST", f"{_MESSAGES}/pull"), account_id, queue_id, payload)

    def settle(
        self,
        auth: Auth,
        *,
        account_id: str,
        queue_id: str,
        acks: tuple[str, ...] = (),
        retries: tuple[Retry, ...] = (),
    ) -> Answer[answers.Settled]:
        """Acknowledge (delete) and give back leased messages. Lapsed leases come back as warnings."""
        call = _act("settle", "POST", f"{_MESSAGES}/ack")
        return self._ask(auth, call, _ids(account_id, queue_id), parsing.settled, _leases(acks, retries))

    def preview_settle(
        self,
        auth: Auth,
        *,
        account_id: str,
        queue_id: str,
        acks: tuple[str, ...] = (),
        retries: tuple[Retry, ...] = (),
    ) -> Answer[answers.Settled]:
        """The same for leases of `preview`; the answer tells no counts."""
        call = _act("preview_settle", "POST", f"{_MESSAGES}/preview/ack")
        return self._ask(auth, call, _ids(account_id, queue_id), parsing.settled, _leases(acks, retries))

    def extend(
        self,
        auth: Auth,
        *,
        account_id: str,
        queue_id: str,
        lease_ids: tuple[str, ...],
        visibility_timeout_ms: int,
    ) -> Answer[answers.Extended]:
        """Prolong leases. Each message gets a new lease id; no attempt is used up."""
        payload = {
            "extend": [{"lease_id": lease_id} for lease_id in lease_ids],
            "visibility_timeout_ms": visibility_timeout_ms,
        }
        call = _act("extend", "POST", f"{_MESSAGES}/extend")
        return self._ask(auth, call, _ids(account_id, queue_id), parsing.extended, payload)

    def push(self, auth: Auth, *, account_id: str, queue_id: str, message: Outgoing) -> Answer[answers.Pushed]:
        """Send one message."""
        return self._ask(
            auth, _act("push", "POST", _MESSAGES), _ids(account_id, queue_id), parsing.pushed, message.payload()
        )

    def push_batch(
        self,
        auth: Auth,
        *,
        account_id: str,
        queue_id: str,
        messages: tuple[Outgoing, ...],
        delay_seconds: int | None = None,
    ) -> Answer[answers.Pushed]:
        """Send up to 100 messages of 256 KB in all; the delay applies to those without their own."""
        payload = {"messages": [message.payload() for message in messages]}
        payload |= without_none({"delay_seconds": delay_seconds})
        call = _act("push_batch", "POST", f"{_MESSAGES}/batch")
        return self._ask(auth, call, _ids(account_id, queue_id), parsing.pushed, payload)

    def purge_messages(
        self, auth: Auth, *, account_id: str, queue_id: str, refs: tuple[str, ...]
    ) -> Answer[answers.Purged]:
        """Delete the messages behind these refs of a peek, at once."""
        payload = {"refs": [{"ref": ref} for ref in refs]}
        call = _act("purge_messages", "POST", f"{_MESSAGES}/purge")
        return self._ask(auth, call, _ids(account_id, queue_id), parsing.purged, payload)

    def _batch(
        self, auth: Auth, call: Call, account_id: str, queue_id: str, payload: Mapping[str, int]
    ) -> Answer[answers.Messages]:
        def read(parts: Parts) -> answers.Messages | None:
            return parsing.messages(parts.result, repaired=parts.repaired)

        return self._caller.call(auth, call, _ids(account_id, queue_id), read, payload=payload)


def _checked(base_url: str) -> str:
    url = httpx.URL(base_url)
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment or url.userinfo:
        raise ValueError("The address of the API has to be http(s)://host/path, without a user, a query or a fragment.")
    return base_url.rstrip("/")


def _ids(account_id: str, queue_id: str) -> dict[str, str]:
    return {"account_id": account_id, "queue_id": queue_id}


def _queue_payload(name: str | None, settings: QueueSettings | None) -> dict[str, Any]:
    return without_none({"queue_name": name, "settings": settings.payload() if settings else None})


def _leases(acks: tuple[str, ...], retries: tuple[Retry, ...]) -> dict[str, Any]:
    return {
        "acks": [{"lease_id": lease_id} for lease_id in acks],
        "retries": [
            without_none({"lease_id": retry.lease_id, "delay_seconds": retry.delay_seconds}) for retry in retries
        ],
    }
