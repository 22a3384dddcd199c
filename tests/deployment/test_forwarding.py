"""Real forwarders beside each other on one database: nothing is lost, and SIGTERM ends them in good order."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from queues_app.operations import forwarding
from tests.deployment.serving import ROOT, snapshot
from tests.forwarding.entries import write
from tests.support.receivers import HttpReceiver
from tests.support.waiting import LONG_ENOUGH, wait_until


@contextmanager
def forwarder(database: Path, url: str) -> Iterator["subprocess.Popen[bytes]"]:
    names = ("PATH", "SECRET_KEY", "CREDENTIAL_KEYS", "ALLOWED_HOSTS")
    environment = {name: os.environ[name] for name in names}
    with subprocess.Popen(
        [sys.executable, "manage.py", "forward_audit"],
        cwd=ROOT,
        env={**environment, "ENV_FILE": "", "AUDIT_FORWARD": url, "DATABASE_URL": f"sqlite:///{database}"},
        stdin=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def has_begun(process: "subprocess.Popen[bytes]") -> bool:
    """Whether it would heed SIGTERM already, as the kernel knows."""
    (caught,) = re.findall(r"^SigCgt:\s*([0-9a-f]+)$", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    return bool(int(caught, 16) & 1 << (signal.SIGTERM - 1))


def stopped(process: "subprocess.Popen[bytes]") -> int:
    wait_until(lambda: has_begun(process), what="forwarder that heeds SIGTERM")
    process.send_signal(signal.SIGTERM)
    return process.wait(LONG_ENOUGH)


@pytest.mark.django_db
def test_one_that_is_stopped_ends_its_batch_and_two_that_follow_tell_once_what_did_not_arrive(
    tmp_path: Path, settings: Settings
) -> None:
    database, over = tmp_path / "db.sqlite3", threading.Event()
    with HttpReceiver().serving() as http:
        settings.AUDIT_FORWARD = [http.url]
        forwarding.begin(forwarding.destinations()[0])
        write(5)
        write(2, bound=False)
        snapshot(database)
        http.answers.append(lambda: over.wait(LONG_ENOUGH) and (503, {}))

        with forwarder(database, http.url) as first:
            wait_until(lambda: http.paths, what="batch under way")
            first.send_signal(signal.SIGTERM)
            over.set()
            assert first.wait(LONG_ENOUGH) == 0
        with forwarder(database, http.url) as second, forwarder(database, http.url) as third:
            wait_until(lambda: len(http.lines) == 7, what="line for each entry")
            assert [stopped(each) for each in (second, third)] == [0, 0]

    assert [json.loads(line)["position"] for line in http.lines] == [1, 2, 3, 4, 5, 6, 7]
