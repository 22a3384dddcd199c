"""Alive and ready: the first asks nothing of anybody, the second tells what fails to those who may watch."""

import threading
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from dashboard import health

TOKEN = "k7Qe2mVx9Lr4Tz8Wn1Bc6Hd3Jf5Gs0Pa"
WATCHING = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """The good news of one test is not the next one's."""
    health._migrations_are_applied.cache_clear()
    yield
    health._migrations_are_applied.cache_clear()


# Without the mark for the database: pytest-django lets nobody near it.
def test_a_living_process_says_so_without_database_sign_in_and_session(client: Client) -> None:
    response = client.get("/healthz/")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert not response.cookies


@pytest.mark.django_db
def test_a_ready_process_says_so_and_no_more(client: Client) -> None:
    response = client.get("/readyz/")
    assert (response.status_code, response.content) == (200, b"ready\n")
    assert not response.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz/", "/readyz/"])
def test_probes_are_answered_without_https_and_take_no_form(client: Client, settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 405
    assert client.get("/sign-in/").headers["Location"] == "https://testserver/sign-in/"


@pytest.mark.django_db
def test_those_who_may_scrape_are_told_each_part(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    response = client.get("/readyz/", headers=WATCHING)
    assert response.content.decode().splitlines() == [
        "ready",
        "database: ok",
        "cache: ok",
        "migrations: ok",
        "keys: ok",
    ]


@pytest.mark.django_db
def test_a_cache_that_is_down_is_told_by_name_to_those_who_may_scrape_only(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://:hidden-password@127.0.0.1:9/0",
        }
    }
    told = client.get("/readyz/", headers=WATCHING)
    assert told.status_code == 503
    assert "cache: does not answer (ConnectionError)\n" in told.content.decode()
    assert "hidden-password" not in told.content.decode()
    untold = client.get("/readyz/")
    assert (untold.status_code, untold.content) == (503, b"not ready\n")


@pytest.mark.django_db
def test_a_cache_that_forgets_is_not_ready(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    told = client.get("/readyz/", headers=WATCHING)
    assert "cache: forgets what it was just told\n" in told.content.decode()


@pytest.mark.django_db
def test_keys_that_cannot_seal_are_not_ready(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.CREDENTIAL_KEYS = ["no key at all"]
    told = client.get("/readyz/", headers=WATCHING)
    assert told.status_code == 503
    assert "keys: are not usable: set CREDENTIAL_KEYS\n" in told.content.decode()


@pytest.mark.django_db
def test_a_part_that_hangs_is_told_in_time_and_not_asked_again(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.METRICS_TOKEN = TOKEN
    going, asked = threading.Event(), []

    def hangs() -> None:
        asked.append("once")
        going.wait()

    monkeypatch.setitem(health._PARTS, "cache", hangs)
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    try:
        for _ in range(3):
            told = client.get("/readyz/", headers=WATCHING)
            assert told.status_code == 503
            assert "cache: does not answer in time\n" in told.content.decode()
    finally:
        going.set()
        health._pending["cache"].result()
    assert asked == ["once"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN}ü"},
        {"X-Forwarded-For": "10.2.3.4"},
    ],
)
def test_nobody_else_is_told(client: Client, settings: Settings, header: dict[str, str]) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.METRICS_ADDRESSES = ["10.2.0.0/16"]
    assert client.get("/readyz/", headers=header).content == b"ready\n"


@pytest.mark.django_db
def test_without_a_token_an_empty_one_opens_nothing(client: Client) -> None:
    assert client.get("/readyz/", headers={"Authorization": "Bearer "}).content == b"ready\n"


@pytest.mark.django_db
def test_an_address_of_the_list_is_told_also_behind_a_proxy(client: Client, settings: Settings) -> None:
    settings.METRICS_ADDRESSES = ["10.2.0.0/16", "fd00::7"]
    assert b"keys: ok" in client.get("/readyz/", REMOTE_ADDR="10.2.3.4").content
    assert b"keys: ok" in client.get("/readyz/", REMOTE_ADDR="fd00::7").content
    assert b"keys: ok" not in client.get("/readyz/", REMOTE_ADDR="10.3.3.4").content
    settings.TRUSTED_PROXIES = ["10.2.3.4"]
    forwarded = Client().get("/readyz/", REMOTE_ADDR="10.2.3.4", headers={"X-Forwarded-For": "10.2.0.1, 192.0.2.1"})
    assert forwarded.content == b"ready\n"
