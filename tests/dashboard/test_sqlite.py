"""Threads of one process take turns to write to SQLite: none sleeps while it is free, none is turned away by chance."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from dashboard.stores import prepare_database
from tests.support.waiting import LONG_ENOUGH

# The connections here are none of Django's own, and yet kept from tests that ask for none.
pytestmark = pytest.mark.django_db

type Connect = Callable[..., BaseDatabaseWrapper]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "db.sqlite3"


@pytest.fixture
def connect(file: Path) -> Iterator[Connect]:
    """Connections of this process to one file, as the settings make them, but for how long they wait."""
    opened: list[BaseDatabaseWrapper] = []

    def make(*, patience: float = LONG_ENOUGH) -> BaseDatabaseWrapper:
        config: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}
        prepare_database(config, pool_size=1)
        config["OPTIONS"]["timeout"] = patience
        made: BaseDatabaseWrapper = ConnectionHandler({DEFAULT_DB_ALIAS: config}).create_connection(DEFAULT_DB_ALIAS)
        made.inc_thread_sharing()
        made.ensure_connection()
        opened.append(made)
        return made

    yield make
    for one in opened:
        one.close()


def begin(connection: BaseDatabaseWrapper) -> None:
    """As `transaction.atomic` does."""
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(connection: BaseDatabaseWrapper) -> None:
    connection.commit()
    connection.set_autocommit(True)


def test_who_waits_for_the_turn_has_it_when_the_one_before_ends(connect: Connect) -> None:
    first, second = connect(), connect()
    begin(first)
    with ThreadPoolExecutor(1) as thread:
        begun = thread.submit(begin, second)
        assert not begun.done()
        end(first)
        begun.result(LONG_ENOUGH)
    end(second)


def test_who_waits_too_long_is_told_as_sqlite_does_and_may_try_again(connect: Connect) -> None:
    first, second = connect(), connect(patience=0.01)
    begin(first)
    with pytest.raises(OperationalError, match="database is locked"):
        begin(second)
    end(first)
    begin(second)
    end(second)


@pytest.mark.parametrize("act", ["commit", "rollback", "close"])
def test_the_turn_ends_with_the_transaction_however_that_ends(connect: Connect, act: str) -> None:
    first, second = connect(), connect(patience=0.01)
    begin(first)
    getattr(first, act)()
    begin(second)
    end(second)


def test_who_is_kept_out_by_another_process_keeps_no_turn(connect: Connect, file: Path) -> None:
    first, second = connect(patience=0.01), connect(patience=0.01)
    with closing(sqlite3.connect(file, isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="database is locked"):
            begin(first)
    begin(second)
    end(second)


def test_a_thread_keeps_its_connection_from_one_request_to_the_next(connect: Connect) -> None:
    """The last one that closes has SQLite write its whole log back into the file."""
    one = connect()
    one.close_if_unusable_or_obsolete()
    assert one.connection is not None
