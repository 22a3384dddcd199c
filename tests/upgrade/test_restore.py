"""Back up and restore as docs/operations.md tells it, by its very commands where they are at hand: with the keys, and
without them.
"""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from psycopg import sql
from pytest_django import DjangoDbBlocker, Settings

from queues_app.models import AuditEntry, Batch, Credential, Lease, Sending, User
from queues_app.sandbox import Sandbox
from tests.support.databases import administer
from tests.upgrade import loading
from tests.upgrade.conftest import Databases, Make
from tests.upgrade.driving import PEOPLE
from tests.upgrade.loading import Release
from tests.upgrade.test_previous_release import address, at_work

DOCS: Final = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
OTHER_KEY: Final = "b25lLW90aGVyLWtleS10aGF0LW9wZW5zLW5vdGhpbmc="
GONE: Final = "The key that sealed this is no longer on this server"


def run(command: str, **words: str) -> None:
    """A command of the document, with these words in place of its own."""
    assert command in DOCS.read_text()
    for word, ours in words.items():
        command = command.replace(word, ours)
    subprocess.run(command, shell=True, check=True, capture_output=True)  # noqa: S602 - our own words


def copy_of(database: str, make_database: Make, directory: Path) -> str:
    """Back up a database that is in use, and put the copy back in another place."""
    restored = make_database("")
    if connection.vendor == "sqlite":
        command = 'sqlite3 /data/queuescope.sqlite3 ".backup queuescope-copy.sqlite3"'
        if shutil.which("sqlite3"):
            run(command, **{"/data/queuescope.sqlite3": database, "queuescope-copy.sqlite3": restored})
        else:
            # Not every machine has the program; what its command does is this call.
            with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(restored)) as copied:
                source.backup(copied)
    elif shutil.which("pg_dump") and shutil.which("pg_restore"):
        dump = str(directory / "queuescope.dump")
        for command, at in (
            ('pg_dump --format=custom --file=queuescope.dump "$DATABASE_URL"', database),
            ('pg_restore --no-owner --dbname="$DATABASE_URL" queuescope.dump', restored),
        ):
            run(command, **{"queuescope.dump": dump, "$DATABASE_URL": url(at)})
    else:
        # The server's own way: it copies what nobody is connected to.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # what only PostgreSQL's has
        administer(sql.SQL("DROP DATABASE {}"), restored)
        administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), restored, database)
    return restored


def url(database: str) -> str:
    place = connection.settings_dict
    who = ":".join(quote(str(place[part]), safe="") for part in ("USER", "PASSWORD") if place[part])
    return f"postgres://{who}@{place['HOST']}:{place['PORT'] or 5432}/{database}"


@pytest.fixture
def restored(
    databases: Databases,
    make_database: Make,
    previous: Release,
    sandbox: Sandbox,
    upstream_url: str,
    real_hashes: None,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """A server that had to be set up anew, on the copy of a database at work."""
    previous.upstream(sandbox)
    with django_db_blocker.unblock():
        at_work_on = make_database(databases.left)
        with loading.in_use(at_work_on):
            # What is in SQLite's log and not in its file yet.
            User.objects.filter(username="viewer").update(first_name="Vera")
            copy = copy_of(at_work_on, make_database, tmp_path)
        with loading.in_use(copy):
            call_command("migrate_once", verbosity=0)
            yield


def said_by_check(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("check", databases=["default"], tags=["database"])
    return capsys.readouterr().err


def test_with_the_keys_everything_is_there_and_goes_on(
    restored: None, previous: Release, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert User.objects.get(username="viewer").first_name == "Vera"
    operator = at_work(previous.place)

    operator.look(*(address("batch", batch) for batch in Batch.objects.all()))
    operator.do("/leases/act/", step="do", verb="return", lease=Lease.objects.filter(state="held")[0].pk)
    operator.look(*operator.work())

    assert sandbox.queue("orders").count("settle") == 3
    assert "W043" not in said_by_check(capsys)


def test_without_the_keys_people_and_record_stay_and_each_page_says_what_is_lost(
    restored: None, previous: Release, sandbox: Sandbox, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.CREDENTIAL_KEYS = [OTHER_KEY]
    operator, credential = at_work(previous.place), Credential.objects.get()

    assert GONE in operator.see(reverse("credential", args=[credential.pk]))
    for kept in (
        *(address("batch", batch) for batch in Batch.objects.all()),
        address("sending", Sending.objects.get()),
    ):
        answer = operator.browser.get(kept)
        assert (answer.status_code < 500, GONE in answer.text) == (True, True), kept
    answer = operator.browser.get(previous.place)
    assert answer.status_code < 500
    assert "put the old key back into CREDENTIAL_KEYS" in answer.text
    for page in ("/leases/", "/leases/all/", "/audit/"):
        operator.see(page)
    for entry in AuditEntry.objects.filter(user_name="owner"):
        assert entry.receipt in operator.see(reverse("audit_entry", args=[entry.pk]))
    for name in PEOPLE:
        at_work(previous.place, name).see("/you/")
    assert sandbox.calls == []
    assert "No key of CREDENTIAL_KEYS opens 1 of 1 credentials." in said_by_check(capsys)
