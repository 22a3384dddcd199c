"""One provider for a module, and settings that name it."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from queues_app.identity import tokens
from tests.identity.provider import Provider, served


@pytest.fixture(scope="module")
def _provider() -> Iterator[Provider]:
    provider = Provider()
    with served(provider) as address:
        provider.address = address
        yield provider


@pytest.fixture
def provider(_provider: Provider, settings: Settings) -> Provider:
    tokens.keys_at.cache_clear()
    _provider.twist, _provider.config, _provider.answers = None, {}, {}
    _provider.exchanges.clear()
    settings.OIDC_ISSUER = _provider.address
    settings.OIDC_CLIENT_ID = "queuescope"
    settings.OIDC_CLIENT_SECRET = "the-clients-own-secret"
    settings.OIDC_NAME = "Acme"
    settings.OIDC_ROLES = {"queue-admins": "Admin", "queue-operators": "Operator"}
    return _provider
