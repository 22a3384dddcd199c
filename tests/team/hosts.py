"""Two dashboards as two hosts would run them, on one PostgreSQL and one Redis, and a database of their own."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from pytest_django import DjangoDbBlocker

from dashboard.stores import REDIS, prepare_cache
from queues_app.models import User
from queues_app.sandbox import Request, Response, Sandbox, SandboxServer
from tests.deployment.conftest import HeldSandbox, Scene, scene_of
from tests.deployment.serving import Dashboard, serve
from tests.support.databases import administer, connected
from tests.support.people import PASSWORD, Cast, take_password
from tests.team.own_keys import OwnKeysCache

# Long enough to be a signing key; each run of a test has another, and with it other names in Redis.
_KEY: Final = "two-hosts-only-2f6e1a9c4b7d8035e6f1a2b3c4d5e6f7"

NAMES: Final = ("one", "other")

type Hosts = tuple[Dashboard, Dashboard]


@pytest.fixture(scope="module")
def own_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A copy of the empty test database, to which this process writes as well while the module's tests run.

    Hosts see only what is committed, and what is committed would otherwise stay for other tests.
    """
    place = connection.settings_dict
    template = str(place["NAME"])
    name = f"{template}_{secrets.token_hex(4)}"
    with django_db_blocker.unblock():
        _leave()
        administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)
        place["NAME"] = name
        yield name
        _leave()
        place["NAME"] = template
        administer(sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)


class Shared:
    """What both hosts are told, and their cache as this process sees it."""

    def __init__(self, database: str) -> None:
        place, caches = connection.settings_dict, settings.CACHES["default"]
        self.settings = {
            "HOSTS": "2",
            "METRICS_ADDRESSES": "127.0.0.1/32",
            "SECRET_KEY": _KEY + secrets.token_hex(8),
            "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/".format(
                **{name: quote(str(place[name]), safe="") for name in ("USER", "PASSWORD", "HOST")},
                PORT=place["PORT"] or 5432,
            )
            + database,
            "CACHE_URL": str(caches["LOCATION"]),
        }
        # With the names that the hosts use, so that a test can look at them and take them away.
        config: dict[str, Any] = {"BACKEND": REDIS, "LOCATION": caches["LOCATION"]}
        prepare_cache(config, secret_key=self.settings["SECRET_KEY"], threads=4)
        self.cache = OwnKeysCache(config["LOCATION"], config)


class Upstream(Sandbox):
    """Where the hosts of a module ask: it answers as the sandbox of the test at hand does."""

    at_hand: Sandbox

    def handle(self, request: Request) -> Response:
        return self.at_hand.handle(request)


class Fleet:
    """The hosts of a module. One that a test has stopped is started again for the next."""

    def __init__(self, shared: Shared, upstream: Upstream, start: Callable[[str], Dashboard]) -> None:
        self.shared, self.upstream = shared, upstream
        self._start = start
        self._hosts: dict[str, Dashboard] = {}

    def running(self) -> Hosts:
        # Side by side: each takes a while to come.
        with ThreadPoolExecutor(max_workers=2) as starting:
            one, other = starting.map(self._run, NAMES)
        return one, other

    def ask_to_stop(self) -> None:
        for host in self._hosts.values():
            host.process.terminate()

    def _run(self, name: str) -> Dashboard:
        host = self._hosts.get(name)
        if host is None or host.process.poll() is not None:
            host = self._hosts[name] = self._start(name)
        return host


@pytest.fixture(scope="module")
def host_settings() -> dict[str, str]:
    """What a module's hosts are told beside the rest."""
    return {}


@pytest.fixture(scope="module")
def fleet(own_database: str, host_settings: dict[str, str], collected: Path) -> Iterator[Fleet]:
    shared, upstream = Shared(own_database), Upstream(seed=None)
    with ExitStack() as running:
        server = running.enter_context(SandboxServer(upstream, port=0))

        def start(name: str) -> Dashboard:
            mine = f"{name}-{own_database[-8:]}"
            directory = collected / mine
            directory.mkdir(exist_ok=True)
            # After its answer a host may yet bind the audit, while the tables are emptied: it is the one to give way.
            place = f"{shared.settings['DATABASE_URL']}?application_name={mine}&options=-cdeadlock_timeout%3D20ms"
            settings = {**shared.settings, "DATABASE_URL": place, "DATABASE_POOL_SIZE": "2", **host_settings}
            return running.enter_context(serve(directory, upstream_url=server.url, limited=False, **settings))

        fleet = Fleet(shared, upstream, start)
        yield fleet
        fleet.ask_to_stop()


@pytest.fixture
def scene(cast: Cast, sandbox: HeldSandbox) -> Scene:
    """The owner signs in by the form: the real settings do not take the tests' quick hashes."""
    scene = scene_of(cast, sandbox)
    take_password(scene.account.credential.owner)
    return scene


@pytest.fixture
def hosts(fleet: Fleet, scene: Scene) -> Iterator[Hosts]:
    fleet.upstream.at_hand = scene.sandbox
    yield fleet.running()
    fleet.shared.cache.clear()


def sign_in(dashboard: Dashboard, name: str = "owner", password: str = PASSWORD) -> str:
    """Sign in by the form, as a person does; the session, or an empty string.

    A proxy in front of the hosts passes on the one name that people type, and attempts are counted by it.
    """
    with dashboard.browser() as visitor:
        visitor.post("/sign-in/", data={"login": name, "password": password}, headers={"Host": "127.0.0.1"})
        return visitor.cookies.get("sessionid") or ""


def is_signed_in(dashboard: Dashboard, session: str) -> bool:
    with dashboard.browser(session) as browser:
        return browser.get("/credentials/").status_code == 200


def connections_of(name: str, *, waiting: bool = False) -> int:
    """How many connections of this application PostgreSQL holds; or how many of them wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = %s AND (wait_event_type = 'Lock' OR NOT %s)",
            [name, waiting],
        )
        (number,) = cursor.fetchone()
    return int(number)


@contextmanager
def people_locked() -> Iterator[None]:
    """Another program holds the table of people, so whoever asks who this is has to wait."""
    with connected(str(connection.settings_dict["NAME"])) as other, other.transaction():
        other.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(User._meta.db_table)))
        yield


@contextmanager
def audit_being_bound() -> Iterator[None]:
    """Another host binds the audit at this moment."""
    with connected(str(connection.settings_dict["NAME"])) as other, other.transaction():
        other.execute("SELECT id FROM queues_app_audithead FOR UPDATE")
        yield


def _leave() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # what only PostgreSQL's has
