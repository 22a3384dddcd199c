"""A receipt as Markdown, to be put into a ticket.

All that comes from elsewhere (names of queues and people, remarks, warnings, ids) stands in code spans: there no link,
no image, no mention and no HTML comes about. A code span is one line, and its fence is longer than any run of
backticks in it, so that nothing gets out of it. In a table a bar becomes a broken bar: a bar would end the cell.

Pure: texts in, text out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from queues_app import bodies

_LONGEST: Final = 1_000
_BACKTICKS: Final = re.compile("`+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a receipt says. `sentence` is ours, with foreign names in it made by `code`; all else is foreign.

    facts     label of ours, value
    columns   names of ours for the cells of each line
    """

    title: str
    outcome: str
    sentence: str
    consequence: str = ""
    remark: str = ""
    moments: Sequence[tuple[str, str]] = ()
    facts: Sequence[tuple[str, str]] = ()
    changes: Sequence[tuple[str, str, str]] = ()
    columns: Sequence[str] = ()
    lines: Sequence[Sequence[str]] = field(default=())
    zone: str = "UTC"
    url: str = ""


def code(text: str) -> str:
    """Foreign text as a code span of one line; nothing for nothing. Characters no eye can see stand by their names."""
    shown = bodies.show(text, _LONGEST, _LONGEST)
    line = "".join(piece.text if piece.kind == "text" else f"[{piece.text}]" for piece in shown.segments)
    line = " ".join(line.split())
    if not line:
        return ""
    line += "…" if shown.rest else ""
    fence = "`" * (max((len(run) for run in _BACKTICKS.findall(line)), default=0) + 1)
    space = " " if "`" in line else ""
    return f"{fence}{space}{line}{space}{fence}"


def markdown(told: Told) -> str:
    """The whole receipt. Ends with a line end."""
    parts = [
        f"## {told.title}: {told.outcome}",
        f"{told.sentence} {told.consequence}".strip(),
        code(told.remark),
        _table(told.columns, told.lines) if told.lines else "",
        _table(("Setting", "Before", "After"), told.changes) if told.changes else "",
        "\n".join(f"- {label}: {code(value)}" for label, value in told.facts),
        f"On the record, {code(told.zone)}:\n\n" + "\n".join(f"- {code(at)} {code(what)}" for at, what in told.moments)
        if told.moments
        else "",
        f"Receipt: {code(told.url)}" if told.url else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A column in which nothing stands is left out."""
    filled = [place for place in range(len(columns)) if any(line[place] for line in lines)]
    columns = [columns[place] for place in filled]
    lines = [[line[place] for place in filled] for line in lines]
    rows = [_row(columns), _row(["---"] * len(columns))]
    rows += [_row([code(cell.replace("|", "¦")) for cell in line]) for line in lines]
    return "\n".join(rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
