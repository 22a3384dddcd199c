"""The dashboards that ours is compared with: rq-dashboard and flower, with a hundred jobs and a Redis each."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final

from bench.support.browser import Browser

type Started = AbstractContextManager[tuple[str, str, str]]  # address, its first page, what brings the 100 rows

_JOBS: Final = 100
_FILL_RQ: Final = """
import sys, redis, rq
queue = rq.Queue("default", connection=redis.Redis.from_url(sys.argv[1]))
for number in range(100):
    queue.enqueue("shop.orders.place", number, customer="c" * 12, items=[{"sku": f"{number:08}", "count": 3}] * 5)
"""
_CELERY: Final = """
import os, celery
app = celery.Celery("shop", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
app.conf.worker_send_task_events = True
@app.task(name="shop.place")
def place(number, customer, items): return number
"""
_FILL_CELERY: Final = """
import bench_shop
tasks = [bench_shop.place.delay(n, "c" * 12, [{"sku": f"{n:08}", "count": 3}] * 5) for n in range(100)]
for task in tasks: task.get(timeout=60)
"""


class NotHereError(Exception):
    """What is compared with, or what it needs, is not on this machine."""


@contextmanager
def rq_dashboard() -> Iterator[tuple[str, str, str]]:
    """A hundred queued jobs; the list is asked for as its page asks."""
    _require("rq_dashboard", "rq")
    with ExitStack() as running:
        redis, port = running.enter_context(_redis()), _free_port()
        _done(["-c", _FILL_RQ, redis])
        command = ["-m", "rq_dashboard", "--bind", "127.0.0.1", "--port", str(port), "--redis-url", redis]
        url = running.enter_context(_serving(command, port))
        yield url, "/", f"/0/data/jobs/default/queued/{_JOBS}/asc/1.json"


@contextmanager
def flower() -> Iterator[tuple[str, str, str]]:
    """A hundred finished tasks; the list is asked for as its page asks."""
    _require("flower", "celery")
    with ExitStack() as running:
        redis, port = running.enter_context(_redis()), _free_port()
        made = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="queuescope-bench-")))
        (made / "bench_shop.py").write_text(_CELERY)
        environment = {"BROKER": redis, "PYTHONPATH": str(made)}
        app = ["-m", "celery", "-A", "bench_shop"]
        command = [*app, "flower", "--address=127.0.0.1", f"--port={port}", f"--max-tasks={_JOBS}"]
        url = running.enter_context(_serving(command, port, **environment))
        running.enter_context(_process([*app, "worker", "-E", "-P", "solo", "--loglevel=ERROR"], **environment))
        _done(["-c", _FILL_CELERY], **environment)
        listing = f"/tasks/datatable?draw=1&start=0&length={_JOBS}&search[value]=&order[0][column]=0&order[0][dir]=asc"
        columns = ("name", "uuid", "state", "args", "kwargs", "result", "received", "started", "runtime", "worker")
        listing += "".join(f"&columns[{number}][data]={name}" for number, name in enumerate(columns))
        browser = Browser(url)
        _until(lambda: browser.get(listing).text().count('"uuid"') >= _JOBS)
        yield url, "/tasks", listing


@contextmanager
def _redis() -> Iterator[str]:
    """A Redis that keeps nothing and ends with us."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        raise NotHereError("there is no redis-server here")
    port = _free_port()
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - found on the path
        try:
            _until(lambda: _answers(port))
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


@contextmanager
def _serving(arguments: list[str], port: int, **environment: str) -> Iterator[str]:
    with _process(arguments, **environment):
        _until(lambda: _answers(port))
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _process(arguments: list[str], **environment: str) -> Iterator[None]:
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, *arguments], env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def _done(arguments: list[str], **environment: str) -> None:
    subprocess.run([sys.executable, *arguments], env=os.environ | environment, check=True)  # noqa: S603 - our own


def _require(*modules: str) -> None:
    if missing := [name for name in modules if importlib.util.find_spec(name) is None]:
        raise NotHereError(f"{' and '.join(missing)} is not installed (scripts/install bench)")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) == 0


def _until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends:
            raise NotHereError("it did not start")
        time.sleep(0.1)
