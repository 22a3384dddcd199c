"""`manage.py migrate_once`: hosts that start together migrate once, on SQLite and on a real PostgreSQL."""

import fcntl
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest

from queues_app.management.commands.migrate_once import LOCK

ROOT = Path(__file__).resolve().parents[2]
SERVER = "postgres://postgres@127.0.0.1:5432"


def migrate_once(address: str, *options: str) -> subprocess.CompletedProcess[str]:
    """As the container starts it: in a process of its own."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "manage.py", "migrate_once", "--no-color", *options],
        cwd=ROOT,
        env={
            **{name: os.environ[name] for name in ("PATH", "SECRET_KEY", "CREDENTIAL_KEYS")},
            "ENV_FILE": "",
            "ALLOWED_HOSTS": "queues.example.com",
            "DATABASE_URL": address,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def held_on_postgres(address: str) -> Iterator[None]:
    with psycopg.connect(address) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield


@contextmanager
def held_on_sqlite(address: str) -> Iterator[None]:
    with Path(f"{address.removeprefix('sqlite:///')}.migrating").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def held(address: str) -> AbstractContextManager[None]:
    return held_on_postgres(address) if address.startswith("postgres") else held_on_sqlite(address)


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'db.sqlite3'}"
        return
    name = f"once_{uuid.uuid4().hex}"
    try:
        server = psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL answers here")
    with server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{SERVER}/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_of_two_that_start_at_once_one_migrates_and_both_are_done(address: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(migrate_once, [address, address]))
    assert [done.returncode for done in both] == [0, 0], [done.stderr for done in both]
    said = "".join(done.stdout for done in both)
    assert said.count("Applying queues_app.0001") == 1
    assert said.count("No migrations to apply.") == 1


def test_the_wait_for_another_has_an_end_and_says_so(address: str) -> None:
    with held(address):
        done = migrate_once(address, "--wait", "0.5")
    assert done.returncode == 1
    assert "Waiting for another process that migrates" in done.stdout
    assert "Another process is migrating this database and does not end." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Applying" not in done.stdout
    assert migrate_once(address).returncode == 0


def test_a_database_that_does_not_answer_is_waited_for_and_then_told() -> None:
    done = migrate_once("postgres://ana:hunter2@127.0.0.1:9/queues", "--wait", "0.5")
    assert done.returncode == 1
    assert "The database does not answer." in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
