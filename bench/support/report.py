"""What the measurement leaves: a table for the screen, bench/results.json, and the section of docs/speed.md."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypedDict

from bench.support.rows import Row

ROOT: Final = Path(__file__).resolve().parents[2]
RESULTS: Final = ROOT / "bench" / "results.json"
DOCUMENT: Final = ROOT / "docs" / "speed.md"
BEGINS: Final = "<!-- made by scripts/bench from bench/results.json: -->"
ENDS: Final = "<!-- end of what scripts/bench made -->"


class Group(TypedDict):
    """The rows of one module, and where and when they were measured."""

    machine: str
    at: str  # day
    rows: list[Row]


type Results = dict[str, Group]  # by the module's name


def read() -> Results:
    """What was measured so far."""
    found: Results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def write(results: Results) -> None:
    """Keep the results, and tell them in the document."""
    RESULTS.write_text(as_json(results))
    DOCUMENT.write_text(with_section(DOCUMENT.read_text(), results))


def as_json(results: Results) -> str:
    """In the order of the names, so that a new run differs in figures only."""
    return json.dumps(results, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def verdict(row: Row) -> str:
    """Whether the target was reached, in a word or two."""
    if row["ok"] is None:
        return "not measured"
    return "reached" if row["ok"] else "**missed**"


def table(rows: Sequence[Row]) -> str:
    """The rows for a screen."""
    lines = [
        (row["name"], _value(row), f"{row['target']:g}", row["unit"], verdict(row).strip("*"), _note(row))
        for row in rows
    ]
    lines.insert(0, ("what", "measured", "target", "unit", "", ""))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(_line(line, widths) for line in lines)


def section(results: Results) -> str:
    """The rows for the document: a table for each machine and day."""
    parts: list[str] = []
    for place, groups in _by_place(results).items():
        parts.append(f"Measured on {place}.\n")
        parts += ["| what | measured | target | | figures behind |", "|---|---|---|---|---|"]
        for row in (row for group in groups for row in group["rows"]):
            figures = _note(row).replace("|", "\\|")
            parts.append(
                f"| {row['name']} | {_value(row)} | {row['target']:g} {row['unit']} | {verdict(row)} | {figures} |"
            )
        parts.append("")
    return "\n".join(parts)


def with_section(text: str, results: Results) -> str:
    """The document with what stands between its two marks made anew.

    Raises ValueError where a mark is missing.
    """
    before, begins, rest = text.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    if not begins or not ends:
        raise ValueError("The document has lost the marks between which the figures stand.")
    return f"{before}{BEGINS}\n\n{section(results)}\n{ENDS}{after}"


def _by_place(results: Mapping[str, Group]) -> dict[str, list[Group]]:
    places: dict[str, list[Group]] = {}
    for name in sorted(results):
        places.setdefault(f"{results[name]['at']}, {results[name]['machine']}", []).append(results[name])
    return places


def _value(row: Row) -> str:
    return "–" if row["value"] is None else f"{row['value']:.3g}" if row["value"] < 100 else f"{row['value']:.0f}"


def _note(row: Row) -> str:
    return row.get("note", "")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
