"""`/healthz/`: does this process live? `/readyz/`: can it serve?

A process that does not live is started anew; one that is not ready is left out by the balancer until it is. So the
first asks nothing of anybody: a database that is down is no reason to restart us. Cloudflare is asked by neither.
"""

import functools
import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.scraping import may_scrape
from queues_app import vault

logger = logging.getLogger(__name__)

PATIENCE: Final = 3.0  # seconds for all parts together; probes mostly wait for five
_CACHE_SECONDS: Final = 30


class NotReadyError(Exception):
    """A part answers, but not so that we could serve. Its sentence is for the administrator."""


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok", whatever else is wrong."""
    return _answer("ok")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 "ready" or 503 "not ready" within PATIENCE; each part by name to those who may watch."""
    problems = _problems()
    told = {name: problem for name, problem in problems.items() if problem}
    if told:
        logger.warning("Not ready: %s", ", ".join(told))
    lines = ["not ready" if told else "ready"]
    if may_scrape(request):
        lines += [f"{name}: {problem or 'ok'}" for name, problem in problems.items()]
    return _answer("\n".join(lines), status=503 if told else 200)


def _problems() -> dict[str, str]:
    """What is wrong with each part; empty where nothing is."""
    asked = {name: _ask(name) for name in _PARTS}
    wait(asked.values(), timeout=PATIENCE)
    return {name: answer.result() if answer.done() else "does not answer in time" for name, answer in asked.items()}


def _ask(name: str) -> Future[str]:
    """The answer to come. A part that still owes the answer to an earlier probe is not asked a second time."""
    with _asking:
        answer = _pending.get(name)
        if answer is None or answer.done():
            answer = _pending[name] = _threads().submit(_problem_of, name)
        return answer


def _problem_of(name: str) -> str:
    try:
        _PARTS[name]()
    except NotReadyError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, it is not ready
        # Its own words may hold an address with a password; the kind says enough.
        return f"does not answer ({type(error).__name__})"
    finally:
        connection.close()
    return ""


def _database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache_remembers() -> None:
    key, value = f"readyz-{secrets.token_hex(8)}", secrets.token_hex(8)
    cache.set(key, value, _CACHE_SECONDS)
    if cache.get(key) != value:
        raise NotReadyError("forgets what it was just told")
    cache.delete(key)


# Only the good news is remembered: migrations are not taken back while we run.
@functools.cache
def _migrations_are_applied() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReadyError("not all are applied: run manage.py migrate")


def _keys_seal() -> None:
    probe = b"readyz"
    try:
        if vault.unseal(vault.seal(probe)) != probe:
            raise NotReadyError("do not open what they sealed")
    except vault.VaultError as error:
        raise NotReadyError("are not usable: set CREDENTIAL_KEYS") from error


_PARTS: Final[dict[str, Callable[[], None]]] = {
    "database": _database_answers,
    "cache": _cache_remembers,
    "migrations": _migrations_are_applied,
    "keys": _keys_seal,
}
_asking = threading.Lock()
_pending: dict[str, Future[str]] = {}


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=len(_PARTS), thread_name_prefix="readyz")


def _answer(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
