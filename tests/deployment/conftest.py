"""A deployment around the cast: their sessions, the owner's account, and an upstream that a test can hold."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings

from queues_app.models import Account
from queues_app.sandbox import ManualClock, QueueHandle, Request, Response, Sandbox, SandboxServer
from tests.deployment.serving import Dashboard, serve, snapshot
from tests.support.people import Cast, make_account, signed_in
from tests.support.waiting import LONG_ENOUGH, wait_until


class HeldSandbox(Sandbox):
    """A sandbox that does the work and then keeps the answer back for as long as a test wants."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock=clock, seed="empty")
        self._going = threading.Event()
        self._going.set()
        self._held_route = ""

    def handle(self, request: Request) -> Response:
        response = super().handle(request)
        if self._held_route and request.path.endswith(f"/{self._held_route}"):
            self._going.wait(LONG_ENOUGH)
        return response

    def hold(self, route: str) -> None:
        """Answer no more calls of this route ("pull", "ack", "queues") until `release`."""
        self._held_route = route
        self._going.clear()

    def release(self) -> None:
        self._going.set()


class Start(Protocol):
    def __call__(self, *, limited: bool = False, **settings: str) -> Dashboard: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """What a test of the deployment has in hand before it starts one."""

    sandbox: HeldSandbox
    queue: QueueHandle
    account: Account
    session: str  # the owner's

    @property
    def place(self) -> str:
        return f"/accounts/{self.account.pk}/queues/{self.queue.id}/"

    def wait_for(self, route: str, times: int = 1) -> None:
        """Until the upstream has received so many calls of this route."""
        wait_until(lambda: self.queue.count(route) >= times, what=f"{route} at the upstream")


def session_of(browser: Client) -> str:
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of all deployments of this worker, static files in it."""
    base = tmp_path_factory.mktemp("deployment")
    manifest = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    with override_settings(STATIC_ROOT=base / "static", STORAGES=manifest):
        call_command("collectstatic", interactive=False, verbosity=0)
    return base


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[HeldSandbox]:
    held = HeldSandbox(clock)
    yield held
    held.release()


def scene_of(cast: Cast, sandbox: HeldSandbox) -> Scene:
    """A queue with five messages, and the owner signed in."""
    queue = sandbox.add_queue("orders", max_retries=5)
    queue.push_many([{"order": number} for number in range(5)])
    account = make_account(
        cast.owner, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"], label="main"
    )
    return Scene(sandbox, queue, account, session_of(signed_in(cast.owner)))


@pytest.fixture
def scene(cast: Cast, sandbox: HeldSandbox) -> Scene:
    return scene_of(cast, sandbox)


@pytest.fixture
def start(scene: Scene, sandbox_server: SandboxServer, collected: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a deployment with everything that the test has put into its own database so far."""
    with ExitStack() as running:

        def started(*, limited: bool = False, **settings: str) -> Dashboard:
            directory = collected / tmp_path.name
            directory.mkdir()
            snapshot(directory / "db.sqlite3")
            return running.enter_context(serve(directory, upstream_url=sandbox_server.url, limited=limited, **settings))

        yield started


@pytest.fixture
def meanwhile() -> Iterator[ThreadPoolExecutor]:
    """Threads for requests that wait while the test goes on."""
    with ThreadPoolExecutor(max_workers=6) as pool:
        yield pool
