"""Nothing here runs on SQLite and a cache in memory."""

from django.conf import settings

collect_ignore_glob = [] if settings.SETTINGS_MODULE.endswith("settings_team") else ["test_*.py"]
