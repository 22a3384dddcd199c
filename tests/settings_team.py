"""The settings of the tests for what several hosts share: PostgreSQL and Redis, as a team's deployment has them.

TEST_DATABASE_URL and TEST_CACHE_URL name others than those of this machine; the first is of a superuser, who may make
databases and say how long a deadlock is borne. What is made there has a name of this run
and this worker, and goes at its end.
"""

import os

from dashboard.environment import Environment
from dashboard.stores import prepare_cache, prepare_database
from tests.settings import *  # noqa: F403 - the same deployment
from tests.settings import SECRET_KEY

_env = Environment()

_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8]
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

DATABASES = {
    "default": _env.database(
        "TEST_DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/postgres?connect_timeout=5"
    )
}
prepare_database(DATABASES["default"], pool_size=4)
DATABASES["default"]["TEST"] = {"NAME": f"test_queuescope_{_RUN}"}

CACHES = {"default": _env.cache_place("TEST_CACHE_URL", default="redis://127.0.0.1:6379/15")}
prepare_cache(CACHES["default"], secret_key=SECRET_KEY, threads=32)
CACHES["default"] |= {
    "BACKEND": "tests.team.own_keys.OwnKeysCache",
    "KEY_PREFIX": f"queuescope-test-{_RUN}-{_WORKER}",
}
