"""How gunicorn serves Queuescope: `gunicorn dashboard.wsgi:application`, from this directory.

The figures behind the numbers stand in docs/architecture.md; docs/configuration.md says how to change them.
"""

import gc
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from dashboard import settings, stopping
from queues_app.telemetry import directory

# Before the application is loaded: what it counts goes into files from the first moment on.
directory.make()

bind = f"{settings.HOST}:{settings.PORT}"

# Threads, because a request mostly waits for Cloudflare. UPSTREAM_SLOTS keeps some of them free for the rest.
worker_class = "gthread"
workers = settings.WEB_CONCURRENCY
threads = settings.WORKER_THREADS

# Once, before the first worker: bad settings end the server with sentences instead of ending each new worker.
preload_app = True

# Both above UPSTREAM_TIMEOUT: a stop waits for a pull that is under way, so that its audit entry gets its outcome.
timeout = settings.WORKER_TIMEOUT
graceful_timeout = settings.WORKER_TIMEOUT

# Only dashboard/proxies.py believes a proxy, by TRUSTED_PROXIES. gunicorn would let every peer on this machine set the
# scheme and the script name.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers = {}  # type: dict[str, str]


def when_ready(server: object) -> None:
    """Nothing that is loaded by now ever goes: the garbage collector need not look through it again and again.

    A page makes thousands of small things and drops them all: looking for cycles among them less often saves up to a
    tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def post_worker_init(worker: object) -> None:
    """Each worker learns that it is to stop, and leases nothing more while it finishes."""
    stopping.heed()


# Nobody uses it here, and a container may have no writable home to put it.
control_socket_disable = True
# The heartbeat file belongs into memory: on a slow disk it stalls the worker.
if Path("/dev/shm").is_dir():  # noqa: S108 - not a file of ours, and gunicorn makes it private
    worker_tmp_dir = "/dev/shm"  # noqa: S108 - the same

# One log for all who speak. The application tells each request itself (queues_app/telemetry/requests.py), with its view
# and its person and without its query; a second line of gunicorn's would say less.
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}


def child_exit(server: Any, worker: Any) -> None:
    """A worker has ended, by whatever: its gauges end with it, its counters stay."""
    directory.worker_ended(worker.pid)


def on_exit(server: Any) -> None:
    """The server has ended."""
    directory.remove()
