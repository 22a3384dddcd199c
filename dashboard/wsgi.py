"""What gunicorn serves. Bad settings end the start with a sentence for each, and a hint what to do."""

import os
import sys

import django
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

# gunicorn takes this status for "do not try again"; with any other it would start worker after worker.
REFUSED = 3

# Not those of the models: they ask the database. One that is down is told by the pages, and comes back without us; and
# gunicorn loads this before it forks, when no connection may be open.
ABOUT_SETTINGS = ("queuescope", checks.Tags.caches, checks.Tags.staticfiles, checks.Tags.templates, checks.Tags.urls)


def refuse_bad_settings() -> None:
    """Write what is wrong to stderr, and end the process when a system check finds an error.

    A warning does not end it, but nobody judges what nobody is told.
    """
    # Here, because the module needs the applications.
    from queues_app.checks.storage import static_files_not_collected

    found = [*checks.run_checks(tags=ABOUT_SETTINGS), *static_files_not_collected()]
    serious = [message for message in found if message.is_serious()]
    if not found:
        return
    sys.stderr.write(
        "Queuescope does not start: its settings are not in order.\n"
        if serious
        else "Queuescope starts, but see to its settings.\n"
    )
    for message in sorted(serious or found, key=lambda message: str(message.id)):
        hint = f"\n    {message.hint}" if message.hint else ""
        sys.stderr.write(f"  {message.id}: {message.msg}{hint}\n")
    if serious:
        raise SystemExit(REFUSED)


try:
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:
    # As when PostgreSQL is asked for and its driver is not installed: no check can run without its application.
    sys.stderr.write(f"Queuescope does not start: {error}\n")
    raise SystemExit(REFUSED) from None
refuse_bad_settings()
application = WSGIHandler()
