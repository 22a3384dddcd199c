"""`manage.py sandbox`, as a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def start(started: list[subprocess.Popen[str]], *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "sandbox", *arguments]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    started.append(process)
    return process


def said(process: subprocess.Popen[str]) -> dict[str, str]:
    """The three lines it prints when it is ready."""
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(3)]
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_where_it_is_serves_and_stops_cleanly(
    started: list[subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = start(started, "--port", "0")
    lines = said(process)
    assert set(lines) == {"sandbox url", "sandbox account", "sandbox token"}
    headers = {"Authorization": f"Bearer {lines['sandbox token']}"}
    url = f"{lines['sandbox url']}/accounts/{lines['sandbox account']}/queues"
    answer = httpx.get(url, headers=headers, trust_env=False)
    assert answer.json()["result_info"]["total_count"] > 20
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""


def test_it_starts_empty_when_asked(started: list[subprocess.Popen[str]]) -> None:
    lines = said(start(started, "--port", "0", "--seed", "empty", "--speed", "60"))
    headers = {"Authorization": f"Bearer {lines['sandbox token']}"}
    url = f"{lines['sandbox url']}/accounts/{lines['sandbox account']}/queues"
    assert httpx.get(url, headers=headers, trust_env=False).json()["result"] == []


def test_a_port_that_is_taken_is_said_in_a_sentence(started: list[subprocess.Popen[str]]) -> None:
    port = said(start(started, "--port", "0", "--seed", "empty"))["sandbox url"].split(":")[2].split("/")[0]
    second = start(started, "--port", port)
    _, errors = second.communicate(timeout=20)
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in errors
    assert "Traceback" not in errors


def test_a_clock_that_stands_still_is_refused(started: list[subprocess.Popen[str]]) -> None:
    process = start(started, "--port", "0", "--speed", "0")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "--speed" in errors
