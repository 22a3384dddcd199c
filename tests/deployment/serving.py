"""A Queuescope as it is deployed: gunicorn in its own process, on its own SQLite file, with the real settings."""

import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx
from django.db import connection

from tests.support.waiting import LONG_ENOUGH, wait_until

ROOT: Final = Path(__file__).resolve().parents[2]
CSRF: Final = "a" * 32  # a cookie and a field that agree are all that Django asks for
_BOOTED: Final = re.compile(r"Booting worker with pid: (\d+)")


class Dashboard:
    """A running gunicorn. Its workers come and go; the socket stays, so that early requests wait instead of failing."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, url: str, database: Path, log: Path) -> None:
        self.process = process
        self.url = url
        self.database = database
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def workers(self) -> list[int]:
        """The process ids of all workers that were ever started, oldest first."""
        return [int(number) for number in _BOOTED.findall(self.log)]

    def browser(self, session: str = "", *, patience: float = LONG_ENOUGH) -> httpx.Client:
        """A browser that holds this session, sends the CSRF token and follows no redirects."""
        cookies = {"csrftoken": CSRF, **({"sessionid": session} if session else {})}
        return httpx.Client(
            base_url=self.url, cookies=cookies, headers={"X-CSRFToken": CSRF}, timeout=patience, trust_env=False
        )

    def kill_worker(self) -> None:
        """SIGKILL, as the out-of-memory killer sends it: nothing in the worker runs any more."""
        before = len(self.workers)
        os.kill(self.workers[-1], signal.SIGKILL)
        wait_until(lambda: len(self.workers) > before, what="new worker")

    def kill_workers(self) -> None:
        """SIGKILL for all of them, as when the machine goes; who starts new ones has to be gone before."""
        for worker in self.workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def ask_to_stop(self) -> None:
        """SIGTERM, and wait until it is being heeded."""
        self.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Handling signal: term" in self.log, what="stop under way")

    def rows(self, table: str, order: str = "id") -> list[dict[str, Any]]:
        """All rows of a table as they are on the disk, read past the application."""
        with closing(sqlite3.connect(self.database)) as reader:
            reader.row_factory = sqlite3.Row
            return [dict(row) for row in reader.execute(f"SELECT * FROM {table} ORDER BY {order}")]  # noqa: S608 - our names

    def entries(self, action: str) -> list[dict[str, Any]]:
        """The audit entries of one action, oldest first."""
        return [row for row in self.rows("queues_app_auditentry") if row["action"] == action]

    @contextmanager
    def database_locked(self) -> Iterator[None]:
        """Another program writes and does not end."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")

    @contextmanager
    def disk_full(self) -> Iterator[None]:
        """The write-ahead log has grown to the size that the server's own files may have (see `serve`)."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as other:
            other.execute("CREATE TABLE ballast (filling BLOB)")
            ahead = self.database.with_name(self.database.name + "-wal")
            while ahead.stat().st_size <= self.largest_file:
                other.execute("INSERT INTO ballast VALUES (zeroblob(65536))")
            yield

    @property
    def largest_file(self) -> int:
        """Bytes. Room for what the server begins with, and for no more."""
        return max(self.database.stat().st_size, 1024 * 1024)


def snapshot(path: Path) -> None:
    """Write what the test has put into its own database, committed or not, into a file."""
    connection.ensure_connection()
    path.write_bytes(connection.connection.serialize())


@contextmanager
def serve(directory: Path, *, upstream_url: str, limited: bool = False, **settings: str) -> Iterator[Dashboard]:
    """Start gunicorn on `directory / "db.sqlite3"`, and stop it at the end.

    `limited`: no file of the server may grow beyond a megabyte, which is how a full disk is played (`disk_full`).
    """
    database, log = directory / "db.sqlite3", directory / "gunicorn.log"
    with socket.create_server(("127.0.0.1", 0), backlog=64) as door, log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "gunicorn", "--bind", f"fd://{door.fileno()}", "dashboard.wsgi:application"],
            cwd=ROOT,
            env=_environment(directory, upstream_url, settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(door.fileno(),),
        )
        place = f"http://127.0.0.1:{door.getsockname()[1]}"
    # The door is the server's alone from here on: who comes when it is gone is turned away, and does not wait.
    dashboard = Dashboard(process, url=place, database=database, log=log)
    if limited:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (dashboard.largest_file, dashboard.largest_file))
    try:
        with dashboard.browser() as visitor:
            assert visitor.get("/healthz/").status_code == 200, dashboard.log
        yield dashboard
    finally:
        process.terminate()
        process.wait(LONG_ENOUGH)


def _environment(directory: Path, upstream_url: str, settings: Mapping[str, str]) -> dict[str, str]:
    """A deployment's, but for HTTPS. The keys are those of the tests, so that their sessions and seals hold here."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        **{name: os.environ[name] for name in ("SECRET_KEY", "CREDENTIAL_KEYS")},
        "ENV_FILE": "",
        "HTTPS_ONLY": "0",
        "BREACHED_PASSWORDS": "0",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{directory / 'db.sqlite3'}",
        "STATIC_ROOT": str(directory.parent / "static"),
        "CLOUDFLARE_API_BASE_URL": upstream_url,
        "WEB_CONCURRENCY": "1",
        "WORKER_THREADS": "8",
        "UPSTREAM_SLOTS": "4",
        **settings,
    }
