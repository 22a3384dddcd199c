"""Calls upstream within one refresh period while many look at the same list, against those of one who does.

Two processes with one cache: Redis where there is one (TEST_CACHE_URL, or this machine's), else the database's.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

import redis

from bench.support import deployment, wide
from bench.support.browser import Browser
from bench.support.deployment import Deployment
from bench.support.rows import Row, at_most, not_measured
from bench.support.wide import Wide

_REDIS: Final = "redis://127.0.0.1:6379/0"
_PATIENCE_S: Final = 2
# As many as are all asked for in the shortest period that there is: REFRESH_FLOOR, five seconds.
_QUEUES: Final = 15
_PERIOD_S: Final = 5.0
# Somebody may come at the end of a period, and has to have come before the next one begins.
_WITHIN: Final = 0.8
_DELAY_S: Final = 0.05
_TABS: Final = (10, 100)


def measure() -> list[Row]:
    """The tabs refresh one after the other, over the whole period: not all at one moment, which would be easier."""
    cache = _cache()
    told = "Redis" if cache.startswith("redis") else "the database as cache"
    with (
        wide.running(_QUEUES, _DELAY_S) as upstream,
        deployment.serving(upstream.url, WEB_CONCURRENCY="2", CACHE_URL=cache) as deployed,
    ):
        # Until both processes have imported and connected.
        _period(deployed, upstream, 8)
        one, _ = _period(deployed, upstream, 1)
        return [_row(tabs, _period(deployed, upstream, tabs), one, told) for tabs in _TABS]


def _row(tabs: int, came: tuple[int, int], one: int, told: str) -> Row:
    calls, served = came
    name, unit = f"Calls upstream with {tabs} open tabs", "× one tab’s"
    if served < tabs:
        return not_measured(name, 1.0, unit, f"this machine served {served} of them within {_PERIOD_S:.0f} s")
    note = f"{calls} calls in {_PERIOD_S:.0f} s, {one} with one tab; 2 processes, {told}, {_QUEUES} queues"
    return at_most(name, calls / one, 1.0, unit, note)


def _cache() -> str:
    url = os.environ.get("TEST_CACHE_URL", _REDIS)
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=_PATIENCE_S) as there:
            there.ping()
    except redis.RedisError:
        return "dbcache://bench_cache"
    return url


def _period(deployed: Deployment, upstream: Wide, tabs: int) -> tuple[int, int]:
    """The calls of a period, and how many tabs were answered in it. It begins when nothing is young any more."""
    browsers = [deployed.browser.another(deployed.url) for _ in range(tabs)]
    time.sleep(_PERIOD_S)
    upstream.asked()
    began = time.monotonic()

    def refresh(number: int, browser: Browser) -> None:
        time.sleep(max(0.0, began + _PERIOD_S * _WITHIN * number / tabs - time.monotonic()))
        answer = browser.get(f"/accounts/{deployed.account}/queues/", **{"HX-Request": "true"})
        if answer.status != 200:
            raise RuntimeError(f"a list was answered by {answer.status}")

    with ThreadPoolExecutor(tabs) as people:
        answers = [people.submit(refresh, number, browser) for number, browser in enumerate(browsers)]
        served, _ = wait(answers, timeout=_PERIOD_S)
        calls = sum(asked["calls"] for asked in upstream.asked().values())
    for answer in answers:
        answer.result()
    return calls, len(served)
