"""The last day of a backlog as a small drawing: from zero to the most it was, and nothing where nothing was counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from queues_app import formats
from queues_app.operations.trends import QUARTER_S, Trend

# In units of the viewBox, which are pixels.
WIDTH: Final = 80
HEIGHT: Final = 26
_EDGE: Final = 2  # room for half the line and the dot


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """Paths of SVG, and the same as a sentence."""

    line: str
    area: str
    dot_x: float
    dot_y: float
    said: str


def sparkline(trend: Trend | None) -> Sparkline | None:
    """The drawing, or None where nothing was counted all day."""
    counts = trend.most if trend else ()
    known = [count for count in counts if count is not None]
    if not known:
        return None
    most = max(known)
    runs = list(_runs(counts, most))
    floor = HEIGHT - _EDGE
    last = runs[-1][-1]
    return Sparkline(
        # A run of one is a line without a length, which its round ends make a dot.
        line="".join("M" + "L".join(f"{x} {y}" for x, y in run) + ("h0" if len(run) == 1 else "") for run in runs),
        area="".join(f"M{run[0][0]} {floor}L" + "L".join(f"{x} {y}" for x, y in run) + f"V{floor}z" for run in runs),
        dot_x=last[0],
        dot_y=last[1],
        said=_said(counts, known, most),
    )


def _runs(counts: Sequence[int | None], most: int) -> Iterator[list[tuple[float, float]]]:
    """The points of each stretch without a gap."""
    across, up = WIDTH - 2 * _EDGE, HEIGHT - 2 * _EDGE
    points = (
        None
        if count is None
        else (round(_EDGE + across * place / (len(counts) - 1), 1), round(_EDGE + up * (1 - count / max(most, 1)), 1))
        for place, count in enumerate(counts)
    )
    for is_gap, run in groupby(points, key=lambda point: point is None):
        if not is_gap:
            yield [point for point in run if point is not None]


def _said(counts: Sequence[int | None], known: Sequence[int], most: int) -> str:
    counted = len(known) * QUARTER_S
    of = "" if len(known) == len(counts) else f"; counted for {formats.age(counted)} of them"
    return f"Last 24 h: first {known[0]:,}, at most {most:,}, last {known[-1]:,}{of}."
