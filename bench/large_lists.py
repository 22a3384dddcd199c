"""Lists of many queues: their counts, all pages of a list, and what the page of one costs however many there are."""

import html
import re
import time
from contextlib import AbstractContextManager
from functools import partial
from math import ceil
from typing import Final

from bench.support import deployment, wide
from bench.support.browser import Answer
from bench.support.deployment import Deployment
from bench.support.rows import Row, at_most, middle, side_by_side
from bench.support.wide import Asked, Wide

# Of metrics of a process, and of pages of a list (METRICS_CONCURRENCY, cloudflare/pages.py).
_SIDE_BY_SIDE: Final = 8
# 100 counts take 13 times as long, which is less than a page waits for them (COUNTS_BUDGET_S, two seconds).
_COUNTS_DELAY_S: Final = 0.1
_PAGES_DELAY_S: Final = 0.05
_ROWS: Final = 100
_SIZES: Final = (1_000, 10_000)
_ROUNDS: Final = 20
_WARM_UP: Final = 3
_BEYOND_S: Final = 1.0
_PAUSE_S: Final = 0.5
_ADDRESS: Final = re.compile(r'id="queues" hx-get="([^"]+)"')


def measure() -> list[Row]:
    """One process, so that what one remembers and how many it asks for side by side are plain."""
    return [_counts(), *_listing(), *_pages()]


def _counts() -> Row:
    with wide.running(_ROWS, _COUNTS_DELAY_S) as upstream, _serving(upstream) as deployed:
        _first_page(deployed)
        metrics = upstream.asked()["metrics"]
    ideal = ceil(_ROWS / _SIDE_BY_SIDE) * _COUNTS_DELAY_S
    note = f"{_told(metrics)}, ideal {ideal:.2f} s: {_COUNTS_DELAY_S * 1000:.0f} ms each, {_SIDE_BY_SIDE} side by side"
    return at_most(f"Counts of {_ROWS} queues", metrics["seconds"] / ideal, 1.3, "× ideal", note)


def _listing() -> list[Row]:
    most = max(_SIZES)
    with wide.running(most, _PAGES_DELAY_S) as upstream, _serving(upstream) as deployed:
        took = _first_page(deployed)
        _wait_for(deployed, f"/accounts/{deployed.account}/queues/", "listed so far")
        pages = upstream.asked()["queues"]
    ideal = (1 + ceil((most / 100 - 1) / _SIDE_BY_SIDE)) * _PAGES_DELAY_S
    note = f"{_told(pages)}, ideal {ideal:.2f} s: {_PAGES_DELAY_S * 1000:.0f} ms each, {_SIDE_BY_SIDE} side by side"
    return [
        at_most(f"All pages of {most:,} queues", pages["seconds"] / ideal, 1.3, "× ideal", note),
        at_most(
            f"First page of {most:,} queues, beyond the slowest call",
            took - _PAGES_DELAY_S,
            _BEYOND_S,
            "s",
            f"{took:.2f} s in all; the list took {pages['seconds']:.2f} s, and the page fills itself",
        ),
    ]


def _pages() -> list[Row]:
    """What is remembered is young meanwhile, so nobody is asked: this is the server alone."""
    rows = []
    for size in _SIZES:
        with (
            wide.running(_ROWS, 0) as small,
            wide.running(size, 0) as large,
            _serving(small) as few,
            _serving(large) as many,
        ):
            at_few, at_many = _warm(few), _warm(many)
            less, more = side_by_side(partial(_refresh, few, at_few), partial(_refresh, many, at_many), _ROUNDS)
        ratio = middle(more) / middle(less)
        note = f"{middle(more) * 1000:.0f} ms, {middle(less) * 1000:.0f} ms at {_ROWS}; {_ROWS} rows on each"
        rows.append(at_most(f"Server time of a list of {size:,} queues", ratio, 1.0, f"× that of {_ROWS}", note))
    return rows


def _serving(upstream: Wide) -> AbstractContextManager[Deployment]:
    return deployment.serving(upstream.url, WEB_CONCURRENCY="1")


def _first_page(deployed: Deployment) -> float:
    """Seconds of a page that nobody asked for before, in a process that has answered others."""
    deployed.browser.get("/you/")
    answer = deployed.browser.get(f"/accounts/{deployed.account}/queues/")
    if answer.status != 200:
        raise RuntimeError(f"a list was answered by {answer.status}")
    return answer.seconds


def _warm(deployed: Deployment) -> str:
    """The address that a page of it refreshes itself from, once all of its list and the counts of its rows are read."""
    address = f"/accounts/{deployed.account}/queues/"
    for _ in range(_WARM_UP):
        address = _refreshes_from(_part(deployed, address))
    _wait_for(deployed, address, "Not counted yet")
    return address


def _wait_for(deployed: Deployment, address: str, said: str) -> None:
    """Until it is said no longer."""
    while said in _part(deployed, address).text():
        time.sleep(_PAUSE_S)


def _refresh(deployed: Deployment, address: str) -> float:
    return _part(deployed, address).seconds


def _part(deployed: Deployment, address: str) -> Answer:
    answer = deployed.browser.get(address, **{"HX-Request": "true"})
    if answer.status != 200:
        raise RuntimeError(f"a refresh was answered by {answer.status}")
    return answer


def _refreshes_from(part: Answer) -> str:
    found = _ADDRESS.search(part.text())
    if found is None:
        raise RuntimeError("a page of queues does not refresh itself")
    return html.unescape(found[1])


def _told(asked: Asked) -> str:
    return f"{asked['calls']} calls in {asked['seconds']:.2f} s"
