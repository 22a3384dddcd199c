"""The health check: 200 when the process can serve, else 503 with a sentence."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from dashboard import health


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """The good news of one test is not the next one's."""
    health._all_migrations_are_applied.cache_clear()
    yield
    health._all_migrations_are_applied.cache_clear()


@pytest.mark.django_db
def test_it_answers_without_signing_in_and_without_a_session(client: Client) -> None:
    response = client.get("/healthz/")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert not response.cookies


@pytest.mark.django_db
def test_it_answers_a_probe_without_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz/").status_code == 200
    assert client.get("/sign-in/").headers["Location"] == "https://testserver/sign-in/"


@pytest.mark.django_db
def test_missing_tables_are_told(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="queues_app").latest("id").delete()
    response = client.get("/healthz/")
    assert response.status_code == 503
    assert b"manage.py migrate" in response.content


@pytest.mark.django_db
def test_a_database_that_is_down_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise OperationalError("could not connect to server at db.internal")

    monkeypatch.setattr(connection, "cursor", down)
    response = client.get("/healthz/")
    assert response.status_code == 503
    assert response.content == b"The database does not answer.\n"


@pytest.mark.django_db
def test_it_takes_no_form(client: Client) -> None:
    assert client.post("/healthz/").status_code == 405
