"""Lighthouse on each kind of page, with its defaults: a slow phone on a slow line.

It is no Python program: `npm install -g lighthouse`, or name it in LIGHTHOUSE; CHROMIUM names the browser. It looks
through a door behind which it is signed in: a cookie among its extra headers never reaches the server, so that it would
look at the sign-in page each time.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bench.support import deployment, signed_in, upstream
from bench.support.deployment import Deployment
from bench.support.loads import B
from bench.support.rows import Row, at_least, not_measured

_CATEGORIES: Final = ("performance", "accessibility", "best-practices")
_FLAGS: Final = "--headless=new --no-sandbox --disable-gpu"
_SIGN_IN: Final = "sign-in"


def measure() -> list[Row]:
    """The lowest of its three marks, for each page."""
    program = shutil.which(os.environ.get("LIGHTHOUSE", "lighthouse"))
    if program is None:
        return [not_measured("Lighthouse", 100, "of 100", "there is no Lighthouse here")]
    with upstream.running() as url, deployment.serving(url) as deployed:
        pages = _pages(deployed)
        rows = [_row(program, deployed.url, _SIGN_IN, pages.pop(_SIGN_IN))]
        with signed_in.door(deployed.url, deployed.browser.cookies) as door:
            return rows + [_row(program, door, name, path) for name, path in pages.items()]


def _pages(deployed: Deployment) -> dict[str, str]:
    batch = deployed.browser.post(f"{deployed.place(B)}peek/", deployment.peek_form()).headers["location"]
    return {
        _SIGN_IN: "/sign-in/",
        "queues": f"/accounts/{deployed.account}/queues/",
        "search": "/search/",
        "a queue": deployed.place(B),
        "a queue’s overview": f"{deployed.place(B)}overview/",
        "a queue’s history": f"{deployed.place(B)}history/",
        "a batch of 100": batch,
        "a message": f"{batch}messages/0/",
        "leases": "/leases/",
        "watches": "/watches/",
        "audit": "/audit/",
        "credentials": "/credentials/",
        "account": "/you/",
    }


def _row(program: str, url: str, name: str, path: str) -> Row:
    with tempfile.TemporaryDirectory(prefix="queuescope-bench-") as made:
        report = Path(made) / "report.json"
        command = [
            program,
            f"{url}{path}",
            f"--only-categories={','.join(_CATEGORIES)}",
            f"--chrome-flags={_FLAGS}",
            "--output=json",
            f"--output-path={report}",
            "--quiet",
        ]
        environment = os.environ | ({"CHROME_PATH": browser} if (browser := os.environ.get("CHROMIUM")) else {})
        subprocess.run(command, env=environment, check=True, timeout=300)  # noqa: S603 - found on the path
        told: dict[str, Any] = json.loads(report.read_text())
    if urlsplit(told["finalDisplayedUrl"]).path != path:
        raise RuntimeError(f"{path} led to {told['finalDisplayedUrl']}")
    scores = {category: told["categories"][category]["score"] for category in _CATEGORIES}
    if blind := [category for category, score in scores.items() if score is None]:
        return not_measured(f"Lighthouse, {name}", 100, "of 100", f"Lighthouse gave no mark for {', '.join(blind)}")
    marks = {category: round(score * 100) for category, score in scores.items()}
    # What a mark below 100 is for, so that the next step is known.
    flaws = sorted(_flaws(told)) if min(marks.values()) < 100 else []
    note = ", ".join([*(f"{category} {mark}" for category, mark in marks.items()), *flaws])
    return at_least(f"Lighthouse, {name}", min(marks.values()), 100, "of 100", note)


def _flaws(told: dict[str, Any]) -> set[str]:
    """The names of the audits that took something away."""
    parts = [part for category in _CATEGORIES for part in told["categories"][category]["auditRefs"]]
    weighed = {part["id"] for part in parts if part["weight"]}
    return {name for name in weighed if (score := told["audits"][name]["score"]) is not None and score < 0.9}
