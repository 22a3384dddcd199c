"""The whole of Queuescope for a worker's browser tests: gunicorn, its database, and the sandbox as its upstream.

The sandbox runs in the test's process, so that a test can drive its clock, set faults and count calls.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any, Final, Self
from urllib.request import ProxyHandler, build_opener

from queues_app.sandbox import QueueHandle, Request, Response, Sandbox, SandboxServer, SystemClock
from tests.identity.provider import Provider, served

ROOT: Final = Path(__file__).resolve().parents[2]
# Seconds that the dashboard waits for the sandbox before it gives up: short, since some tests wait for it.
UPSTREAM_TIMEOUT: Final = 2.0
START_TIMEOUT: Final = 60


class DrivenClock(SystemClock):
    """The machine's clock, which a test may push forward. (Leases are counted by the dashboard too, in real time.)"""

    def __init__(self) -> None:
        super().__init__()
        self._ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self._ahead_ms

    def advance(self, *, seconds: float) -> None:
        self._ahead_ms += round(seconds * 1000)


class Stage(Sandbox):
    """What the server serves: the sandbox of the test that runs. The server outlives them all."""

    def __init__(self) -> None:
        super().__init__(seed=None)
        self.playing: Sandbox | None = None

    def handle(self, request: Request) -> Response:
        return super().handle(request) if self.playing is None else self.playing.handle(request)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, and the account that a test gave them (0: none)."""

    name: str
    session: str
    account: int = 0

    @property
    def queues(self) -> str:
        return f"/accounts/{self.account}/queues/"

    def queue(self, queue: QueueHandle) -> str:
        return f"{self.queues}{queue.id}/"


class Backstage:
    """Our end of `backstage.py`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._stdin, self._stdout = _pipes(process)
        self._numbers = count(1)
        self._read()

    def person(self, role: str = "Operator", *, password: str | None = None) -> Person:
        """Somebody new, with no account yet."""
        name = f"ana{next(self._numbers)}"
        answer = self._ask("add_person", name=name, role=role, password=password)
        return Person(name=name, session=answer["session"])

    def with_account(
        self,
        person: Person,
        *,
        secret: str,
        account_id: str,
        name: str = "acme-logistics",
        environment: str = "sandbox",
    ) -> Person:
        """The same person, with one more account; pages of the person's are in it."""
        answer = self._ask(
            "add_account",
            owner=person.name,
            secret=secret,
            account_id=account_id,
            name=name,
            environment=environment,
        )
        return Person(name=person.name, session=person.session, account=answer["account"])

    def share(self, owner: Person, borrower: Person, role: str = "Operator") -> int:
        """A team in which the owner's account is shared with the borrower, as far as this role goes."""
        team = f"on-call {owner.name} and {borrower.name}"
        answer = self._ask("add_share", account=owner.account, team=team, borrower=borrower.name, role=role)
        return int(answer["team"])

    def add_samples(
        self, person: Person, queue: QueueHandle, *samples: tuple[int, int | None, int | None, int | None]
    ) -> None:
        """Counts as they were sampled: seconds ago, messages, bytes, seconds that the oldest had waited."""
        self._ask("add_samples", account=person.account, queue=queue.id, samples=samples)

    def watch_turn(self, person: Person, *, ahead: float = 0.0) -> None:
        """What `manage.py watch` does for the person's account, so many seconds from now."""
        self._ask("watch_turn", account=person.account, ahead=ahead)

    def entries(self, person: Person, action: str = "") -> list[dict[str, Any]]:
        """The person's audit entries, oldest first; only those of one action, such as "messages.pull"."""
        found: list[dict[str, Any]] = self._ask("entries", user=person.name)["entries"]
        return [entry for entry in found if action in ("", entry["action"])]

    def batches(self, person: Person) -> int:
        """How many batches are kept for the person."""
        return int(self._ask("batches", user=person.name)["count"])

    def _ask(self, act: str, **parameters: object) -> dict[str, Any]:
        self._stdin.write(json.dumps({"act": act, **parameters}) + "\n")
        self._stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._stdout.readline()
        if not line:
            message = "backstage.py has ended; its traceback stands in backstage.log"
            raise RuntimeError(message)
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(frozen=True, slots=True)
class Stack:
    """A running Queuescope. `url` is the dashboard's, without a slash; `provider` answers for people, too."""

    url: str
    stage: Stage
    provider: Provider
    backstage: Backstage

    @classmethod
    @contextmanager
    def running(cls, directory: Path) -> Iterator[Self]:
        """Start everything with its state in `directory`, and stop it all at the end."""
        stage = Stage()
        provider = Provider()
        with (
            SandboxServer(stage) as upstream,
            served(provider) as provider.address,
            # Bound here and handed over: no other process can take the port meanwhile, and a first request simply
            # waits in the queue until gunicorn takes it.
            socket.create_server(("127.0.0.1", 0), backlog=64) as door,
        ):
            url = f"http://127.0.0.1:{door.getsockname()[1]}"
            settings = _settings(directory, upstream.url, provider.address)
            with _process(
                [sys.executable, "-m", "tests.browser.backstage"], settings, directory / "backstage.log"
            ) as made:
                backstage = Backstage(made)
                command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{door.fileno()}"]
                command.append("dashboard.wsgi:application")
                with _process(command, settings, directory / "dashboard.log", pass_fds=(door.fileno(),)):
                    build_opener(ProxyHandler({})).open(f"{url}/healthz/", timeout=START_TIMEOUT).close()
                    yield cls(url=url, stage=stage, provider=provider, backstage=backstage)


def _settings(directory: Path, upstream_url: str, issuer: str) -> dict[str, str]:
    """The environment of the stack: a deployment's, but for HTTPS. Nothing of the caller's own settings gets in."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "ENV_FILE": "",
        "HTTPS_ONLY": "0",
        "BREACHED_PASSWORDS": "0",
        "AUDIT_FORWARD": "log:,syslog+tls://logs.example.com:6514#siem",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "SECRET_KEY": "browser-tests-only-2f6e1a9c4b7d8035e6f1a2b3c4d5e6f708192a3b4c5d",
        "CREDENTIAL_KEYS": "YnJvd3Nlci10ZXN0cy1vbmx5LWtleS1udW1iZXItMDE=",
        "DATABASE_URL": f"sqlite:///{directory / 'db.sqlite3'}",
        "STATIC_ROOT": str(directory / "static"),
        "CLOUDFLARE_API_BASE_URL": upstream_url,
        "UPSTREAM_CONNECT_TIMEOUT": "1",
        "UPSTREAM_TIMEOUT": str(UPSTREAM_TIMEOUT),
        "WEB_CONCURRENCY": "1",
        "WORKER_THREADS": "24",
        "UPSTREAM_SLOTS": "16",
        "WORKER_TIMEOUT": "20",
        "REFRESH_FLOOR": "1",
        "WATCH_PRIVATE_ADDRESSES": "127.0.0.0/8",
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": "queuescope",
        "OIDC_CLIENT_SECRET": "the-clients-own-secret",
        "OIDC_NAME": "Acme",
        "OIDC_ROLES": "queue-operators=Operator",
    }


@contextmanager
def _process(
    command: list[str], settings: dict[str, str], log: Path, *, pass_fds: tuple[int, ...] = ()
) -> Iterator["subprocess.Popen[str]"]:
    with log.open("w") as stderr:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            command,
            cwd=ROOT,
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if not pass_fds else stderr,
            stderr=stderr,
            text=True,
            pass_fds=pass_fds,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        message = "the process was started without pipes"
        raise ValueError(message)
    return process.stdin, process.stdout
