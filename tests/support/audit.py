"""Reach behind the audit's guards, as whoever owns the database can."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase


@contextmanager
def unguarded() -> Iterator[None]:
    """The triggers of the database are off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, statement in triggers:
            cursor.execute(statement)


def behind(statement: str, *values: int | str | bool) -> None:
    """Run a statement that the guards would refuse."""
    with unguarded():
        run(statement, *values)


def run(statement: str, *values: int | str | bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture(autouse=True, scope="session")
def emptied_behind_the_guards() -> Iterator[None]:
    """Tests that commit empty all tables at their end, and the audit's let nobody."""
    teardown: Callable[[Any], None] = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def unguarded_teardown(case: Any) -> None:
        with unguarded():
            teardown(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", unguarded_teardown)
        yield
