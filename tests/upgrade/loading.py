"""What `record.py` wrote down: the database of the release before, brought to this moment, and its statements."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from django.db import connection, connections
from django.db.utils import load_backend
from psycopg.types.json import Jsonb

from queues_app.sandbox import Request, Sandbox
from tests.support.databases import connected
from tests.upgrade import driving

_PREVIOUS: Final = Path(__file__).parent / "previous"
_MOMENT: Final = re.compile(r"\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")


class Release:
    """The release before this one on one kind of database: "sqlite" or "postgresql"."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._facts = json.loads((_PREVIOUS / f"{vendor}.json").read_text())
        self.migration: str = self._facts["migration"]
        self.place: str = self._facts["place"]

    @cached_property
    def _age(self) -> timedelta:
        return datetime.now(UTC) - datetime.fromisoformat(self._facts["recorded_at"])

    def load(self, database: str) -> None:
        """Fill an empty database as that release left it, a moment ago: what is kept for a time is there still."""
        text = self._moved((_PREVIOUS / f"{self._vendor}.sql").read_text())
        if self._vendor == "sqlite":
            with closing(sqlite3.connect(database)) as file:
                file.executescript(text)
        else:
            with connected(database) as server:
                server.execute(text.encode())

    def go_on(self) -> None:
        """Send, as a host that still runs that release, all that one says to its database in a day's work."""
        for sql, params in self._facts["statements"]:
            with connection.cursor() as cursor:
                cursor.execute(sql, [self._value(value) for value in params])

    def upstream(self, sandbox: Sandbox, *, gone_on: bool = False) -> None:
        """Bring a fresh sandbox to where that release left its own."""
        driving.stage(sandbox)
        for method, path, query, headers, body in [
            *self._facts["calls"],
            *(self._facts["later_calls"] if gone_on else ()),
        ]:
            sandbox.handle(Request(method, path, query, headers, body.encode()))
        sandbox.forget_calls()

    def _moved(self, text: str) -> str:
        def later(found: re.Match[str]) -> str:
            moment = datetime.fromisoformat(found[0]) + self._age
            return moment.isoformat(sep=found[0][10], timespec="microseconds")

        return _MOMENT.sub(later, text)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._moved(value)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, dict):
            return value
        ((kind, content),) = value.items()
        if kind == "bytes":
            return bytes.fromhex(content)
        return Jsonb(content) if kind == "json" else datetime.fromisoformat(self._moved(content))


@contextmanager
def in_use(database: str) -> Iterator[None]:
    """All of this process asks this database meanwhile, by a connection of its own."""
    usual = connections["default"]
    place = {**usual.settings_dict, "NAME": database}
    connections["default"] = load_backend(place["ENGINE"]).DatabaseWrapper(place, "default")
    # Pools go by the alias, which is the same: a pool of the usual database would be asked.
    pools: dict[str, Any] = getattr(connection, "_connection_pools", {})
    usual_pool = pools.pop("default", None)
    try:
        yield
    finally:
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
        connections["default"] = usual
        if usual_pool is not None:
            pools["default"] = usual_pool
