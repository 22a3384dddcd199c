"""`manage.py migrate_once`: migrate, when several hosts start at once, on one of them while the others wait.

PostgreSQL keeps the lock by the connection, a host with SQLite by an open file: both end with the process.
"""

import fcntl
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

# "queues" in the number that PostgreSQL knows the lock by; other programs in the same database have their own.
LOCK: Final = int.from_bytes(b"queues")
_PAUSE_S: Final = 0.2


class Command(BaseCommand):
    help = "Bring the database to this version. One process at a time: the others wait, and then find nothing to do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wait", type=float, default=300.0, help="seconds to wait for the database and for others")

    def handle(self, *args: Any, **options: Any) -> None:
        self.deadline = time.monotonic() + options["wait"]
        self._wait_for(_answers, "the database", "The database does not answer")
        others = "Another process is migrating this database and does not end"
        with _lock() as taken:
            self._wait_for(taken, "another process that migrates", others)
            call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)

    def _wait_for(self, is_there: Callable[[], bool], what: str, in_vain: str) -> None:
        """Raises CommandError when the time is over."""
        if is_there():
            return
        self.stdout.write(f"Waiting for {what} …")
        while not is_there():
            if time.monotonic() >= self.deadline:
                raise CommandError(f"{in_vain}. Nothing was changed by this one; try again, or give it longer: --wait")
            time.sleep(_PAUSE_S)


def _answers() -> bool:
    try:
        connection.ensure_connection()
    except OperationalError:
        return False
    return True


@contextmanager
def _lock() -> Iterator[Callable[[], bool]]:
    """What takes the lock, or says that it is taken; it is given back at the end."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:

            def taken() -> bool:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                return bool(cursor.fetchone()[0])

            yield taken
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        return
    # Not the database's own file: SQLite loses its locks when somebody else closes that one.
    database = Path(str(connection.settings_dict["NAME"]))
    with database.with_name(f"{database.name}.migrating").open("ab") as file:

        def flocked() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield flocked
