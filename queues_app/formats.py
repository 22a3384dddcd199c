"""How facts are written for people. Pure functions: values in, text out; templates only escape what comes.

Unknown is the word "unknown", never 0 and never blank. Times are aware datetimes, written in the reader's zone, which
the page names. Byte sizes count in thousands. What an upstream may have invented (a date in the year 9999, a time to
come, a negative age) gives a text, never an exception.
"""

import calendar
from datetime import UTC, datetime, tzinfo
from typing import Final

UNKNOWN: Final = "unknown"

MINUTE_S: Final = 60
HOUR_S: Final = 60 * MINUTE_S
DAY_S: Final = 24 * HOUR_S
# From here on the hours of an age say nothing, and its column is narrow.
LONG_S: Final = 100 * DAY_S

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS_S: Final = ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min"), (1, "s"))
_LAST_MS: Final = 253_402_214_400_000  # the end of 9999-12-30, so that any zone can still write it


def number(value: int | None) -> str:
    """`4,312`, or `unknown`."""
    return UNKNOWN if value is None else f"{value:,}"


def plural(value: int, one: str, many: str = "") -> str:
    """`1 queue`, `1,204 queues`; `many` where an s does not make it."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def verb(count: int, plain: str) -> str:
    """What one or several do: `waits`, `wait`; `matches`, `match`."""
    return plain if count != 1 else f"{plain}{'es' if plain.endswith('ch') else 's'}"


def size(value: int | None) -> str:
    """Bytes as `412 B`, `1.2 kB`, `88 kB`, `18.4 MB`, `310 MB`; a kB has 1,000 of them."""
    if value is None:
        return UNKNOWN
    if value < 1000:
        return f"{value} B"
    scale = 1000
    for unit in ("kB", "MB", "GB"):
        # Compared after rounding: 999,600 B are 1.0 MB, not 1,000 kB.
        if (value + scale // 2) // scale < 1000:
            scaled = value / scale
            exact = round(scaled, 1) < (10 if unit == "kB" else 100)
            return f"{scaled:.1f} {unit}" if exact else f"{scaled:.0f} {unit}"
        scale *= 1000
    tenths = value * 10 // scale
    return f"{tenths // 10}.{tenths % 10} TB" if tenths < 1000 else f"{tenths // 10:,} TB"


def age(seconds: float | None) -> str:
    """How long something has lasted or has left, in at most two units, rounded down: `3 d 2 h`, `41 min`, `4 s`."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    if whole >= DAY_S:
        days = f"{whole // DAY_S:,} d"
        return days if whole >= LONG_S else f"{days} {whole % DAY_S // HOUR_S} h"
    if whole >= HOUR_S:
        return f"{whole // HOUR_S} h {whole % HOUR_S // MINUTE_S} min"
    if whole >= MINUTE_S:
        return f"{whole // MINUTE_S} min"
    return f"{whole} s"


def age_between(earlier: datetime | None, later: datetime) -> str:
    """The age at `later` of what happened at `earlier`."""
    return UNKNOWN if earlier is None else age((later - earlier).total_seconds())


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether a moment lies ahead by more than clocks differ: then it has no age."""
    return (at - now).total_seconds() > MINUTE_S


def duration(seconds: int | None) -> str:
    """A configured period, exactly: `4 d`, `1 min 30 s`, `30 s`, `0 s`."""
    if seconds is None:
        return UNKNOWN
    parts, rest = [], max(0, seconds)
    for length, unit in _UNITS_S:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count:,} {unit}")
    return " ".join(parts) or "0 s"


def duration_ms(milliseconds: int | None) -> str:
    """A configured period in milliseconds, exactly: `30 s`, `1 min 30 s`, `1.5 s`, `250 ms`."""
    if milliseconds is None:
        return UNKNOWN
    milliseconds = max(0, milliseconds)
    seconds, rest = divmod(milliseconds, 1000)
    if not rest:
        return duration(seconds)
    if seconds >= MINUTE_S:
        return f"{duration(seconds)} {rest} ms"
    return f"{milliseconds / 1000:g} s" if seconds else f"{rest} ms"


def timer(seconds: float) -> str:
    """What a countdown shows: `0:41`, `12:05`, `1:00:00`. Rounded up, so that 0:00 means over."""
    whole = max(0, -int(-seconds // 1))
    hours, rest = divmod(whole, HOUR_S)
    minutes, left = divmod(rest, MINUTE_S)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def clock(at: datetime | None, zone: tzinfo, *, ms: bool = False) -> str:
    """The time of day: `14:03:22`, with `ms` `14:03:22.114`."""
    if at is None:
        return UNKNOWN
    local = _local(at, zone)
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03}" if ms else f"{local:%H:%M:%S}"


def date(at: datetime | None, zone: tzinfo, *, now: datetime | None = None) -> str:
    """`18 Nov 2026`; without the year when it is that of `now`."""
    if at is None:
        return UNKNOWN
    local = _local(at, zone)
    day = f"{local.day} {_MONTHS[local.month - 1]}"
    if now is not None and _local(now, zone).year == local.year:
        return day
    return f"{day} {local.year}"


def day(at: datetime, zone: tzinfo) -> str:
    """The day of a group of rows: `Sunday 22 November 2026`."""
    local = _local(at, zone)
    return f"{calendar.day_name[local.weekday()]} {local.day} {calendar.month_name[local.month]} {local.year}"


def moment(at: datetime | None, zone: tzinfo, *, now: datetime | None = None, ms: bool = False) -> str:
    """Date and time of day: `18 Nov 14:41:07` in the year of `now`, else `18 Nov 2025 14:41:07`."""
    return UNKNOWN if at is None else f"{date(at, zone, now=now)} {clock(at, zone, ms=ms)}"


def moment_or_clock(at: datetime | None, zone: tzinfo, *, now: datetime, ms: bool = False) -> str:
    """As `moment`, but what happened on the day of `now` has only its time of day."""
    if at is not None and _local(at, zone).date() == _local(now, zone).date():
        return clock(at, zone, ms=ms)
    return moment(at, zone, now=now, ms=ms)


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970, as Cloudflare counts and as the scripts of the page do."""
    return round(at.timestamp() * 1000)


def from_ms(milliseconds: int | None) -> datetime | None:
    """The moment behind a count of milliseconds since 1970; None for one that no calendar has."""
    if milliseconds is None or not 0 <= milliseconds < _LAST_MS:
        return None
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def short_id(value: str) -> str:
    """`9f2c41…a07e`; what is no longer than 12 characters stays. The whole id stands beside it to be copied."""
    return value if len(value) <= 12 else f"{value[:6]}…{value[-4:]}"


def listed(words: list[str] | tuple[str, ...]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _local(at: datetime, zone: tzinfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:
        # On the edge of the calendar, where the zone's offset would leave it.
        return at
