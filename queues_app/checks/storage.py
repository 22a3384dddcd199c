"""System checks of what must be on this machine: a database that can be written, and static files."""

import os
from collections.abc import Container, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.checks import CheckMessage, register

from dashboard.stores import POSTGRESQL
from queues_app.checks.telling import setting_error


@register("queuescope")
def check_database(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E040 to E042: where the audit log and the sealed credentials are kept.

    Only what this machine can say: a PostgreSQL that is down is told by the pages, and comes back without us.
    """
    database = settings.DATABASES["default"]
    hint = "Name a file that this process may write, in a directory that it may write: sqlite:////path/to/file"
    if database["ENGINE"] == POSTGRESQL:
        return []
    if database["NAME"] == ":memory:":
        return [setting_error(40, "DATABASE_URL keeps the database in memory: the audit log would be lost.", hint)]
    file = Path(database["NAME"])
    if not file.parent.is_dir():
        return [setting_error(41, f"DATABASE_URL names a file in {file.parent}, and there is no such directory.", hint)]
    if file.is_dir():
        return [setting_error(41, f"DATABASE_URL names {file}, which is a directory and no file.", hint)]
    # The directory too: SQLite writes its log beside the file.
    for place, mode in ((file.parent, os.W_OK | os.X_OK), (file, os.R_OK | os.W_OK)):
        if place.exists() and not os.access(place, mode):
            return [setting_error(42, f"DATABASE_URL names {file}, but this process may not write {place}.", hint)]
    return []


def static_files_not_collected() -> list[CheckMessage]:
    """E050: pages would fail for want of a style sheet's name.

    Asked by what serves pages and by nothing else: `migrate` and `collectstatic` have to run before there are any.
    """
    collected: Container[str] = ()
    # A manifest that is cut short cannot be read at all.
    with suppress(ValueError):
        if not isinstance(staticfiles_storage, ManifestFilesMixin):
            return []
        collected = staticfiles_storage.hashed_files
    ignored = StaticFilesConfig.ignore_patterns
    if all(path in collected for finder in get_finders() for path, _storage in finder.list(ignored)):
        return []
    return [
        setting_error(
            50,
            "The static files in STATIC_ROOT are not collected, or older than this version.",
            "Run .venv/bin/python manage.py collectstatic --no-input",
        )
    ]
