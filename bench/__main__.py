"""`python -m bench [NAME …]`: measure all groups of rows or some, print the table, keep it. `scripts/bench` does it.

With one name and `--rows` it only measures, and prints the rows as JSON: that is how each group gets a process of its
own, in which nothing of another one is left.
"""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.support import report
from bench.support.report import Group
from bench.support.rows import Row


def main() -> int:
    """0 when everything could be measured, whatever the figures; 1 when a group failed."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure the speed of Queuescope.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all by default: {', '.join(known)}")
    parser.add_argument("--rows", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := sorted(set(asked.names) - set(known)):
        parser.error(f"there is no {', '.join(unknown)}. There are: {', '.join(known)}.")
    if asked.rows:
        json.dump(_measure(*asked.names), sys.stdout)
        return 0
    results, failed = report.read(), []
    for name in asked.names or known:
        _say(f"== {name}")
        rows = _in_its_own_process(name)
        if rows is None:
            failed.append(name)
            continue
        _say(report.table(rows))
        results[name] = Group(machine=_machine(), at=datetime.now(UTC).date().isoformat(), rows=rows)
        report.write(results)
    if failed:
        _say(f"Could not be measured, see above: {', '.join(failed)}.")
    return 1 if failed else 0


def _measure(name: str) -> list[Row]:
    rows: list[Row] = importlib.import_module(f"bench.{name}").measure()
    return rows


def _in_its_own_process(name: str) -> list[Row] | None:
    command = [sys.executable, "-m", "bench", "--rows", name]
    done = subprocess.run(command, cwd=report.ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        return None
    rows: list[Row] = json.loads(done.stdout)
    return rows


def _machine() -> str:
    """The processor and the system, as far as they say so."""
    information = Path("/proc/cpuinfo")
    told = information.read_text() if information.exists() else ""
    names = [line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return (
        f"{os.cpu_count()} × {processor}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
