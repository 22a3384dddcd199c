"""The database of the release before after `manage.py migrate_once` of this one, for each test as if it were new."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from psycopg import sql
from pytest_django import DjangoDbBlocker, Settings

from queues_app.sandbox import Sandbox
from tests.support.databases import administer
from tests.upgrade import loading
from tests.upgrade.loading import Release

type Make = Callable[[str], str]


@pytest.fixture(scope="module")
def previous(django_db_setup: None) -> Release:
    return Release(connection.vendor)


@pytest.fixture(scope="module")
def make_database(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Make a database as a copy of another one, or an empty one."""
    is_file, made = connection.vendor == "sqlite", list[str]()
    directory = tmp_path_factory.mktemp("upgrade")

    def make(template: str = "") -> str:
        name = f"upgrade_{secrets.token_hex(8)}"
        if is_file:
            name = str(directory / name)
            shutil.copy(template, name) if template else Path(name).touch()
        else:
            administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template or "template0")
            made.append(name)
        return name

    yield make
    for name in made:
        administer(sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)


@dataclass(frozen=True, slots=True)
class Databases:
    """The old one, migrated; and the same after a host of the release before worked on it for a day."""

    left: str
    gone_on: str


@pytest.fixture(scope="module")
def databases(previous: Release, make_database: Make, django_db_blocker: DjangoDbBlocker) -> Databases:
    """Both at once: the old statements name rows by the numbers that they got, and a rolled back test uses up some."""
    left = make_database("")
    previous.load(left)
    with django_db_blocker.unblock():
        with loading.in_use(left):
            call_command("migrate_once", verbosity=0)
        gone_on = make_database(left)
        with loading.in_use(gone_on):
            previous.go_on()
    return Databases(left, gone_on)


@pytest.fixture
def real_hashes(settings: Settings) -> None:
    """Passwords are taken as a deployment takes them."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]


@contextmanager
def rolled_back(database: str, blocker: DjangoDbBlocker) -> Iterator[None]:
    """This process works on a database; what it writes there is rolled back."""
    around = transaction.atomic()
    # As Django's own test case marks its transactions: in them, what has to be durable is taken as if it were.
    around._from_testcase = True  # type: ignore[attr-defined]
    with blocker.unblock(), loading.in_use(database), around:
        yield
        transaction.set_rollback(True)


@pytest.fixture
def left(
    databases: Databases,
    previous: Release,
    sandbox: Sandbox,
    upstream_url: str,
    real_hashes: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Sandbox]:
    """The upstream as the release before left it, and the database, migrated."""
    previous.upstream(sandbox)
    with rolled_back(databases.left, django_db_blocker):
        yield sandbox


@pytest.fixture
def gone_on(
    databases: Databases,
    previous: Release,
    sandbox: Sandbox,
    upstream_url: str,
    real_hashes: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Sandbox]:
    """The same after a host of the release before worked on the migrated database for a day."""
    previous.upstream(sandbox, gone_on=True)
    with rolled_back(databases.gone_on, django_db_blocker):
        yield sandbox


@pytest.fixture
def copied(databases: Databases, make_database: Make, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """That database again, without a transaction around what is done: no migration runs in one."""
    with django_db_blocker.unblock(), loading.in_use(make_database(databases.gone_on)):
        yield
