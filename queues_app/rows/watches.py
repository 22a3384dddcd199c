"""A person's watches, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from urllib.parse import urlencode

from django.urls import reverse

from queues_app import formats, mail
from queues_app.models import (
    Account,
    AccountEnvironment,
    NoticeKind,
    User,
    Watch,
    WatchKind,
    WatchNotice,
    WatchState,
)
from queues_app.operations import watch_notices, watch_rights, watch_sending, watch_words, watches, watching
from queues_app.rows import watch_lines
from queues_app.rows.queue_words import Shown, plain, shown
from queues_app.rows.watch_lines import Line, Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """One watch. An empty text has nothing to say."""

    queue: Shown
    queue_url: str
    account: str
    environment: str
    condition: Shown
    badge: str
    state: str
    # Since when, and what comes of it.
    lines: tuple[Line, ...]
    found: str
    found_at: Moment | None
    problem: str
    # Whom it tells; of a colleague's, who that is.
    tells: tuple[str, ...]
    # Of one's own alone
    found_url: str = ""
    quiet: str = ""
    slowed: str = ""
    untold: str = ""
    told: tuple[Line, ...] = ()
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
    found = list(found)
    AccountEnvironment.tell(watch.account for watch in found if watch.account is not None)
    return sorted(found, key=lambda watch: (order.index(WatchState(watch.state)), watch.queue_name, watch.pk))


def team_rows(found: Iterable[Watch], *, now: datetime, zone: tzinfo) -> list[WatchRow]:
    """Those of colleagues, to read: neither whom they tell, nor a filter or ids, which speak of bodies."""
    return [_team_row(watch, now, zone) for watch in _ordered(found)]


def ended_rows(notices: Iterable[WatchNotice], *, now: datetime, zone: tzinfo) -> list[tuple[str, Line]]:
    """How it goes with what is still to be told of watches that were changed or removed, by the queue's name."""
    return [
        (plain(str(each.told.get("queue", ""))), watch_lines.told_line(each, now=now, zone=zone)) for each in notices
    ]


def on_queue(user: User, account: Account, queue_id: str, *, now: datetime) -> list[WatchRow]:
    """What watches a queue, as far as this person may know: their own, then those of their teams."""
    own = watch_rows(watches.on_queue(user, account, queue_id), now=now, zone=user.tzinfo)
    team = watches.of_teams(user, account=account, queue_id=queue_id)
    return [*own, *team_rows(team, now=now, zone=user.tzinfo)]


def firing_words(firing: Iterable[Watch], *, now: datetime, zone: tzinfo) -> dict[str, str]:
    """Queue id → what is said in its row of a person's watches that fire, the first of them first."""
    found: dict[str, list[Watch]] = {}
    for watch in firing:
        found.setdefault(watch.queue_id, []).append(watch)
    return {queue_id: _fired(watches, now, zone) for queue_id, watches in found.items()}


def _fired(firing: Sequence[Watch], now: datetime, zone: tzinfo) -> str:
    since = min((watch.since for watch in firing if watch.since), default=None)
    at = f" at {formats.moment_or_clock(since, zone, now=now)}" if since else ""
    said = "; ".join(dict.fromkeys(watch_words.beyond(watch) for watch in firing))
    if len(firing) == 1:
        return f"Your watch fired{at}: {said}"
    return f"{len(firing)} of your watches fire, the first{at}: {said}"


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
        found_url=_found_url(watch),
        problem=_problem(watch, now, zone),
        slowed=watch_lines.slowed(watch, now),
        tells=tuple(each for each in (watch.mail_to, watch.webhook_place) if each) or ("nobody: only this page",),
        untold="" if mail.is_on() or not watch.mail_to else f"mail {watch_sending.NO_MAIL}",
        told=watch_lines.told_lines(watch, now=now, zone=zone),
        edit_url=reverse("watch_edit", args=[watch.pk]),
        test_url=reverse("watch_test", args=[watch.pk]) if _can_be_told(watch) else "",
        remove_url=reverse("watch_remove", args=[watch.pk]),
        name=plain(f"{watch.queue_name}: {condition}"),
    )


def _team_row(watch: Watch, now: datetime, zone: tzinfo) -> WatchRow:
    badge, word = watch_lines.badge_of(watch)
    is_message = watch.kind == WatchKind.MESSAGE
    return WatchRow(
        queue=shown(watch.queue_name),
        queue_url=reverse("queue", args=[watch.account_id, watch.queue_id]) if watch.account_id else "",
        account=watch.account_name,
        environment=watch.account.environment if watch.account else "",
        condition=shown("a message matches a filter" if is_message else watch_words.condition(watch)),
        badge=badge,
        state=word,
        lines=watch_lines.state_lines(watch, now=now, zone=zone),
        found=_found(watch),
        found_at=watch_lines.moment_of(watch.known_at, now=now, zone=zone),
        problem=f"{_unread_since(watch, now, zone)}It cannot be checked now; its owner sees why."
        if watch.problem
        else _left(watch, now),
        tells=(watch.owner.get_username(),),
    )


def _found(watch: Watch) -> str:
    return watch_words.found(watch, watch.value) if watch.known_at is not None else ""


def _found_url(watch: Watch) -> str:
    """Of a watch for messages that found some: the queue with its filter."""
    if watch.kind != WatchKind.MESSAGE or not watch.value or watch.account_id is None:
        return ""
    return f"{reverse('queue', args=[watch.account_id, watch.queue_id])}?{urlencode({'q': watch.query})}"


def _quiet(watch: Watch, now: datetime) -> str:
    """The quiet hours; while they hold something back, what and until when."""
    if watch.quiet_from is None:
        return ""
    said = f"quiet {watch_lines.hour(watch.quiet_from)} to {watch_lines.hour(watch.quiet_until)}"
    if watch.is_firing == watch.is_told_firing or not watch_notices.is_quiet(watch, now):
        return said
    kind = NoticeKind.FIRED if watch.is_firing else NoticeKind.RESOLVED
    return f"{said}; “{kind.label}” is told at {watch_lines.hour(watch.quiet_until)} if it is so then"


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
