"""How fast a backlog grows, in words, from what was counted over the last two hours."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from queues_app import formats
from queues_app.operations.trends import GROWTH_S, QUARTER_S, Trend

# Shorter, and one batch makes a rate.
_SHORTEST_S: Final = 300
# Growth is told when a backlog has doubled and gained this many, and stands near the most it was.
_LEAST_GAIN: Final = 50
_NEAR_MOST: Final = 0.9
# Within this share of the backlog an hour's change is none.
_STEADY: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """From one count to another, in so many seconds. `is_rising`: it is still near the most that was seen."""

    first: int
    last: int
    seconds: float
    is_rising: bool

    @property
    def per_hour(self) -> float:
        return (self.last - self.first) * 3600 / self.seconds

    @property
    def is_steep(self) -> bool:
        """Whether somebody should know."""
        return self.is_rising and self.last >= max(2 * self.first, self.first + _LEAST_GAIN)

    @property
    def sentence(self) -> str:
        """`grew from 40 to 4,312 in 2 h`."""
        span = formats.age(self.seconds) if self.seconds < GROWTH_S else "2 h"
        return f"grew from {self.first:,} to {self.last:,} in {span}"

    @property
    def rate(self) -> str:
        """`12/min`, `3/h`; nothing for less than one an hour."""
        if self.per_hour >= 60:
            return f"{round(self.per_hour / 60):,}/min"
        return f"{round(self.per_hour):,}/h" if self.per_hour >= 1 else ""

    @property
    def change(self) -> str:
        """`+212 / h`, `−840 / h`, `steady`."""
        by = round(self.per_hour)
        if abs(by) < max(1, self.last * _STEADY):
            return "steady"
        return f"{'+' if by > 0 else '−'}{abs(by):,} / h"


def growth_of(trend: Trend | None, backlog: int | None, at: datetime) -> Growth | None:
    """What the samples and the count of `at` say together; None where there is too little to say anything."""
    if trend is None or trend.first is None or trend.first_at is None or backlog is None:
        return None
    seconds = (at - trend.first_at).total_seconds()
    if seconds < _SHORTEST_S:
        return None
    recent = [count for count in trend.most[-(GROWTH_S // QUARTER_S) - 1 :] if count is not None]
    is_rising = backlog > trend.first and backlog >= _NEAR_MOST * max(recent, default=0)
    return Growth(first=trend.first, last=backlog, seconds=seconds, is_rising=is_rising)
