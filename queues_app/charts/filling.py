"""Averages of another source in the gaps of a line: each as far as its gap goes, none in place of a point."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from queues_app.charts.series import Gap


@dataclass(frozen=True, slots=True)
class Average:
    """A value that is true of a time as a whole. `begun` is when its bucket began, which may be before the gap."""

    since: datetime
    until: datetime
    value: float
    begun: datetime


def filling(gaps: Sequence[Gap], averages: Sequence[Average]) -> tuple[Average, ...]:
    """The averages as far as they lie in gaps, in order of time."""
    cut = (
        replace(one, since=max(one.since, gap.since), until=min(one.until, gap.until))
        for gap in gaps
        for one in averages
    )
    return tuple(one for one in cut if one.since < one.until)


def left_of(gaps: Sequence[Gap], filled: Sequence[Average], widest: timedelta) -> tuple[Gap, ...]:
    """What the averages leave of the gaps, as far as it is wide enough to be one."""
    left = []
    for gap in gaps:
        inside = [one for one in filled if gap.since <= one.since and one.until <= gap.until]
        if not inside:
            left.append(gap)
            continue
        edges = [(gap.since, gap.since), *((one.since, one.until) for one in inside), (gap.until, gap.until)]
        left += [Gap(earlier, later) for (_, earlier), (later, _) in pairwise(edges) if later - earlier > widest]
    return tuple(left)
