"""`scripts/demo` as a newcomer runs it: from anywhere, and stopped by a signal."""

import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 90  # a slow machine with nothing in its caches


class Demo:
    """A demo that is running, and what it printed."""

    def __init__(self, folder: Path, ports: tuple[int, int] | None = None) -> None:
        self.port, self.sandbox_port = ports or free_ports()
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

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One that ran and was stopped: the first start of a place takes by far the most time."""
    demo = Demo(tmp_path_factory.mktemp("before"))
    demo.close()
    return demo


@pytest.fixture
def demo(before: Demo, tmp_path: Path) -> Iterator[Demo]:
    """One that was started before, in a place of its own."""
    shutil.copytree(before.folder, tmp_path / before.folder.name)
    running = Demo(tmp_path, (before.port, before.sandbox_port))
    yield running
    running.close()


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def fetched(url: str, token: str = "") -> bytes:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - of the demo
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        body: bytes = answer.read()
        return body


def test_it_is_ready_when_it_says_so_and_stops_cleanly(before: Demo, demo: Demo) -> None:
    assert before.printed == demo.printed.replace(str(demo.folder), str(before.folder)), "the first start says no more"
    assert fetched(demo.told("Queuescope") + "healthz/") == b"ok\n"
    queues = f"{demo.told('sandbox url')}/accounts/{demo.told('sandbox account')}/queues"
    assert b'"orders-inbound"' in fetched(queues, demo.told("sandbox token"))
    assert demo.printed.count("password: ") == 6

    assert [path.name for path in demo.folder.iterdir() if path.stat().st_mode & 0o077] == []

    demo.process.send_signal(signal.SIGTERM)
    assert demo.has_ended() == 0
    assert "Traceback" not in demo.printed


def prepared_at(demo: Demo) -> int:
    return (demo.folder / "static" / "staticfiles.json").stat().st_mtime_ns


def test_a_second_start_prepares_nothing_anew_but_what_changed(before: Demo, demo: Demo, tmp_path: Path) -> None:
    first = prepared_at(before)
    assert prepared_at(demo) == first
    demo.process.send_signal(signal.SIGTERM)
    demo.has_ended()
    os.utime(ROOT / "queues_app")  # as when Python first makes its cache in it

    with closing(Demo(tmp_path, (demo.port, demo.sandbox_port))) as second:
        assert fetched(second.told("Queuescope") + "healthz/") == b"ok\n"
        assert second.printed.count("password: ") == 6
        assert prepared_at(second) == first

    (demo.folder / "password").unlink()
    with closing(Demo(tmp_path, (demo.port, demo.sandbox_port))) as third:
        third.told("Queuescope")  # waits until it is ready
        assert third.printed.count((demo.folder / "password").read_text().strip()) == 6
        assert prepared_at(third) != first


def test_the_same_place_is_not_given_to_two(demo: Demo) -> None:
    pids = [(demo.folder / f"{name}.pid").read_text().strip() for name in ("dashboard", "sandbox", "watcher")]
    port, sandbox_port = free_ports()
    twin = subprocess.run(  # noqa: S603 - our own script
        [str(ROOT / "scripts" / "demo")],
        env={
            "PATH": os.environ["PATH"],
            "DEMO_DIR": str(demo.folder),
            "PORT": str(port),
            "SANDBOX_PORT": str(sandbox_port),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert twin.returncode == 1
    assert twin.stderr == (
        f"scripts/demo: a demo runs in {demo.folder} already. Stop it by Ctrl-C or by kill {' '.join(pids)}, "
        "or give this one another place: DEMO_DIR=… scripts/demo\n"
    )
    assert (demo.folder / "dashboard.pid").read_text().strip() == pids[0]
    assert fetched(demo.told("Queuescope") + "healthz/") == b"ok\n"


@pytest.mark.parametrize(
    ("name", "number", "how"),
    [("sandbox", signal.SIGKILL, "was killed by the signal KILL"), ("dashboard", signal.SIGTERM, "ended")],
)
def test_when_one_server_ends_the_other_is_stopped_and_the_reason_told(
    demo: Demo, name: str, number: signal.Signals, how: str
) -> None:
    port = demo.sandbox_port if name == "sandbox" else demo.port
    os.kill(int((demo.folder / f"{name}.pid").read_text()), number)
    assert demo.has_ended() == 1
    assert f"the {name} {how}. The last lines of" in demo.printed
    assert str(port) in demo.printed
