"""A person's watches, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import formats, mail, spending
from queues_app.models import (
    Account,
    AccountTurn,
    NoticeKind,
    NoticeOutcome,
    NoticeWay,
    User,
    Watch,
    WatchKind,
    WatchNotice,
    WatchState,
)
from queues_app.operations import watch_notices, watch_rights, watch_sending, watch_words, watches, watching
from queues_app.rows.queue_words import Shown, plain, shown

_BADGES: Final = {
    WatchState.OK: ("ok", "ok"),
    WatchState.FIRING: ("failed", "firing"),
    WatchState.UNKNOWN: ("unknown", "unknown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """One watch. An empty text has nothing to say."""

    queue: Shown
    queue_url: str
    account: str
    condition: Shown
    badge: str
    state: str
    since: str
    found: Shown
    problem: str
    # Whom it tells; of a colleague's, who that is.
    tells: tuple[str, ...]
    # Of one's own alone
    quiet: str = ""
    slowed: str = ""
    untold: str = ""
    notice: str = ""
    edit_url: str = ""
    test_url: str = ""
    remove_url: str = ""
    # For the ear: which one the buttons are about.
    name: str = ""


def watch_rows(found: Iterable[Watch], *, now: datetime, zone: tzinfo) -> list[WatchRow]:
    """Those that fire first, then those of which nothing is known."""
    return [_row(watch, now, zone) for watch in _ordered(found)]


def _ordered(found: Iterable[Watch]) -> list[Watch]:
    order = (WatchState.FIRING, WatchState.UNKNOWN, WatchState.OK)
    return sorted(found, key=lambda watch: (order.index(WatchState(watch.state)), watch.queue_name, watch.pk))


def team_rows(found: Iterable[Watch], *, now: datetime, zone: tzinfo) -> list[WatchRow]:
    """Those of colleagues, to read: neither whom they tell, nor a filter or ids, which speak of bodies."""
    return [_team_row(watch, now, zone) for watch in _ordered(found)]


def ended_rows(notices: Iterable[WatchNotice], *, now: datetime, zone: tzinfo) -> list[str]:
    """How it goes with what is still to be told of watches that were changed or removed."""
    return [f"{plain(str(each.told.get('queue', '')))}: {_notice(each, now, zone)}" for each in notices]


def on_queue(user: User, account: Account, queue_id: str, *, now: datetime) -> list[WatchRow]:
    """What watches a queue, as far as this person may know: their own, then those of their teams."""
    own = watch_rows(watches.on_queue(user, account, queue_id), now=now, zone=user.tzinfo)
    team = watches.of_teams(user, account=account, queue_id=queue_id)
    return [*own, *team_rows(team, now=now, zone=user.tzinfo)]


def add_url(account: Account, queue_id: str, name: str | None, user: User) -> str:
    """Where this person may watch this queue; empty where not."""
    may = watch_rights.may(user, account, name or "")
    return reverse("watch_add", args=[account.pk, queue_id]) if may else ""


def _row(watch: Watch, now: datetime, zone: tzinfo) -> WatchRow:
    condition = watch_words.condition(watch)
    return replace(
        _team_row(watch, now, zone),
        condition=shown(condition),
        quiet=_quiet(watch, now),
        found=_found(watch, now, zone, watch.message_ids),
        problem=_problem(watch, now, zone),
        slowed=_slowed(watch.account, now),
        tells=tuple(each for each in (watch.mail_to, watch.webhook_place) if each) or ("nobody: only this page",),
        untold="" if mail.is_on() or not watch.mail_to else f"mail {watch_sending.NO_MAIL}",
        notice=_notice(next(iter(watch.notices.all()), None), now, zone),
        edit_url=reverse("watch_edit", args=[watch.pk]),
        test_url=reverse("watch_test", args=[watch.pk]) if _can_be_told(watch) else "",
        remove_url=reverse("watch_remove", args=[watch.pk]),
        name=plain(f"{watch.queue_name}: {condition}"),
    )


def _team_row(watch: Watch, now: datetime, zone: tzinfo) -> WatchRow:
    badge, word, since = _state(watch, now, zone)
    is_message = watch.kind == WatchKind.MESSAGE
    return WatchRow(
        queue=shown(watch.queue_name),
        queue_url=reverse("queue", args=[watch.account_id, watch.queue_id]) if watch.account_id else "",
        account=watch.account_name,
        condition=shown("a message matches a filter" if is_message else watch_words.condition(watch)),
        badge=badge,
        state=word,
        since=since,
        found=_found(watch, now, zone),
        problem=f"{_unread_since(watch, now, zone)}It cannot be checked now; its owner sees why."
        if watch.problem
        else _left(watch, now),
        tells=(watch.owner.get_username(),),
    )


def _state(watch: Watch, now: datetime, zone: tzinfo) -> tuple[str, str, str]:
    """Badge, word, and since when; of one that is beyond its limit but not for long enough, when it fires."""
    state = WatchState(watch.state)
    if state == WatchState.OK and watch.beyond_since is not None:
        fires_at = watch.beyond_since + watching.lasting(watch)
        since, fires = (formats.moment_or_clock(at, zone, now=now) for at in (watch.beyond_since, fires_at))
        return "warn", "over the limit", f"since {since}, fires at {fires}"
    badge, word = _BADGES[state]
    return badge, word, f"since {formats.moment_or_clock(watch.since, zone, now=now)}" if watch.since else ""


def _found(watch: Watch, now: datetime, zone: tzinfo, ids: Sequence[str] = ()) -> Shown:
    if watch.known_at is None:
        return ()
    at = formats.moment_or_clock(watch.known_at, zone, now=now)
    return shown(f"{watch_words.found(watch, watch.value, ids)} at {at}")


def _quiet(watch: Watch, now: datetime) -> str:
    """The quiet hours; while they hold something back, what and until when."""
    if watch.quiet_from is None:
        return ""
    said = f"quiet {_clock(watch.quiet_from)} to {_clock(watch.quiet_until)}"
    if watch.is_firing == watch.is_told_firing or not watch_notices.is_quiet(watch, now):
        return said
    kind = NoticeKind.FIRED if watch.is_firing else NoticeKind.RESOLVED
    return f"{said}; “{kind.label}” is told at {_clock(watch.quiet_until)} if it is so then"


def _can_be_told(watch: Watch) -> bool:
    return bool(watch.webhook_place or (watch.mail_to and mail.is_on()))


def _problem(watch: Watch, now: datetime, zone: tzinfo) -> str:
    if watch.account is None:
        return watch_rights.GONE
    return f"{_unread_since(watch, now, zone)}{watch.problem}" if watch.problem else _left(watch, now)


def _unread_since(watch: Watch, now: datetime, zone: tzinfo) -> str:
    """Of one that fires as it was last known, when that was."""
    if not watch.is_firing or watch.known_at is None:
        return ""
    return f"It cannot be read since {formats.moment_or_clock(watch.known_at, zone, now=now)}. "


def _left(watch: Watch, now: datetime) -> str:
    """What nobody has checked for so long, nobody checks."""
    last = watch.checked_at or watch.created_at
    # A watch for a message is checked each five minutes.
    return "Nothing checks it: manage.py watch does." if now - last > 3 * watching.PEEK_EVERY else ""


def _slowed(account: Account | None, now: datetime) -> str:
    """That it is checked less often for now, and why."""
    turn: AccountTurn | None = getattr(account, "turn", None)
    if turn is None or not turn.is_slowed or turn.next_at is None or turn.next_at <= now:
        return ""
    every = formats.duration(spending.WATCH_SLOWED_S)
    return f"Checked once in {every} for now: Cloudflare’s limit is near for its credential."


def _notice(notice: WatchNotice | None, now: datetime, zone: tzinfo) -> str:
    """How the last one went."""
    if notice is None:
        return ""
    what = f"{notice.get_kind_display()} by {NoticeWay(notice.way).label}"
    at = formats.moment_or_clock(notice.ended_at or notice.made_at, zone, now=now)
    match notice.outcome:
        case NoticeOutcome.TOLD:
            return f"told “{what}” at {at}"
        case NoticeOutcome.GIVEN_UP:
            return f"gave up “{what}” at {at}: {notice.sentence}"
        case _:
            tries = f"; {formats.plural(notice.tries, 'try', 'tries')}: {notice.sentence}" if notice.tries else ""
            return f"“{what}” waits{tries}"


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""
