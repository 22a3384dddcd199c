"""The container's steps, carried out without an engine: its build in a clean directory, its start as nobody."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deployment import container
from tests.support.waiting import LONG_ENOUGH, wait_until

NAME = "queues.example.com"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A clean directory that everybody can reach, unlike those of pytest."""
    directory = Path(tempfile.mkdtemp(prefix="queuescope-container-"))
    directory.chmod(0o755)
    yield directory
    for path in directory.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def app(place: Path) -> Path:
    return container.build(place)


@pytest.fixture
def data(place: Path) -> Path:
    """The one directory that may be written."""
    directory = Path(tempfile.mkdtemp(dir=place))
    if container.is_root():
        os.chown(directory, container.NOBODY, container.NOBODY)
    return directory


def run(app: Path, data: Path, script: str, **settings: str) -> "subprocess.Popen[bytes]":
    """A script of the image, as nobody, with what the image sets and with these settings."""
    someone = container.NOBODY if container.is_root() else None
    with (data / "log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own script
            [app / script],
            cwd="/",
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                **container.libraries(app.parent),
                **container.environment(),
                **{name: os.environ[name] for name in ("SECRET_KEY", "CREDENTIAL_KEYS")},
                "ALLOWED_HOSTS": f".example.com,{NAME}",
                "DATABASE_URL": f"sqlite:///{data / 'queuescope.sqlite3'}",
                "HOST": "127.0.0.1",
                "WEB_CONCURRENCY": "1",
                **settings,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=someone,
            group=someone,
            extra_groups=None if someone is None else [],
        )


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return str(door.getsockname()[1])


def test_nobody_starts_it_from_files_that_cannot_be_written_and_it_serves(app: Path, data: Path) -> None:
    before = sorted(app.rglob("*"))
    port = free_port()
    server = run(app, data, "scripts/container/start", PORT=port, TRUSTED_PROXIES="127.0.0.1")
    try:

        def is_healthy() -> bool:
            assert server.poll() is None, (data / "log").read_text()
            return run(app, data, "scripts/container/health", PORT=port).wait(LONG_ENOUGH) == 0

        wait_until(is_healthy, what="healthy container")
        headers = {"Host": NAME, "X-Forwarded-Proto": "https"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as browser:
            assert browser.get("/healthz/").text == "ok\n"
            page = browser.get("/sign-in/")
            assert page.status_code == 200, (data / "log").read_text()
            for address in re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text):
                file = browser.get(address)
                assert file.status_code == 200
                assert "immutable" in file.headers["Cache-Control"]
        if container.is_root():
            owner = Path(f"/proc/{server.pid}").stat().st_uid
            assert owner == container.NOBODY
    finally:
        server.send_signal(signal.SIGTERM)
        ended = server.wait(LONG_ENOUGH)
    assert ended == 0, (data / "log").read_text()
    assert sorted(app.rglob("*")) == before


def test_the_health_check_fails_with_a_sentence_when_nothing_answers(app: Path, data: Path) -> None:
    assert run(app, data, "scripts/container/health", PORT=free_port()).wait(LONG_ENOUGH) == 1
    assert "no answer:" in (data / "log").read_text()


def test_bad_settings_end_the_container_before_it_serves(app: Path, data: Path) -> None:
    assert run(app, data, "scripts/container/start", SECRET_KEY="short", PORT=free_port()).wait(LONG_ENOUGH) != 0
    log = (data / "log").read_text()
    assert "queuescope.E003" in log
    assert "Traceback" not in log


def test_everybody_can_read_what_was_built_and_it_holds_no_tests_and_no_secrets(app: Path) -> None:
    paths = [path for path in app.rglob("*") if not path.is_symlink()]
    assert [path for path in paths if not path.stat().st_mode & 0o004] == []
    names = {path.name for path in app.iterdir()}
    assert names.isdisjoint({"tests", "docs", ".git", ".env", "db.sqlite3"})
    assert (app / "staticfiles" / "staticfiles.json").is_file()


def test_the_first_stage_runs_scripts_only_and_the_last_is_bare() -> None:
    first, last = container.instructions(container.FIRST), container.instructions(container.LAST)
    assert {rest.split()[0] for word, rest in first if word == "RUN"} == {"scripts/container/build"}
    (user,) = [rest for word, rest in last if word == "USER"]
    assert re.fullmatch(r"[1-9]\d*:0", user)
    assert [rest for word, rest in last if word == "COPY"] == ["--from=build /app /app"]
    assert not [rest for word, rest in last if re.search(r"apt|install -r|gcc|build-essential", rest) and word == "RUN"]
    (check,) = [rest for word, rest in last if word == "HEALTHCHECK"]
    assert check.endswith('CMD ["scripts/container/health"]')
    # As a list, so that no shell stands between SIGTERM and the server.
    (command,) = [json.loads(rest) for word, rest in last if word == "CMD"]
    assert command == ["scripts/container/start"]
    assert "\nexec " in (container.ROOT / command[0]).read_text()


def test_what_is_copied_is_not_ignored() -> None:
    ignored = set((container.ROOT / ".dockerignore").read_text().split())
    copied = {
        name for word, rest in container.instructions(container.FIRST) if word == "COPY" for name in rest.split()[:-1]
    }
    assert copied.isdisjoint(ignored)
