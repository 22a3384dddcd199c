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
    """Write what is wrong to stderr and end the process, when a system check finds an error."""
    serious = [message for message in checks.run_checks(tags=ABOUT_SETTINGS) if message.is_serious()]
    if not serious:
        return
    sys.stderr.write("Queuescope does not start: its settings are not in order.\n")
    for message in sorted(serious, key=lambda message: str(message.id)):
        hint = f"\n    {message.hint}" if message.hint else ""
        sys.stderr.write(f"  {message.id}: {message.msg}{hint}\n")
    raise SystemExit(REFUSED)


try:
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:
    # As when PostgreSQL is asked for and its driver is not installed: no check can run without its application.
    sys.stderr.write(f"Queuescope does not start: {error}\n")
    raise SystemExit(REFUSED) from None
refuse_bad_settings()
application = WSGIHandler()
