"""What a worker holds after a thousand pulls of c and their pages, against what it holds after ten."""

import re
from pathlib import Path
from typing import Final

from bench.support import deployment, upstream
from bench.support.loads import QUICK_C
from bench.support.rows import Row, at_most

_FEW: Final = 10
_MANY: Final = 1_000
_MB: Final = 1024


def measure() -> list[Row]:
    """One worker, so that all pulls are its own. Batches are kept for 20 s, else they would fill the disk here."""
    settings = {"WEB_CONCURRENCY": "1", "BATCH_RETENTION_HOURS": "0.0056"}
    with upstream.running() as url, deployment.serving(url, **settings) as deployed:
        worker = deployed.workers[-1]
        for _ in range(_FEW):
            deployed.pull(QUICK_C)
        before = resident_kb(worker)
        for _ in range(_MANY - _FEW):
            deployed.pull(QUICK_C)
        after = resident_kb(worker)
    note = f"{before / _MB:.0f} MB after {_FEW}, {after / _MB:.0f} MB after {_MANY:,}"
    return [at_most("Memory of a worker after 1,000 pulls of c", after / before, 1.2, "× after ten", note)]


def resident_kb(process: int) -> int:
    """What a process holds in memory."""
    return _status(process, "VmRSS")


def highest_kb(process: int) -> int:
    """The most that it ever held."""
    return _status(process, "VmHWM")


def _status(process: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"the system does not tell {name}")
    return int(found[1])
