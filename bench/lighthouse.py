"""Lighthouse on each kind of page, with its defaults: a slow phone on a slow line.

It is no Python program: `npm install -g lighthouse`, or name it in LIGHTHOUSE; CHROMIUM names the browser.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.support import deployment, upstream
from bench.support.deployment import Deployment
from bench.support.loads import B
from bench.support.rows import Row, at_least, not_measured

_CATEGORIES: Final = ("performance", "accessibility", "best-practices")
_FLAGS: Final = "--headless=new --no-sandbox --disable-gpu"


def measure() -> list[Row]:
    """The lowest of its three marks, for each page."""
    program = shutil.which(os.environ.get("LIGHTHOUSE", "lighthouse"))
    if program is None:
        return [not_measured("Lighthouse", 100, "of 100", "there is no Lighthouse here")]
    with upstream.running() as url, deployment.serving(url) as deployed:
        return [_row(program, deployed, name, path) for name, path in _pages(deployed).items()]


def _pages(deployed: Deployment) -> dict[str, str]:
    batch = deployed.browser.post(f"{deployed.place(B)}peek/", deployment.peek_form()).headers["location"]
    return {
        "sign-in": "/sign-in/",
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


def _row(program: str, deployed: Deployment, name: str, path: str) -> Row:
    with tempfile.TemporaryDirectory(prefix="queuescope-bench-") as made:
        headers, report = Path(made) / "headers.json", Path(made) / "report.json"
        cookies = "; ".join(f"{key}={value}" for key, value in deployed.browser.cookies.items())
        headers.write_text(json.dumps({} if name == "sign-in" else {"Cookie": cookies}))
        command = [
            program,
            f"{deployed.url}{path}",
            f"--only-categories={','.join(_CATEGORIES)}",
            f"--extra-headers={headers}",
            f"--chrome-flags={_FLAGS}",
            "--output=json",
            f"--output-path={report}",
            "--quiet",
        ]
        environment = os.environ | ({"CHROME_PATH": browser} if (browser := os.environ.get("CHROMIUM")) else {})
        subprocess.run(command, env=environment, check=True, timeout=300)  # noqa: S603 - found on the path
        told: dict[str, Any] = json.loads(report.read_text())
    scores = {category: told["categories"][category]["score"] for category in _CATEGORIES}
    if blind := [category for category, score in scores.items() if score is None]:
        return not_measured(f"Lighthouse, {name}", 100, "of 100", f"Lighthouse gave no mark for {', '.join(blind)}")
    marks = {category: round(score * 100) for category, score in scores.items()}
    note = ", ".join(f"{category} {mark}" for category, mark in marks.items())
    return at_least(f"Lighthouse, {name}", min(marks.values()), 100, "of 100", note)
