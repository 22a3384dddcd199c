"""The second lines of a watch: since when it is as it is, what it found and when, and how its owner was told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import Final

from queues_app import formats, spending
from queues_app.models import NoticeOutcome, NoticeWay, Watch, WatchKind, WatchNotice, WatchState
from queues_app.operations import samples, watch_notices, watching

_BADGES: Final = {
    WatchState.OK: ("ok", "ok"),
    WatchState.FIRING: ("failed", "firing"),
    WatchState.UNKNOWN: ("unknown", "unknown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something was; by `ms` a script counts on how long ago that is."""

    at: str
    ago: str
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Words, a moment, and words again. `tone` is a class for what needs somebody."""

    before: str
    moment: Moment | None = None
    after: str = ""
    tone: str = ""


def moment_of(at: datetime | None, *, now: datetime, zone: tzinfo) -> Moment | None:
    if at is None:
        return None
    return Moment(
        at=formats.moment_or_clock(at, zone, now=now),
        ago=f"{formats.age_between(at, now)} ago",
        ms=formats.epoch_ms(at),
    )


def badge_of(watch: Watch) -> tuple[str, str]:
    """Kind and word. One that is beyond its limit, but not for long enough, has its own."""
    return ("warn", "over the limit") if _is_pending(watch) else _BADGES[WatchState(watch.state)]


def state_lines(watch: Watch, *, now: datetime, zone: tzinfo) -> tuple[Line, ...]:
    """Since when it is so, and what comes of it or came before."""
    return tuple(_of_state(watch, now, zone))


def _of_state(watch: Watch, now: datetime, zone: tzinfo) -> Iterator[Line]:
    since = moment_of(watch.since, now=now, zone=zone)
    if _is_pending(watch):
        yield Line(before="since", moment=moment_of(watch.beyond_since, now=now, zone=zone))
        yield Line(before=f"fires at {_fires_at(watch, now, zone)}")
    elif watch.state == WatchState.FIRING:
        yield Line(before="fired", moment=since)
        if watch.since and watch.beyond_since and watch.beyond_since < watch.since:
            yield Line(before=f"over the limit since {formats.moment_or_clock(watch.beyond_since, zone, now=now)}")
    elif watch.known_at is None and not watch.problem:
        yield Line(before=f"first reading {_first_reading(watch, now, zone)}")
    elif watch.state == WatchState.OK and watch.fired_at and watch.resolved_at:
        yield Line(before="resolved", moment=moment_of(watch.resolved_at, now=now, zone=zone))
        yield Line(before=f"fired for {formats.age_between(watch.fired_at, watch.resolved_at)}")
    elif since is not None:
        yield Line(before="since", moment=since)


def _is_pending(watch: Watch) -> bool:
    return watch.state == WatchState.OK and watch.beyond_since is not None


def _fires_at(watch: Watch, now: datetime, zone: tzinfo) -> str:
    """No earlier than it is checked: where that is seldom, it fires later than its minutes say."""
    at = (watch.beyond_since or now) + watching.lasting(watch)
    at = max(at, _next_check(watch) or at)
    return formats.moment_or_clock(at, zone, now=now) if at > now else "the next check"


def _first_reading(watch: Watch, now: datetime, zone: tzinfo) -> str:
    at = _next_check(watch) or watch.created_at + samples.EVERY
    return f"by {formats.moment_or_clock(at, zone, now=now)}" if at > now else "at the next check"


def _next_check(watch: Watch) -> datetime | None:
    turn = getattr(watch.account, "turn", None)
    return turn.next_at if turn is not None else None


def slowed(watch: Watch, now: datetime) -> str:
    """That it is checked less often for now, and why."""
    turn = getattr(watch.account, "turn", None)
    if turn is None or not turn.is_slowed or turn.next_at is None or turn.next_at <= now:
        return ""
    if watch.kind == WatchKind.MESSAGE:
        how = f"Peeked at only every {formats.duration(int(watching.PEEK_SLOWED.total_seconds()))}"
    else:
        how = f"Checked once in {formats.duration(spending.WATCH_SLOWED_S)}"
    return f"{how} for now: Cloudflare’s limit is near for its credential."


def told_lines(watch: Watch, *, now: datetime, zone: tzinfo) -> tuple[Line, ...]:
    """How the last notice went, in each way."""
    order = list(NoticeWay)
    notices = sorted(watch.notices.all(), key=lambda notice: order.index(NoticeWay(notice.way)))
    return tuple(told_line(notice, now=now, zone=zone) for notice in notices)


def told_line(notice: WatchNotice, *, now: datetime, zone: tzinfo) -> Line:
    """How it goes with one notice."""
    what = f"“{notice.get_kind_display()}” by {NoticeWay(notice.way).label}"
    ended = moment_of(notice.ended_at or notice.made_at, now=now, zone=zone)
    tried = formats.plural(notice.tries, "try", "tries")
    due = f"at {formats.moment_or_clock(notice.next_at, zone, now=now)}" if notice.next_at > now else "at once"
    match notice.outcome:
        case NoticeOutcome.TOLD:
            return Line(before=f"told {what} at", moment=ended)
        case NoticeOutcome.GIVEN_UP:
            # What was overtaken is no loss to anybody.
            tone = "" if notice.sentence == watch_notices.TOO_LATE else "is-loss"
            tries = f", after {tried}" if notice.tries else ""
            return Line(before=f"gave up {what} at", moment=ended, after=f"{tries}: {notice.sentence}", tone=tone)
        case _ if notice.tries:
            return Line(before=f"{what}: {tried} failed, next {due}. {notice.sentence}", tone="is-price")
        case _:
            return Line(before=f"{what} is told {due}")


def hour(at: time | None) -> str:
    """Of the quiet hours, as a field of time has it; empty where there are none."""
    return f"{at:%H:%M}" if at else ""
