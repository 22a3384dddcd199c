"""A server that is told to stop while the audit leaves it: the file is whole, or is seen not to be."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from django.utils import timezone

from queues_app.models import Action, AuditEntry, Outcome
from tests.deployment.conftest import Scene, Start, session_of
from tests.deployment.serving import Dashboard
from tests.support.people import Cast, signed_in
from tests.support.waiting import wait_until

# Far more than what lies between a server that writes and a reader who does not read.
ENTRIES: Final = 6_000
FILLING: Final = "x" * 4_000
# Half of it is for what is under way, the other half for who reads slowly.
TIMEOUT_S: Final = 6


@pytest.fixture
def auditor(scene: Scene, cast: Cast) -> str:
    """The session of somebody who may take out a long audit."""
    at = timezone.now() - timedelta(minutes=1)
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=at + timedelta(milliseconds=number),
            completed_at=at + timedelta(milliseconds=number),
            action=Action.PEEK,
            outcome=Outcome.OK,
            user_id=cast.owner.pk,
            user_name="owner",
            parameters={"filling": FILLING},
        )
        for number in range(ENTRIES)
    )
    return session_of(signed_in(cast.auditor))


@contextmanager
def leaving(dashboard: Dashboard, session: str) -> Iterator[Iterator[bytes]]:
    """The pieces of an export, of which the first has come."""
    form = {"format": "jsonl", "action": "messages.peek", "intent": str(uuid.uuid4())}
    with (
        dashboard.browser(session) as browser,
        browser.stream("POST", "/audit/export/", data=form, headers={"Accept-Encoding": "identity"}) as answer,
    ):
        assert answer.status_code == 200
        pieces = answer.iter_raw()
        next(pieces)
        yield pieces


def quick_to_stop(start: Start) -> Dashboard:
    return start(WORKER_TIMEOUT=str(TIMEOUT_S), UPSTREAM_CONNECT_TIMEOUT="1", UPSTREAM_TIMEOUT="1")


def rest_of(pieces: Iterator[bytes]) -> bytes:
    """What still comes; that a connection ends in the middle is one way to see that the file is cut."""
    came = b""
    try:
        for piece in pieces:
            came += piece
    except httpx.TransportError:
        pass
    return came


def is_whole(came: bytes) -> bool:
    return came.endswith(f'\n{{"end": true, "entries": {ENTRIES}}}\n'.encode())


def export_of(dashboard: Dashboard) -> dict[str, Any]:
    (entry,) = dashboard.entries("audit.export")
    return entry


def test_a_reader_who_reads_on_has_the_whole_file(start: Start, auditor: str) -> None:
    dashboard = start()
    with leaving(dashboard, auditor) as pieces:
        dashboard.ask_to_stop()
        came = rest_of(pieces)
    assert is_whole(came)
    assert dashboard.process.wait(30) == 0
    entry = export_of(dashboard)
    assert (entry["outcome"], entry["remark"].split(" as ")[0]) == ("ok", f"{ENTRIES:,} entries")


def test_what_would_not_be_done_in_time_ends_without_its_last_line(start: Start, auditor: str) -> None:
    dashboard = quick_to_stop(start)
    with leaving(dashboard, auditor) as pieces:
        dashboard.ask_to_stop()
        half_over = time.monotonic() + TIMEOUT_S / 2 + 0.5
        wait_until(lambda: time.monotonic() > half_over, what="half of the time")
        came = rest_of(pieces)
    assert dashboard.process.wait(30) == 0
    assert b'"end"' not in came.rpartition(b"\n{")[2]
    entry = export_of(dashboard)
    assert (entry["outcome"], entry["reason"]) == ("failed", "stopped")
    told = int(entry["remark"].split(": ")[1].split(" ")[0].replace(",", ""))
    assert 0 < told < ENTRIES


def test_a_reader_who_does_not_read_holds_up_no_stop(start: Start, auditor: str) -> None:
    dashboard = quick_to_stop(start)
    with leaving(dashboard, auditor) as pieces:
        dashboard.ask_to_stop()
        dashboard.process.wait(30)
        came = rest_of(pieces)
    assert b'"end"' not in came.rpartition(b"\n{")[2]
    entry = export_of(dashboard)
    assert json.loads(entry["parameters"])["format"] == "jsonl"
    assert (entry["outcome"], entry["remark"]) == ("unknown", "")
