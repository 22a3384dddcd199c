"""Nothing here runs on SQLite and a cache in memory."""

from django.conf import settings

is_team = settings.SETTINGS_MODULE.endswith("settings_team")
collect_ignore_glob = [] if is_team else ["test_*.py"]

if is_team:
    from tests.deployment.conftest import collected, meanwhile, sandbox  # noqa: F401 - fixtures
    from tests.team.hosts import fleet, host_settings, hosts, own_database, scene  # noqa: F401 - the same
