"""Other pages while 50, 200 or 500 pulls of 2 s are offered to two workers, against the same pages idle."""

import json
import subprocess
import sys
import time
from typing import Final

from bench.support import deployment, upstream
from bench.support.browser import Browser
from bench.support.crowd import Came, Order
from bench.support.deployment import Deployment
from bench.support.loads import SLOW_A, A, B
from bench.support.rows import Row, at_least, at_most, slowest_hundredth

_TARGETS: Final = {50: 1.5, 200: 3.0, 500: 10.0}
_SECONDS: Final = 30.0
_SETTLED_AFTER: Final = 4.0  # the crowd comes within the first 2 s, and the first pulls end after 2 more
_PAUSE: Final = 0.02  # between two looks at other pages: somebody reads, and the machine is not filled by this alone
_PULL_S: Final = 2.0
_MOST_UNTIL_SENTENCE_MS: Final = 100


def measure() -> list[Row]:
    """Each crowd meets a deployment of its own, so that nothing of one waits for the next."""
    rows: list[Row] = []
    for people, target in _TARGETS.items():
        with upstream.running() as url, deployment.serving(url) as deployed:
            rows += _rows(deployed, people, target)
    return rows


def _rows(deployed: Deployment, people: int, target: float) -> list[Row]:
    pages = _pages(deployed)
    visitor = deployed.browser.another(deployed.url)
    _look(visitor, pages, 3)
    idle, failed_idle = _look(visitor, pages, _SECONDS / 2)
    with _started(deployed, people) as process:
        time.sleep(_SETTLED_AFTER)
        loaded, failed = _look(visitor, pages, _SECONDS - _SETTLED_AFTER)
        out, _ = process.communicate()
    came: Came = json.loads(out)
    per_second = came["finished"] / _SECONDS
    note = (
        f"slowest hundredth {slowest_hundredth(idle) * 1000:.0f} ms idle, {slowest_hundredth(loaded) * 1000:.0f} ms "
        f"beside; {len(loaded)} looks, {per_second:.0f} pulls finished and {len(came['refused']) / _SECONDS:.0f} "
        "refused in a second"
    )
    offered = f"at {people} pulls of 2 s offered"
    ratio = slowest_hundredth(loaded) / slowest_hundredth(idle)
    rows = [at_most(f"Other pages {offered}", ratio, target, "× idle", note)]
    errors = failed + failed_idle + sum(came["others"].values())
    rows.append(at_most(f"Errors {offered}", errors, 0, "errors", _told(came["others"])))
    if came["refused"]:
        longest = f"the last one after {max(came['refused']) * 1000:.0f} ms"
        until = slowest_hundredth(came["refused"]) * 1000
        rows.append(
            at_most(f"Until the surplus has its sentence {offered}", until, _MOST_UNTIL_SENTENCE_MS, "ms", longest)
        )
    if people == 200:
        rows.append(at_least(f"Pulls finished {offered}", per_second, 90, "a second", "ideal 100"))
    return rows


def _pages(deployed: Deployment) -> list[str]:
    """A batch to read, and the pages around it."""
    batch, _ = deployed.pull(B)
    queues = f"/accounts/{deployed.account}/queues/"
    return [queues, deployed.place(A), batch.headers["location"], "/leases/", "/audit/"]


def _look(visitor: Browser, pages: list[str], seconds: float) -> tuple[list[float], int]:
    """Read the pages round and round: seconds of each, and how many were no page."""
    took: list[float] = []
    failed = 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for page in pages:
            answer = visitor.get(page)
            took.append(answer.seconds)
            failed += answer.status != 200
            time.sleep(_PAUSE)
    return took, failed


def _started(deployed: Deployment, people: int) -> "subprocess.Popen[str]":
    cookies = deployed.browser.cookies
    order: Order = {
        "url": deployed.url,
        "path": f"{deployed.place(SLOW_A)}pull/",
        "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "token": cookies["csrftoken"],
        "people": people,
        "seconds": _SECONDS,
        "pause": _PULL_S,
    }
    command = [sys.executable, "-m", "bench.support.crowd"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    if process.stdin is None:
        raise RuntimeError("the crowd was started without a pipe")
    process.stdin.write(json.dumps(order))
    process.stdin.close()
    process.stdin = None  # else communicate() would write to it again
    return process


def _told(others: dict[str, int]) -> str:
    return ", ".join(f"{count} pulls answered by {status}" for status, count in others.items())
