"""Queuescope as it is deployed: gunicorn with `gunicorn.conf.py` and the settings' defaults, in front of the upstream.

The one thing that differs is HTTPS, which a proxy would end.
"""

import base64
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.support.browser import Answer, Browser
from bench.support.loads import ACCOUNT_ID, Load

ROOT: Final = Path(__file__).resolve().parents[2]
SECRET: Final = "bench-token-that-opens-nothing"  # noqa: S105 - says so itself
_NAME: Final = "ana"
_BOOTED: Final = re.compile(r"Booting worker with pid: (\d+)")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running Queuescope, and somebody who is signed in to it by password."""

    url: str
    account: int
    browser: Browser
    directory: Path

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers."""
        return [int(number) for number in _BOOTED.findall((self.directory / "gunicorn.log").read_text())]

    def place(self, load: Load) -> str:
        """The path of a queue."""
        return f"/accounts/{self.account}/queues/{load.queue_id}/"

    def pull(self, load: Load, browser: Browser | None = None) -> tuple[Answer, Answer]:
        """Pull 100 and load the page of what came: everything between the press of the button and the rows."""
        browser = browser or self.browser
        answer = browser.post(f"{self.place(load)}pull/", pull_form())
        if answer.status != 303:
            raise RuntimeError(f"a pull was answered by {answer.status}")
        page = browser.get(answer.headers["location"])
        if page.status != 200:
            raise RuntimeError(f"the page of a pull was answered by {page.status}")
        return answer, page


def pull_form() -> dict[str, object]:
    """What the pull form sends; a number of its own each time."""
    return {"batch_size": 100, "visibility_timeout": "30 s", "intent": uuid.uuid4()}


def peek_form() -> dict[str, object]:
    """What the peek form sends."""
    return {"batch_size": 100, "intent": uuid.uuid4()}


@contextmanager
def serving(upstream_url: str, **settings: str) -> Iterator[Deployment]:
    """Start it with an empty database, sign somebody in, and stop it at the end. `settings` are the deployment's."""
    with tempfile.TemporaryDirectory(prefix="queuescope-bench-") as made:
        directory = Path(made)
        environment = _environment(directory, upstream_url) | settings
        password = secrets.token_urlsafe(16)
        account = int(_run(["-m", "bench.support.prepare", _NAME, password, SECRET, ACCOUNT_ID], environment))
        with socket.create_server(("127.0.0.1", 0), backlog=2048) as door:
            # As gunicorn does with a door of its own: who comes before it has taken this one over would wait 40 ms for
            # each answer.
            door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with (directory / "gunicorn.log").open("wb") as log:
                process = subprocess.Popen(  # noqa: S603 - our own interpreter
                    [sys.executable, "-m", "gunicorn", "--bind", f"fd://{door.fileno()}", "dashboard.wsgi:application"],
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(door.fileno(),),
                )
            try:
                url = f"http://127.0.0.1:{door.getsockname()[1]}"
                yield Deployment(url, account, Browser(url).sign_in(_NAME, password), directory)
            finally:
                process.terminate()
                process.wait(90)


def _run(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def _environment(directory: Path, upstream_url: str) -> dict[str, str]:
    """Keys of its own, made for this run. Nothing of the caller's settings gets in."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "ENV_FILE": "",
        "HTTPS_ONLY": "0",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "CREDENTIAL_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": f"sqlite:///{directory / 'db.sqlite3'}",
        "STATIC_ROOT": str(directory / "static"),
        "CLOUDFLARE_API_BASE_URL": upstream_url,
    }
