"""SQLite, on which the threads of a process take turns to write.

SQLite has one writer. Who finds it busy sleeps up to a tenth of a second before it looks again, so with many threads
the database mostly waits for sleepers, and one with bad luck is told that it is locked. Threads that wait for a lock of
their own process are woken when it is free; SQLite's own way is then only between processes.
"""

import threading
from collections import defaultdict
from typing import Final

from django.db import OperationalError
from django.db.backends.sqlite3 import base

# By the name of the database.
_TURNS: Final[defaultdict[str, threading.Lock]] = defaultdict(threading.Lock)


class DatabaseWrapper(base.DatabaseWrapper):
    """A transaction has the turn from its beginning to its end; a statement outside of one takes SQLite's way."""

    _turn: threading.Lock | None = None

    def _start_transaction_under_autocommit(self) -> None:
        turn = _TURNS[str(self.settings_dict["NAME"])]
        # As long as SQLite would wait.
        if not turn.acquire(timeout=self.settings_dict["OPTIONS"]["timeout"]):
            raise OperationalError("database is locked")
        self._turn = turn
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc] # the stubs leave it out
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc] # the same
        finally:
            self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc] # the same
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc] # the same
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.release()
