"""An export of the whole audit: how long for 100,000 entries, and what it holds in memory however many there are."""

import os
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from bench.support import stores
from bench.support.rows import Row, at_most, not_measured

SMALL: Final = 10_000
LARGE: Final = 300_000
_PER: Final = 100_000
_MOST_S: Final = 10.0
_MEMORY: Final = 1.2
_ROUNDS: Final = 2
_MB: Final = 1024


class _Took(NamedTuple):
    seconds: float
    peak_kb: int


def measure() -> list[Row]:
    """By the command, whose process does nothing else; the page streams the same pieces."""
    server = stores.postgresql()
    rows = _rows("SQLite", stores.sqlite_database(), stores.sqlite_database())
    if server is None:
        why = "no PostgreSQL to be reached"
        return [
            *rows,
            not_measured(_time_of("PostgreSQL"), _MOST_S, "s", why),
            not_measured(_memory_of("PostgreSQL"), _MEMORY, "×", why),
        ]
    return [*rows, *_rows("PostgreSQL", stores.postgresql_database(server), stores.postgresql_database(server))]


def _time_of(database: str) -> str:
    return f"Export of {_PER:,} entries, {database}"


def _memory_of(database: str) -> str:
    return f"Memory of an export of {LARGE:,} entries, {database}"


def _rows(database: str, one: AbstractContextManager[str], other: AbstractContextManager[str]) -> list[Row]:
    with one as small, other as large:
        few, many = _filled(small, SMALL), _filled(large, LARGE)
        # The quickest of some: whatever else the machine does only adds to it.
        less = [_exported(few) for _ in range(_ROUNDS)]
        more = [_exported(many) for _ in range(_ROUNDS)]
    quick, long = min(took.seconds for took in less), min(took.seconds for took in more)
    seconds = (long - quick) / (LARGE - SMALL) * _PER
    low, high = max(took.peak_kb for took in less), max(took.peak_kb for took in more)
    return [
        at_most(_time_of(database), seconds, _MOST_S, "s", f"{LARGE:,} in {long:.1f} s, {SMALL:,} in {quick:.1f} s"),
        at_most(
            _memory_of(database),
            high / low,
            _MEMORY,
            f"× that of {SMALL:,}",
            f"{high / _MB:.0f} MB at its height, {low / _MB:.0f} MB",
        ),
    ]


def _filled(database: str, number: int) -> dict[str, str]:
    environment = stores.environment(database)
    for arguments in (
        ["manage.py", "migrate", "--skip-checks", "-v0"],
        ["-m", "bench.support.audit_fill", str(number)],
    ):
        subprocess.run([sys.executable, *arguments], cwd=stores.ROOT, env=environment, check=True)  # noqa: S603 - ours
    return environment


def _exported(environment: dict[str, str]) -> _Took:
    """All of it into nothing, and that it was all."""
    command = [sys.executable, "manage.py", "export_audit", "--skip-checks"]
    began = time.perf_counter()
    with (
        Path(os.devnull).open("wb") as nothing,
        subprocess.Popen(command, cwd=stores.ROOT, env=environment, stdout=nothing, stderr=subprocess.PIPE) as process,  # noqa: S603 - ours
    ):
        told = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    # Each export is an entry itself, which the next one finds.
    if process.returncode or b"The file is whole." not in told:
        raise RuntimeError(f"an export ended so: {told.decode()}")
    return _Took(time.perf_counter() - began, used.ru_maxrss)
