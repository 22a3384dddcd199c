"""The way to Cloudflare: one client per process, and a cap on how many threads wait for it at once.

The cap keeps the other pages quick while the upstream is slow: a thread that would wait beyond it is told so at once
(figures in docs/architecture.md).
"""

import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from http import HTTPStatus

from django.conf import settings
from django.db import close_old_connections, connections
from django.views.decorators.debug import sensitive_variables

from queues_app import cloudflare, spending, vault
from queues_app.expected import ExpectedError
from queues_app.models import Credential, Kind
from queues_app.telemetry import calls, metrics

# A cache alone lets two threads that come first make one each.
_making = threading.Lock()


class UpstreamBusyError(ExpectedError):
    """Too many requests of this worker are waiting for Cloudflare already. Nothing was sent."""

    sentence = (
        "Too many requests are waiting for Cloudflare at the moment. Nothing was sent; try again in a few seconds."
    )
    reason = "upstream-busy"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE
    is_refusal = True


class SecretLostError(vault.CannotUnsealError):
    """No key of this server opens the secret of a credential. The way out leads to its page."""

    def __init__(self, credential: Credential) -> None:
        self.credential_to_mend = credential.pk
        super().__init__(
            f"The key that sealed the secret of {credential.display} is no longer on this server, so nothing can be "
            "asked with it. Replace the secret, or let an administrator put the old key back into CREDENTIAL_KEYS."
        )


@contextmanager
def slot() -> Iterator[cloudflare.Client]:
    """Take one of the places that may wait for the upstream, and the client to ask with.

    Whoever waits there holds no connection of the database's pool: outside of a transaction it is given back.

    Raises UpstreamBusyError at once when all places are taken.
    """
    with _making:
        places = _places(settings.UPSTREAM_SLOTS)
    if not places.acquire(blocking=False):
        metrics.UPSTREAM_REFUSALS.labels("slots").inc()
        raise UpstreamBusyError
    metrics.UPSTREAM_SLOTS_IN_USE.inc()
    try:
        give_back_connections()
        yield client()
    finally:
        metrics.UPSTREAM_SLOTS_IN_USE.dec()
        places.release()


def client() -> cloudflare.Client:
    """The process's client. It holds connections and no credential."""
    with _making:
        return _client(
            settings.CLOUDFLARE_API_BASE_URL,
            settings.UPSTREAM_CONNECT_TIMEOUT,
            settings.UPSTREAM_TIMEOUT,
            settings.UPSTREAM_MAX_ANSWER_BYTES,
        )


@sensitive_variables("secret")
def auth_of(credential: Credential) -> cloudflare.Auth:
    """Unseal a credential for one request.

    Raises SecretLostError when its key is gone, vault.KeysUnusableError when there is none at all.
    """
    try:
        secret = vault.unseal(credential.sealed_secret).decode()
    except vault.CannotUnsealError as error:
        raise SecretLostError(credential) from error
    made = auth(kind=credential.kind, secret=secret, email=credential.email)
    purse = made.fingerprint(vault.fingerprint_key()).hex()
    return replace(made, name=spending.name_of(credential.pk, purse)) if credential.pk else made


@sensitive_variables("secret")
def auth(*, kind: str, secret: str, email: str = "") -> cloudflare.Auth:
    """The headers' source for a secret that is in hand, as while it is being added.

    Raises cloudflare.InvalidSecret when the secret cannot be a header.
    """
    if kind == Kind.GLOBAL_KEY:
        return cloudflare.GlobalKey(email=email, key=secret)
    return cloudflare.ApiToken(secret=secret)


def aside[**P, T](ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Let one of the process's `METRICS_CONCURRENCY` threads ask, so that several things are asked side by side.

    What is logged there carries the id of this request, and its spans belong to this request's.
    """
    return _begin("upstream", ask, *args, **kwargs)


def aside_for_long[**P, T](ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """The same for what takes many calls or a slow one, by as many threads of their own: neither holds up the other."""
    return _begin("upstream-long", ask, *args, **kwargs)


def _begin[**P, T](name: str, ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    def run() -> T:
        # Where the cache is in the database, a thread that outlives requests would keep a connection that broke.
        close_old_connections()
        try:
            return ask(*args, **kwargs)
        finally:
            close_old_connections()

    with _making:
        threads = _pool(name, settings.METRICS_CONCURRENCY)
    return threads.submit(copy_context().run, run)


def close() -> None:
    """Let what is under way aside end, and close the connections; the next call opens new ones."""
    with _making:
        pools = [_pool(name, settings.METRICS_CONCURRENCY) for name in ("upstream", "upstream-long")]
    for threads in pools:
        threads.shutdown()
    _pool.cache_clear()
    client().close()
    _client.cache_clear()


def give_back_connections() -> None:
    """A connection without a pool is the thread's own, and to open it anew would cost more than to keep it."""
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
            connection.close()


@functools.lru_cache(maxsize=1)
def _client(base_url: str, connect: float, read: float, max_bytes: int) -> cloudflare.Client:
    return cloudflare.Client(
        base_url=base_url,
        connect_timeout=connect,
        read_timeout=read,
        max_answer_bytes=max_bytes,
        observe=calls.observe,
    )


@functools.lru_cache(maxsize=2)
def _pool(name: str, size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)


@functools.lru_cache(maxsize=1)
def _places(number: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(number)
