"""Pages of a large audit beside those of a small one, for each filter and some together: how many times as long.

AUDIT_ENTRIES says how large, 5,000,000 by default; the small one has 10,000.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from bench.support import stores
from bench.support.rows import Row, at_most, middle, not_measured, side_by_side

SMALL: Final = 10_000
LARGE: Final = int(os.environ.get("AUDIT_ENTRIES", "5000000"))
_ROUNDS: Final = 15
_TARGET: Final = 1.5
# Moments in the middle of either: an entry each six seconds (bench/support/audit_fill.py).
_FIRST: Final = 1_700_000_000
_QUEUE: Final = f"{17:032x}"

FILTERS: Final = {
    "none": "",
    "who": "who=person-7",
    "action": "action=messages.delete",
    "queue": f"queue={_QUEUE}",
    "outcome": "outcome=refused",
    "credential": "credential=3",
    "kind": "kind=changed",
    "kind people": "kind=people",
    "not ok": "kind=not-ok",
    "message": f"q={400:032x}",
    "cf-ray": f"q={777:032x}",
    "dates": "since=2023-11-15&until=2023-11-15",
    "who, action": "who=person-7&action=messages.delete",
    "who, queue": f"who=person-7&queue={_QUEUE}",
    "queue, action": f"queue={_QUEUE}&action=messages.pull",
    "queue, outcome": f"queue={_QUEUE}&outcome=failed",
    "who, outcome": "who=person-7&outcome=failed",
    "who, credential": "who=person-7&credential=3",
    "credential, action": "credential=3&action=messages.ack",
    "action, outcome": "action=messages.pull&outcome=unknown",
    "who, queue, action": f"who=person-7&queue={_QUEUE}&action=messages.peek",
    "all": f"who=person-7&queue={_QUEUE}&action=messages.peek&outcome=ok&credential=3&since=2023-11-15",
}


def measure() -> list[Row]:
    server = stores.postgresql()
    rows = _rows("SQLite", stores.sqlite_database(), stores.sqlite_database())
    if server is None:
        return [*rows, not_measured(_name("PostgreSQL"), _TARGET, "×", "no PostgreSQL to be reached")]
    return [*rows, *_rows("PostgreSQL", stores.postgresql_database(server), stores.postgresql_database(server))]


def _name(database: str) -> str:
    return f"Audit pages at {LARGE:,} entries against {SMALL:,}, {database}: the worst of {len(FILTERS) * 2}"


def _rows(database: str, one: AbstractContextManager[str], other: AbstractContextManager[str]) -> list[Row]:
    with one as small, other as large, tempfile.TemporaryDirectory(prefix="queuescope-bench-") as static:
        ask_small, end_small = _reader(small, SMALL, static)
        ask_large, end_large = _reader(large, LARGE, static)
        ratios: list[tuple[float, str, float]] = []
        for name, query in FILTERS.items():
            for place in ("first", "middle"):
                less, more = _compared(ask_small, ask_large, query, place)
                ratios.append((middle(more) / middle(less), f"{name} ({place} page)", middle(more)))
        end_small()
        end_large()
    for ratio, name, took in sorted(ratios, reverse=True):
        sys.stderr.write(f"{database} {ratio:5.2f} × {took:6.1f} ms {name}\n")
    worst, name, took = max(ratios)
    note = f"{name}, {took:.0f} ms; the median of all is {middle([ratio for ratio, _, _ in ratios]):.2f} ×"
    return [at_most(_name(database), worst, _TARGET, "×", note)]


def _compared(
    ask_small: Callable[[str], float], ask_large: Callable[[str], float], query: str, place: str
) -> tuple[list[float], list[float]]:
    less, more = _at(query, place, SMALL), _at(query, place, LARGE)
    ask_small(less)
    ask_large(more)
    return side_by_side(lambda: ask_small(less), lambda: ask_large(more), _ROUNDS)


def _at(query: str, place: str, number: int) -> str:
    if place == "first":
        return query
    half = number // 2
    return f"{query}&before={(_FIRST + half * 6) * 1_000_000}-{half}".lstrip("&")


def _reader(database: str, number: int, static: str) -> tuple[Callable[[str], float], Callable[[], None]]:
    """What asks a page and tells its milliseconds, and what ends it."""
    environment = stores.environment(database) | {"STATIC_ROOT": static}
    for arguments in (
        ["manage.py", "migrate", "--skip-checks", "-v0"],
        ["manage.py", "collectstatic", "--no-input", "--skip-checks", "-v0"],
        ["-m", "bench.support.audit_fill", str(number)],
    ):
        subprocess.run([sys.executable, *arguments], cwd=stores.ROOT, env=environment, check=True)  # noqa: S603 - ours
    reader = subprocess.Popen(
        [sys.executable, "-m", "bench.support.audit_reader"],
        cwd=stores.ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    asked, told = reader.stdin, reader.stdout
    if asked is None or told is None:
        raise RuntimeError("the reader has no pipes")

    def ask(query: str) -> float:
        asked.write(f"{query}\n")
        asked.flush()
        return float(told.readline())

    def end() -> None:
        asked.close()
        reader.wait()

    return ask, end
