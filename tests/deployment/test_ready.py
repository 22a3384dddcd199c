"""Alive and ready, as a balancer sees it: a database that is not in order takes the server out and kills nothing."""

import sqlite3
from contextlib import closing

from tests.deployment.conftest import Start

TOKEN = "k7Qe2mVx9Lr4Tz8Wn1Bc6Hd3Jf5Gs0Pa"


def test_a_server_is_ready_as_soon_as_its_migrations_are_applied(start: Start) -> None:
    dashboard = start(METRICS_TOKEN=TOKEN)
    with closing(sqlite3.connect(dashboard.database, isolation_level=None)) as database:
        last = database.execute("SELECT * FROM django_migrations ORDER BY id DESC LIMIT 1").fetchone()
        database.execute("DELETE FROM django_migrations WHERE id = ?", last[:1])
        with dashboard.browser() as probe:
            probe.headers["Authorization"] = f"Bearer {TOKEN}"
            assert probe.get("/healthz/").status_code == 200
            before = probe.get("/readyz/")
            assert before.status_code == 503
            assert "migrations: not all are applied: run manage.py migrate" in before.text

            database.execute("INSERT INTO django_migrations VALUES (?, ?, ?, ?)", last)
            assert (probe.get("/readyz/").status_code, probe.get("/healthz/").status_code) == (200, 200)


def test_a_database_that_is_down_is_told_and_the_process_lives(start: Start) -> None:
    dashboard = start(METRICS_TOKEN=TOKEN, DATABASE_URL="postgres://postgres:hidden-password@127.0.0.1:9/none")
    with dashboard.browser() as probe:
        assert probe.get("/healthz/").text == "ok\n"
        assert probe.get("/readyz/").text == "not ready\n"
        told = probe.get("/readyz/", headers={"Authorization": f"Bearer {TOKEN}"})
        assert (told.status_code, "database: does not answer (OperationalError)" in told.text) == (503, True)
    assert "hidden-password" not in told.text + dashboard.log
