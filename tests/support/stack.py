"""The dashboard with its upstream: the sandbox over real HTTP, and an account of the owner's in it."""

import functools
import os
import ssl
from collections.abc import Iterator

import httpx
import pytest
from django.core.cache import cache
from pytest_django import Settings

from queues_app import remembered, upstream
from queues_app.audit import Caller
from queues_app.cloudflare import caller
from queues_app.models import Account, User
from queues_app.sandbox import Sandbox, SandboxServer
from tests.support.people import Cast, make_account


@pytest.fixture(scope="session", autouse=True)
def authorities_read_once() -> Iterator[None]:
    """The authorities take 20 ms to read, and each test makes a client anew. Others, which a test names, are read."""
    create = httpx.create_ssl_context
    read = functools.cache(lambda trust_env, *_places: create(trust_env=trust_env))

    def context(*, trust_env: bool) -> ssl.SSLContext:
        named: ssl.SSLContext = read(trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        return named

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", context)
        yield


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Each test begins with an empty cache that has not failed yet."""
    cache.clear()
    remembered.trouble.ends()


@pytest.fixture
def upstream_url(sandbox_server: SandboxServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the sandbox is, also for the dashboard; its client has met no rate limit yet, and hardly waits to retry."""
    monkeypatch.setattr(caller, "_FIRST_BACK_OFF", 0.001)
    settings.CLOUDFLARE_API_BASE_URL = sandbox_server.url
    yield sandbox_server.url
    sandbox_server.stop()  # first, so that what is still under way aside ends at once
    upstream.close()


@pytest.fixture
def account(cast: Cast, sandbox: Sandbox, upstream_url: str) -> Account:
    """The owner's account, reached with a token of full power."""
    return make_account(cast.owner, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"])


def calling(user: User) -> Caller:
    """This person, as an operation sees them."""
    return Caller(user=user, user_name=user.get_username(), address="127.0.0.1", request_id="test-request")
