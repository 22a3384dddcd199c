"""Audited pulls by eight writers at once: with what makes the audit tamper-evident, and the same without.

The writers do nothing but write the two halves of an entry and what a request's end does; a real pull does much more
beside, so that its share of this is smaller.
"""

import subprocess
import sys
from contextlib import AbstractContextManager
from typing import Final

from bench.support import stores
from bench.support.rows import Row, at_least, middle, not_measured, side_by_side

WRITERS: Final = 8
_ROUNDS: Final = 5
_SECONDS: Final = 6.0
_TARGET: Final = 0.8


def measure() -> list[Row]:
    server = stores.postgresql()
    rows = [_row("SQLite", stores.sqlite_database(), stores.sqlite_database())]
    if server is None:
        return [*rows, not_measured(_name("PostgreSQL"), _TARGET, "×", "no PostgreSQL to be reached")]
    return [*rows, _row("PostgreSQL", stores.postgresql_database(server), stores.postgresql_database(server))]


def _name(database: str) -> str:
    return f"Audited pulls by {WRITERS} writers, {database}: tamper-evident against not"


def _row(database: str, one: AbstractContextManager[str], other: AbstractContextManager[str]) -> Row:
    with one as chained, other as plain:
        ours, theirs = stores.environment(chained), stores.environment(plain)
        for environment in (ours, theirs):
            _run(["manage.py", "migrate", "--skip-checks", "-v0"], environment)
        _run(["-m", "bench.support.audit_unguarded"], theirs)
        with_it, without = side_by_side(lambda: _written("with", ours), lambda: _written("without", theirs), _ROUNDS)
        _run(["manage.py", "verify_audit", "--skip-checks"], ours)
    note = f"{middle(with_it):.0f} a second against {middle(without):.0f}"
    return at_least(_name(database), middle(with_it) / middle(without), _TARGET, "×", note)


def _written(how: str, environment: dict[str, str]) -> float:
    """Entries completed in a second by all writers."""
    command = [sys.executable, "-m", "bench.support.audit_writer", how, str(_SECONDS)]
    writers = [
        subprocess.Popen(  # noqa: S603 - our own interpreter
            command, cwd=stores.ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(WRITERS)
    ]
    for writer in writers:
        if writer.stdout is None or not writer.stdout.readline():
            raise RuntimeError("a writer did not start")
    for writer in writers:
        if writer.stdin is not None:
            writer.stdin.write("go\n")
            writer.stdin.flush()
    number = 0
    for writer in writers:
        output, _ = writer.communicate()
        if writer.returncode:
            raise RuntimeError(f"a writer ended with {writer.returncode}")
        number += int(output)
    return number / _SECONDS


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=stores.ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - ours
