"""Open one message of a kept batch: 128 KB of JSON, and a chain that unpacks to 1 MB."""

from typing import Final

from bench.memory import highest_kb, resident_kb
from bench.support import deployment, upstream
from bench.support.deployment import Deployment
from bench.support.loads import LARGE
from bench.support.rows import Row, at_most, middle

_TIMES: Final = 40
_WARM_UP: Final = 4
# What opening may add at its height: the chain's limits are 4 MB of text, some copies of it, and a page.
_MOST_MB: Final = 48


def measure() -> list[Row]:
    """As htmx does it, under the row. The server's time is that of the whole exchange on this machine."""
    with upstream.running() as url, deployment.serving(url, WEB_CONCURRENCY="1") as deployed:
        location = deployed.pull(LARGE)[0].headers["location"]
        json_ms, json_kb = _opened(deployed, f"{location}messages/0/")
        worker = deployed.workers[-1]
        before = resident_kb(worker)
        chain_ms, chain_kb = _opened(deployed, f"{location}messages/1/")
        growth = max(0, highest_kb(worker) - before) / 1024
    return [
        at_most("Open a body of 128 KB JSON", json_ms, 40, "ms", f"{json_kb:.0f} KB sent"),
        at_most("Open a chain of 1 MB unpacked", chain_ms, 150, "ms", f"base64, gzip, JSON; {chain_kb:.0f} KB sent"),
        at_most("Memory that opening the chain adds at its height", growth, _MOST_MB, "MB"),
    ]


def _opened(deployed: Deployment, path: str) -> tuple[float, float]:
    """Milliseconds, and KB on the wire."""
    took: list[float] = []
    for _ in range(_WARM_UP + _TIMES):
        answer = deployed.browser.get(path, **{"HX-Request": "true"})
        if answer.status != 200:
            raise RuntimeError(f"opening was answered by {answer.status}")
        took.append(answer.seconds * 1000)
    return middle(took[_WARM_UP:]), len(answer.body) / 1024
