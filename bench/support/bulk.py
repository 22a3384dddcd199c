"""Fill large tables quickly: their indexes wait until the rows are there, and nothing is saved from a crash.

What stands there afterwards is what the application made: the same rows, and each index by the words it was made with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

# For this connection alone. Who reads later opens the file as the application does, with its log.
_QUICK: Final = {
    "sqlite": (
        "PRAGMA journal_mode = OFF",
        "PRAGMA synchronous = OFF",
        "PRAGMA cache_size = -256000",
        "PRAGMA temp_store = FILE",
        "PRAGMA threads = 2",
    ),
    "postgresql": (
        "SET synchronous_commit = off",
        "SET maintenance_work_mem = '256MB'",
        "SET max_parallel_maintenance_workers = 1",
    ),
}
# Those that a constraint makes have no words of their own on SQLite, and stay.
_INDEXES: Final = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = %s",
    "postgresql": (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ),
}


@contextmanager
def loading(*tables: str) -> Iterator[None]:
    """Within it these tables have no indexes but those of their constraints."""
    vendor, waiting = connection.vendor, list[str]()
    with connection.cursor() as cursor:
        for statement in _QUICK[vendor]:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(_INDEXES[vendor], [table])
            for name, words in cursor.fetchall():
                waiting.append(words)
                cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    yield
    with connection.cursor() as cursor:
        for words in waiting:
            cursor.execute(words)
