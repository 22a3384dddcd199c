"""`scripts/demo` as a newcomer runs it: from anywhere, and stopped by a signal."""

import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 90  # a slow machine with nothing in its caches


class Demo:
    """A demo that is running, and what it printed."""

    def __init__(self, folder: Path) -> None:
        self.port, self.sandbox_port = free_ports()
        self.folder = folder / "a demo"
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            [str(ROOT / "scripts" / "demo")],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "PORT": str(self.port),
                "SANDBOX_PORT": str(self.sandbox_port),
                "DEMO_DIR": self.folder.name,
                # Of a deployment: none of it may get in.
                "DATABASE_URL": "postgres://nobody@127.0.0.1:9/nothing",
                "CLOUDFLARE_API_BASE_URL": "https://api.cloudflare.com/client/v4",
                "SECRET_KEY_FILE": "/nonexistent",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if line.startswith("Ctrl-C"):
                break

    def told(self, what: str) -> str:
        found = re.search(rf"^{re.escape(what)}: (\S+)", self.printed, re.MULTILINE)
        assert found, self.printed
        return found[1]

    def has_ended(self) -> int:
        """Its exit status, once it and both servers are gone."""
        status = self.process.wait(SECONDS)
        assert self.process.stdout is not None
        self.printed += self.process.stdout.read()
        for port in (self.port, self.sandbox_port):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=5)
        return status


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.terminate()
    running.process.wait(SECONDS)
    assert running.process.stdout is not None
    running.process.stdout.close()


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def fetched(url: str, token: str = "") -> bytes:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - of the demo
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        body: bytes = answer.read()
        return body


def test_it_is_ready_when_it_says_so_and_stops_cleanly(demo: Demo) -> None:
    assert fetched(demo.told("Queuescope") + "healthz/") == b"ok\n"
    queues = f"{demo.told('sandbox url')}/accounts/{demo.told('sandbox account')}/queues"
    assert b'"orders-inbound"' in fetched(queues, demo.told("sandbox token"))
    assert demo.printed.count("password: ") == 5

    assert [path.name for path in demo.folder.iterdir() if path.stat().st_mode & 0o077] == []

    demo.process.send_signal(signal.SIGTERM)
    assert demo.has_ended() == 0
    assert "Traceback" not in demo.printed


@pytest.mark.parametrize("name", ["sandbox", "dashboard"])
def test_when_one_server_ends_the_other_is_stopped_and_the_reason_told(demo: Demo, name: str) -> None:
    port = demo.sandbox_port if name == "sandbox" else demo.port
    os.kill(int((demo.folder / f"{name}.pid").read_text()), signal.SIGTERM)
    assert demo.has_ended() == 1
    assert f"the {name} ended" in demo.printed
    assert str(port) in demo.printed
