"""What the wire carries: a hundred rows, and the first load of a queue's page with all that it names.

The two dashboards that people know are started beside it with a hundred jobs each, and asked in the same way.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin, urlsplit

from bench.support import deployment, others, upstream
from bench.support.browser import Browser
from bench.support.loads import B
from bench.support.rows import Row, at_most, not_measured

_NAMED: Final = re.compile(r"""<(?:link|script|img|use)\b[^>]*?\b(?:href|src)=["']?([^"'\s>]+)""")
# In a module or a style sheet; what else looks like it, as in a packed script, is no path.
_IMPORTED: Final = re.compile(r"""(?:\bfrom|\bimport)\s*["'](\.{0,2}/[\w./-]+)["']|url\(["']?([\w./-]+)["']?\)""")
_ROWS_KB: Final = 36
_FIRST_LOAD_KB: Final = 60
_HALF: Final = 0.5


def measure() -> list[Row]:
    """Bytes as they are sent to a browser, which takes gzip and brotli."""
    with upstream.running() as url, deployment.serving(url) as deployed:
        browser, place = deployed.browser, deployed.place(B)
        browser.get(place)
        batch = browser.post(f"{place}peek/", deployment.peek_form()).headers["location"]
        rows = len(browser.get(batch, **{"HX-Request": "true"}).body) / 1024
        load = first_load_kb(browser, place)
    return [
        at_most("Rows of a peek of 100", rows, _ROWS_KB, "KB"),
        at_most("First load of a queue's page", load, _FIRST_LOAD_KB, "KB"),
        *_beside("rq-dashboard", others.rq_dashboard, rows, load),
        *_beside("flower", others.flower, rows, load),
    ]


def _beside(name: str, start: Callable[[], others.Started], rows: float, load: float) -> list[Row]:
    try:
        with start() as (url, page, listing):
            browser = Browser(url)
            their_load, answer = first_load_kb(browser, page), browser.get(listing)
    except others.NotHereError as why:
        return [not_measured(f"Both against {name}", _HALF, "× theirs", str(why))]
    theirs = len(answer.body) / 1024
    return [
        at_most(f"Rows against {name}", rows / theirs, _HALF, "× theirs", f"theirs {theirs:.1f} KB for 100 jobs"),
        at_most(f"First load against {name}", load / their_load, _HALF, "× theirs", f"theirs {their_load:.0f} KB"),
    ]


def first_load_kb(browser: Browser, page: str) -> float:
    """A page and everything of its own server that it names, and what that names in turn; each once."""
    waiting, sizes = [page], dict[str, int]()
    while waiting:
        path = waiting.pop()
        if path in sizes:
            continue
        answer = browser.get(path)
        if answer.status >= 400:
            raise RuntimeError(f"{path} was answered by {answer.status}")
        sizes[path] = len(answer.body)
        waiting += [place for name in _names(answer.text(), path) if (place := _own(name, path))]
    return sum(sizes.values()) / 1024


def _names(text: str, path: str) -> list[str]:
    end = urlsplit(path).path.rpartition(".")[2]
    if end in ("js", "css"):
        return [first or second for first, second in _IMPORTED.findall(text)]
    return [] if end in ("svg", "png", "ico", "woff2") else _NAMED.findall(text)


def _own(name: str, path: str) -> str:
    """The path of something of the same server, without the part after #; empty for anything else."""
    if name.startswith(("data:", "//", "#")) or "://" in name:
        return ""
    return urljoin(path, name).partition("#")[0]
