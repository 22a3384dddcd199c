"""Record what a release leaves behind, and what it says to its database, for the tests of the next one's upgrade.

By hand, when a release is made, on SQLite and on a PostgreSQL that may be written to:

    .venv/bin/python tests/upgrade/record.py postgres://postgres@127.0.0.1:5432

It runs the code of the directory that it is called in, so an older release is recorded from a worktree of it. In
`previous/` come, for each database, NAME.sql, the filled database, and NAME.json: the newest migration, when it was,
which calls its sandbox got, and each statement with its parameters of a day at work on that database.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

PREVIOUS: Final = Path(__file__).parent / "previous"
DATABASE: Final = "queuescope_previous"
# What opens a transaction or a savepoint belongs to the tests, and differs from run to run.
_OF_TRANSACTIONS: Final = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")
# As tests/settings.py has them: what is sealed and signed here has to open there.
_KEYS: Final = {
    "SECRET_KEY": "tests-only-2f6e1a9c4b7d8035e6f1a2b3c4d5e6f708192a3b4c5d6e7f",
    "CREDENTIAL_KEYS": "dGVzdHMtb25seS1rZXktbnVtYmVyLW9uZS0wMDAxISE=",
}


def main(server: str) -> None:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as made:
        file = Path(directory) / "db.sqlite3"
        for vendor, address in (("sqlite", f"sqlite:///{file}"), ("postgresql", f"{server}/{DATABASE}")):
            if vendor == "postgresql":
                _psql(server, f"CREATE DATABASE {DATABASE}")
                made.callback(_psql, server, f"DROP DATABASE {DATABASE} WITH (FORCE)")
            # A process of its own: Django is set up once in each.
            environment = {**os.environ, **_KEYS, "ENV_FILE": "", "HTTPS_ONLY": "0", "DATABASE_URL": address}
            environment |= {"ALLOWED_HOSTS": "testserver", "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
            # The files of pages as they are written: nothing was collected.
            environment |= {"DEBUG": "1"}
            subprocess.run([sys.executable, __file__, "--one", vendor, address], env=environment, check=True)  # noqa: S603


def record(vendor: str, address: str) -> None:
    """Fill an empty database, write it down, and then what a day's work on it says."""
    sys.path[0] = str(Path.cwd())
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    from queues_app.sandbox import ManualClock, Sandbox, SandboxServer

    class Listening(Sandbox):
        calls_made: Final[list[list[Any]]] = []

        def handle(self, request: Any) -> Any:
            headers = {name: value for name, value in request.headers.items() if name == "authorization"}
            self.calls_made.append([request.method, request.path, request.query, headers, request.body.decode()])
            return super().handle(request)

    sys.path.insert(1, str(Path(__file__).parent))
    driving = import_module("driving")  # from beside this file, not from the checkout that is recorded

    call_command("migrate", verbosity=0)
    sandbox = Listening(clock=ManualClock(), seed="empty")
    driving.stage(sandbox)
    with SandboxServer(sandbox, port=0) as upstream:
        settings.CLOUDFLARE_API_BASE_URL = upstream.url
        place = _fill(driving, sandbox)
        dump = _dump(vendor, address)
        before = len(sandbox.calls_made)
        said: list[tuple[str, Any]] = []
        with connection.execute_wrapper(_listener(said)):
            _work(driving, "owner", place)
    newest = MigrationRecorder(connection).migration_qs.filter(app="queues_app").latest("name")
    facts = {
        "migration": newest.name,
        "recorded_at": datetime.now(UTC).isoformat(),
        "place": place,
        "calls": sandbox.calls_made[:before],
        "later_calls": sandbox.calls_made[before:],
        "statements": _distinct(said),
    }
    PREVIOUS.mkdir(exist_ok=True)
    (PREVIOUS / f"{vendor}.sql").write_text(dump)
    (PREVIOUS / f"{vendor}.json").write_text(json.dumps(facts, indent=0, ensure_ascii=False) + "\n")


def _fill(driving: Any, sandbox: Any) -> str:
    """Everything that people leave behind; the address of their queue."""
    from django.contrib.auth.models import Group
    from django.test import Client
    from django.utils import timezone

    from queues_app.models import Account, AuditEntry, User

    for name, role in driving.PEOPLE.items():
        User.objects.create_user(name, password=driving.PASSWORD).groups.add(Group.objects.get(name=role))
    browser = Client()
    driving.sign_in(browser, "owner")
    driving.Operator(browser, "").do(
        "/credentials/add/", label="main", kind="token", environment="sandbox", secret=sandbox.tokens["full"]
    )
    account = Account.objects.get(name="acme-logistics")
    place = f"/accounts/{account.pk}/queues/{sandbox.queue('orders').id}/"
    _work(driving, "owner", place)
    # What a process that was killed in the middle of a pull leaves.
    AuditEntry.objects.create(
        at=timezone.now(),
        action="messages.pull",
        user_id=account.credential.owner_id,
        user_name="owner",
        parameters={"batch_size": 2, "visibility_timeout_ms": 30_000},
    )
    return place


def _work(driving: Any, name: str, place: str) -> None:
    from django.test import Client

    browser = Client()
    driving.sign_in(browser, name)
    operator = driving.Operator(browser, place)
    operator.look(*operator.work())


def _listener(said: list[tuple[str, Any]]) -> Any:
    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _OF_TRANSACTIONS.match(sql):
            said.extend((sql, each) for each in (params if many else [params]))
        return execute(sql, params, many, context)

    return listen


def _distinct(said: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Each question once; all that writes, in its order."""
    known: set[str] = set()
    kept = []
    for sql, params in said:
        if sql not in known or not sql.startswith("SELECT"):
            known.add(sql)
            kept.append((sql, [_plain(value) for value in params or ()]))
    return kept


def _plain(value: Any) -> Any:
    """A parameter as JSON: what JSON has no word for is an object with the name of what it is."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if hasattr(value, "obj"):  # psycopg's wrappers, of bytes and of JSON
        return _plain(value.obj) if isinstance(value.obj, bytes | memoryview) else {"json": value.obj}
    return str(value)


def _dump(vendor: str, address: str) -> str:
    if vendor == "sqlite":
        with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as database:
            return "\n".join(database.iterdump()) + "\n"
    command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", "--no-comments", address]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    # Neither remarks, nor what only psql reads, nor settings that another version may not know.
    dropped = re.compile(r"--|\\|SET |SELECT pg_catalog\.set_config|\s*$")
    return "".join(line for line in text.splitlines(keepends=True) if not dropped.match(line))


def _psql(server: str, statement: str) -> None:
    subprocess.run(["psql", "--quiet", "--command", statement, f"{server}/postgres"], check=True)  # noqa: S603, S607


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        record(sys.argv[2], sys.argv[3])
    else:
        main(sys.argv[1].rstrip("/"))
