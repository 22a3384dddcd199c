"""How fast a backlog grows, in words, from what was counted over the last two hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from queues_app import formats
from queues_app.operations.trends import GROWTH_S, QUARTER_S, Trend

# Shorter, and one batch makes a rate.
_SHORTEST_S: Final = 300
# What happens now is told by that long at most.
_NOW_S: Final = 900
# It is told instead of the whole time where it is faster by so much, so that chance alone does not change the words.
_FASTER: Final = 1.25
# Growth is told when a backlog has doubled and gained this many, and stands near the most it was.
_LEAST_GAIN: Final = 50
_NEAR_MOST: Final = 0.9
# Within this share of the backlog an hour's change is none.
_STEADY: Final = 0.02

# The second since 1970, and how many waited then; oldest first.
type _Counts = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """From one count to another, in so many seconds."""

    first: int
    last: int
    seconds: int

    @property
    def per_hour(self) -> float:
        return (self.last - self.first) * 3600 / self.seconds

    @property
    def span(self) -> str:
        return formats.age(self.seconds) if self.seconds < GROWTH_S else "2 h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Over two hours, or, in a dead-letter queue, since it began to fill; and over the last minutes, where known.

    `is_rising`: it is still near the most that was seen.
    """

    whole: Rise
    lately: Rise | None
    is_rising: bool
    is_fed: bool

    @property
    def is_steep(self) -> bool:
        first, last = self.whole.first, self.whole.last
        return self.is_rising and last >= max(2 * first, first + _LEAST_GAIN)

    @property
    def is_told(self) -> bool:
        """Whether somebody should know: of a dead-letter queue each message."""
        return self.is_rising if self.is_fed else self.is_steep

    @property
    def sentence(self) -> str:
        """`grew from 40 to 4,312 in 2 h`."""
        return f"grew from {self.whole.first:,} to {self.whole.last:,} in {self.whole.span}"

    @property
    def now(self) -> Rise:
        """What tells how fast it grows: the last minutes, where it needs somebody and they are faster."""
        is_faster = self.lately and self.lately.per_hour > _FASTER * self.whole.per_hour
        return self.lately if self.lately and is_faster and self.is_told else self.whole

    @property
    def is_faster_now(self) -> bool:
        return self.now is not self.whole

    @property
    def pace(self) -> str:
        """`12/min`, `3/h in the last 25 min`; nothing for less than one an hour, nor where nothing came lately."""
        per_hour = self.now.per_hour
        if per_hour < 1 or (self.lately and self.lately.per_hour <= 0):
            return ""
        rate = "/".join(_rate(per_hour))
        return rate if self.now.seconds >= GROWTH_S else f"{rate} in the last {self.now.span}"

    @property
    def change(self) -> str:
        """`+212 / h`, `−840 / h`, `+12 / min` in the last minutes, `steady`."""
        by = self.now.per_hour
        if abs(round(by)) < max(1, self.whole.last * _STEADY):
            return "steady"
        number, unit = _rate(abs(by)) if self.is_told else (f"{abs(round(by)):,}", "h")
        return f"{'+' if by > 0 else '−'}{number} / {unit}"


def growth_of(trend: Trend | None, backlog: int | None, at: datetime, *, is_fed: bool) -> Growth | None:
    """What the samples and the count of `at` say together; None where there is too little to say anything.

    `is_fed`: it is a dead-letter queue, which falls only where somebody emptied it: it is judged since then.
    """
    if trend is None or backlog is None:
        return None
    at_s = int(at.timestamp())
    oldest = at_s - GROWTH_S - QUARTER_S
    counts = [*(one for one in trend.recent if oldest <= one[0] < at_s), (at_s, backlog)]
    since = _since_drop(counts) if is_fed else counts
    if (rise := _rise(since, at_s, lowest=is_fed)) is None:
        # Emptied a moment ago.
        since = counts
        rise = _rise(since, at_s)
    if rise is None:
        return None
    lately = _rise([one for one in since if one[0] >= at_s - _NOW_S], at_s, lowest=True)
    is_rising = backlog > rise.first and backlog >= _NEAR_MOST * max(count for _, count in since)
    return Growth(whole=rise, lately=lately, is_rising=is_rising, is_fed=is_fed)


def _since_drop(counts: _Counts) -> _Counts:
    """From where it was last clearly less than before."""
    begun, most = 0, counts[0][1]
    for place, (_, count) in enumerate(counts):
        if count < _NEAR_MOST * most:
            begun, most = place, count
        most = max(most, count)
    return counts[begun:]


def _rise(counts: _Counts, at_s: int, *, lowest: bool = False) -> Rise | None:
    """To the last of the counts from the first, or from the latest of the lowest: there it began to rise."""
    early = [one for one in counts if at_s - one[0] >= _SHORTEST_S]
    if not early:
        return None
    second, first = min(reversed(early), key=lambda one: one[1]) if lowest else early[0]
    return Rise(first=first, last=counts[-1][1], seconds=at_s - second)


def _rate(per_hour: float) -> tuple[str, str]:
    """A number and its unit: `12`, `min`."""
    if per_hour < 60:
        return f"{round(per_hour):,}", "h"
    per_minute = round(per_hour / 60, 1)
    return f"{per_minute:.1f}".removesuffix(".0") if per_minute < 10 else f"{round(per_minute):,}", "min"
