"""`/healthz/`: can this process serve? Cloudflare is not asked: its trouble is no reason to restart us."""

import functools
import logging

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.errors import DATABASE_FAILURES

logger = logging.getLogger(__name__)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok" when the database answers and has the tables of this version; else 503 and a sentence."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        ready = _tables_are_ready()
    except DATABASE_FAILURES as error:
        logger.warning("The database does not answer: %s", error)
        return _answer("The database does not answer.", status=503)
    if not ready:
        return _answer("The database lacks tables of this version: run manage.py migrate.", status=503)
    return _answer("ok")


class _NotReadyError(Exception):
    """Raised so that `functools.cache` keeps only the good news."""


def _tables_are_ready() -> bool:
    try:
        return _all_migrations_are_applied()
    except _NotReadyError:
        return False


@functools.cache
def _all_migrations_are_applied() -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _NotReadyError
    return True


def _answer(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
