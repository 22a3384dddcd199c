"""Databases of a measurement: a file of SQLite, and one of its own in PostgreSQL where that is to be had."""

import base64
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT: Final = Path(__file__).resolve().parents[2]
_POSTGRESQL: Final = "postgres://postgres@127.0.0.1:5432/postgres"
_PATIENCE_S: Final = 3


def postgresql() -> str | None:
    """The address of a PostgreSQL in which databases may be made: TEST_DATABASE_URL, or this machine's."""
    url = os.environ.get("TEST_DATABASE_URL", _POSTGRESQL)
    try:
        psycopg.connect(url, connect_timeout=_PATIENCE_S).close()
    except psycopg.OperationalError:
        return None
    return url


@contextmanager
def sqlite_database() -> Iterator[str]:
    """The address of a file of its own."""
    with tempfile.TemporaryDirectory(prefix="queuescope-bench-") as directory:
        yield f"sqlite:///{directory}/db.sqlite3"


@contextmanager
def postgresql_database(server: str) -> Iterator[str]:
    """The address of a database of its own, dropped at the end."""
    name = f"queuescope_bench_{secrets.token_hex(4)}"
    _administer(server, sql.SQL("CREATE DATABASE {}"), name)
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        _administer(server, sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)


def environment(database: str) -> dict[str, str]:
    """The settings of a deployment with this database, and nothing of the caller's."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "ENV_FILE": "",
        "HTTPS_ONLY": "0",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "CREDENTIAL_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": database,
        "LOG_LEVEL": "WARNING",
    }


def _administer(server: str, statement: sql.SQL, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as administrator:
        administrator.execute(statement.format(sql.Identifier(name)))
