"""Two dashboards as two hosts would run them, on one PostgreSQL and one Redis, and a database of their own."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from pytest_django import DjangoDbBlocker

from dashboard.stores import REDIS, prepare_cache
from queues_app.models import User
from tests.deployment.serving import Dashboard
from tests.support.people import PASSWORD
from tests.team.own_keys import OwnKeysCache

# Long enough to be a signing key; each run of a test has another, and with it other names in Redis.
_KEY: Final = "two-hosts-only-2f6e1a9c4b7d8035e6f1a2b3c4d5e6f7"


@pytest.fixture(scope="module")
def own_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A copy of the empty test database, to which this process writes as well while the module's tests run.

    Hosts see only what is committed, and what is committed would otherwise stay for other tests.
    """
    place = connection.settings_dict
    template = str(place["NAME"])
    name = f"{template}_{secrets.token_hex(4)}"
    with django_db_blocker.unblock():
        _leave()
        _administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)
        place["NAME"] = name
        yield name
        _leave()
        place["NAME"] = template
        _administer(sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)


class Shared:
    """What both hosts are told, and their cache as this process sees it."""

    def __init__(self, database: str) -> None:
        place, caches = connection.settings_dict, settings.CACHES["default"]
        self.settings = {
            "HOSTS": "2",
            "SECRET_KEY": _KEY + secrets.token_hex(8),
            "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/".format(
                **{name: quote(str(place[name]), safe="") for name in ("USER", "PASSWORD", "HOST")},
                PORT=place["PORT"] or 5432,
            )
            + database,
            "CACHE_URL": str(caches["LOCATION"]),
        }
        # With the names that the hosts use, so that a test can look at them and take them away.
        config: dict[str, Any] = {"BACKEND": REDIS, "LOCATION": caches["LOCATION"]}
        prepare_cache(config, secret_key=self.settings["SECRET_KEY"], threads=4)
        self.cache = OwnKeysCache(config["LOCATION"], config)


def sign_in(dashboard: Dashboard, name: str = "owner", password: str = PASSWORD) -> str:
    """Sign in by the form, as a person does; the session, or an empty string.

    A proxy in front of the hosts passes on the one name that people type, and attempts are counted by it.
    """
    with dashboard.browser() as visitor:
        visitor.post("/sign-in/", data={"login": name, "password": password}, headers={"Host": "127.0.0.1"})
        return visitor.cookies.get("sessionid") or ""


def is_signed_in(dashboard: Dashboard, session: str) -> bool:
    with dashboard.browser(session) as browser:
        return browser.get("/credentials/").status_code == 200


def connections_of(name: str, *, waiting: bool = False) -> int:
    """How many connections of this application PostgreSQL holds; or how many of them wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = %s AND (wait_event_type = 'Lock' OR NOT %s)",
            [name, waiting],
        )
        (number,) = cursor.fetchone()
    return int(number)


@contextmanager
def people_locked() -> Iterator[None]:
    """Another program holds the table of people, so whoever asks who this is has to wait."""
    with _connected(str(connection.settings_dict["NAME"])) as other, other.transaction():
        other.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(User._meta.db_table)))
        yield


@contextmanager
def audit_being_bound() -> Iterator[None]:
    """Another host binds the audit at this moment."""
    with _connected(str(connection.settings_dict["NAME"])) as other, other.transaction():
        other.execute("SELECT id FROM queues_app_audithead FOR UPDATE")
        yield


def _leave() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # what only PostgreSQL's has


def _administer(statement: sql.SQL, *names: str) -> None:
    with _connected("postgres") as administrator:
        administrator.execute(statement.format(*map(sql.Identifier, names)))


def _connected(database: str) -> psycopg.Connection[Any]:
    place = connection.settings_dict
    return psycopg.connect(
        host=place["HOST"],
        port=place["PORT"] or 5432,
        user=place["USER"],
        password=place["PASSWORD"],
        dbname=database,
        autocommit=True,
    )
