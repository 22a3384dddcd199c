"""Whether the fixed-answer upstream could be what is slow: its own time for a pull without a delay."""

from typing import Final

from bench.support import raw, upstream
from bench.support.browser import Browser
from bench.support.loads import QUICK_B, QUICK_C, Load
from bench.support.rows import Row, at_most, middle

_TIMES: Final = 200


def measure() -> list[Row]:
    """The whole exchange, with the reading of the answer at our end."""
    with upstream.running() as url:
        return [_row(url, QUICK_B, "The upstream itself, b", 2), _row(url, QUICK_C, "The upstream itself, c", 20)]


def _row(url: str, load: Load, name: str, target: float) -> Row:
    browser = Browser(url)
    return at_most(name, middle([raw.pull(browser, load) for _ in range(_TIMES)]) * 1000, target, "ms")
