"""From the press of Pull to the page with the rows, against the same pull raw."""

from typing import Final

from bench.support import deployment, raw, upstream
from bench.support.browser import Browser
from bench.support.deployment import Deployment
from bench.support.loads import B, C, Load
from bench.support.rows import Row, at_most, middle, side_by_side

_TIMES: Final = 60
_WARM_UP: Final = 8  # each of two processes has imported, connected and prepared by then


def measure() -> list[Row]:
    """Both loads, everything on: session, permissions, audit, and the batch compressed, sealed and kept."""
    with upstream.running() as url, deployment.serving(url) as deployed:
        return [
            _row(deployed, url, B, "Pull page, b: 100 × 1 KB", 1.30),
            _row(deployed, url, C, "Pull page, c: 100 × 60 KB", 1.60),
        ]


def _row(deployed: Deployment, url: str, load: Load, name: str, target: float) -> Row:
    direct = Browser(url)

    def through() -> float:
        return sum(answer.seconds for answer in deployed.pull(load))

    for _ in range(_WARM_UP):
        through()
    ours, raws = side_by_side(through, lambda: raw.pull(direct, load), _TIMES)
    note = f"{middle(ours) * 1000:.1f} ms, raw {middle(raws) * 1000:.1f} ms"
    return at_most(name, middle(ours) / middle(raws), target, "× raw", note)
