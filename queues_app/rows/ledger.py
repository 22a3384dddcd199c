"""The ledger of leases: what is held, by queue, and what ended lately. For `templates/leases/`."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from urllib.parse import urlencode
from uuid import uuid4

from django.urls import reverse

from queues_app import access, formats
from queues_app.access import Permission, Place
from queues_app.models import Account, Lease, LeaseState, User
from queues_app.operations.lease_rows import is_in_doubt
from queues_app.operations.ledger import ENDED_FOR, MOST_ROWS, Footprint, Ledger, Scope
from queues_app.operations.ways import lets_settle
from queues_app.rows import ending
from queues_app.rows.attempts import Attempts, attempts_of
from queues_app.rows.leases import LeaseCell, lease_cell
from queues_app.rows.queue_words import Shown, plain, shown
from queues_app.rows.selection import Verb, lease_verbs
from queues_app.rows.shared import named

# Icon and tone of what became of a lease.
_LOOKS = {
    LeaseState.ACKED: ("check", "is-ok"),
    LeaseState.RETRIED: ("retry", ""),
    LeaseState.SKIPPED: ("stuck", "is-price"),
    LeaseState.UNKNOWN: ("unknown", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """One lease. `cell` counts down while it is held; `ended` says when it was settled, or ends; else it lapsed."""

    number: int
    url: str
    short_id: str
    message_id: str
    holder: str
    attempts: Attempts
    cell: LeaseCell | None
    ended: str
    state: str
    second: str
    # The state once the time of a held one is over.
    lapsed: str
    icon: str
    tone: str
    pulled: str
    pulled_ms: int
    pulled_age: str
    is_held: bool
    # Not known to be settled, and not over: it can be tried again.
    is_in_doubt: bool
    # This person may settle it, as far as is known here.
    is_open: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseGroup:
    """The leases of one queue: the held ones, those perhaps held, or the ended ones."""

    queue: Shown
    url: str
    account: str
    environment: str
    counted: str
    remark: str
    rows: tuple[LeaseRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage:
    """The page, whichever leases it is about."""

    url: str
    sees_others: bool
    sum: str
    footprint: str
    cut: str
    since: str
    zone: str
    newer_url: str
    return_url: str
    return_count: int
    act_url: str
    groups: tuple[LeaseGroup, ...]
    columns: int
    verbs: tuple[Verb, ...]
    closed: tuple[str, ...]
    timeout: str
    timeout_error: str
    # The number of what is done without a question first.
    intent: str


def ledger_page(
    found: Ledger,
    scope: Scope,
    *,
    url: str,
    return_url: str,
    reach: Sequence[Account],
    footprint: Footprint | None = None,
    chosen: Iterable[int] = (),
    timeout: str = "",
    timeout_error: str = "",
    zone: tzinfo,
    now: datetime,
) -> LedgerPage:
    """What was read of a scope, as it stands at `now` in `zone`.

    url         the page's own address; `return_url` that of "Return everything"
    reach       the accounts that the person reaches, in their order
    chosen      leases that are ticked, and `timeout`, which was typed, where a form comes back with an error
    """
    user = scope.user
    may_own, may_others = (access.may(user, each) for each in (Permission.SETTLE, Permission.SETTLE_FOR_OTHERS))
    ticked = frozenset(chosen)
    ways = {account.account_id: account for account in reversed(reach)}

    @functools.cache
    def way_in(account_id: str, queue_name: str) -> Account | None:
        way = ways.get(account_id)
        return way if way is not None and _may_open(user, way, queue_name) else None

    def row(lease: Lease) -> LeaseRow:
        may_settle = lets_settle(user, lease, reach)
        is_own = lease.batch is not None and lease.batch.owner_id == user.pk
        own_way = lease.account if lease.account in reach else None
        way = own_way if is_own else way_in(lease.account.account_id, lease.queue_name)
        url = _copy_url(lease, way, now)
        return _row(lease, user, zone, now, url=url, may_settle=may_settle, is_chosen=lease.pk in ticked)

    held = _groups(found.held, row, ways, user, word="held")
    in_doubt = _groups(found.in_doubt, row, ways, user, word="perhaps held")
    ended = _groups(found.ended, row, ways, user, word="ended")
    verbs = lease_verbs(user, everybody=scope.everybody)
    closed = tuple(dict.fromkeys(verb.closed for verb in verbs if verb.closed))
    if scope.everybody and not may_others and not closed:
        closed = (access.why_not(Permission.SETTLE_FOR_OTHERS),)
    sees_others = scope.everybody or any(
        lease.holder_id != user.pk for lease in (*found.held, *found.in_doubt, *found.ended)
    )
    since_ms = formats.epoch_ms(found.since)
    return LedgerPage(
        url=url,
        sees_others=sees_others,
        sum=sum_of(found.own_count, found.held_count, scope),
        footprint=_footprint(footprint) if footprint else "",
        cut=f"The first {MOST_ROWS} rows; what is not shown is held all the same." if found.is_cut else "",
        since=formats.duration(int(ENDED_FOR.total_seconds())),
        zone=str(zone),
        newer_url=f"{url}?{urlencode({'seen': found.seen, 'since': since_ms})}",
        return_url=return_url,
        return_count=found.own_count if may_own else 0,
        act_url=reverse("lease_acts"),
        groups=(*held, *in_doubt, *ended),
        columns=8 if sees_others else 7,
        verbs=verbs,
        closed=closed,
        timeout=timeout,
        timeout_error=timeout_error,
        intent=str(uuid4()),
    )


def sum_of(own: int, held: int, scope: Scope) -> str:
    """What is held now, in a sentence."""
    here = " of this queue" if scope.queue_id else ""
    if not scope.everybody:
        lent = f"; others hold {formats.plural(held - own, 'message')} by your credentials" if held > own else ""
        return f"You hold {formats.plural(own, 'message') if own else 'nothing'}{here}{lent}."
    if not held:
        return f"Nobody holds anything{here} by a pull from here."
    return f"{formats.plural(held, 'message is', 'messages are')} held{here}, {own:,} of them by you."


def _footprint(pulled: Footprint) -> str:
    if not pulled.pulls:
        return "You pulled nothing today."
    sentence = (
        f"You pulled {formats.plural(pulled.messages, 'message')} today, in {formats.plural(pulled.pulls, 'pull')}"
    )
    return f"{sentence}, {pulled.unknown:,} of which with an unknown end." if pulled.unknown else f"{sentence}."


def _groups(
    leases: Iterable[Lease], row: Callable[[Lease], LeaseRow], ways: Mapping[str, Account], user: User, *, word: str
) -> tuple[LeaseGroup, ...]:
    """By queue, in the order in which the queues come first."""
    by_queue: dict[tuple[str, str], list[Lease]] = {}
    for lease in leases:
        by_queue.setdefault((lease.account.account_id, lease.queue_id), []).append(lease)
    made = []
    for (account_id, queue_id), group in by_queue.items():
        account, way = group[0].account, ways.get(account_id)
        made.append(
            LeaseGroup(
                queue=shown(group[0].queue_name),
                url=reverse("queue", args=[way.pk, queue_id]) if way else "",
                account=account.name,
                environment=(way or account).environment,
                counted=f"{len(group):,} {word}",
                remark=_by(way, user),
                rows=tuple(row(lease) for lease in group),
            )
        )
    return tuple(made)


def _by(way: Account | None, user: User) -> str:
    """By which credential the person reaches it, where that is not one of their own."""
    if way is None:
        return "no credential that you may use reaches this account"
    return "" if way.credential.owner_id == user.pk else f"by {named(way.credential, user)}"


def _row(
    lease: Lease, user: User, zone: tzinfo, now: datetime, *, url: str, may_settle: bool, is_chosen: bool
) -> LeaseRow:
    is_mine = lease.holder_id == user.pk
    is_held = lease.state == LeaseState.HELD and lease.expires_at > now
    doubtful = is_in_doubt(lease, now)
    lapsed = lease.state == LeaseState.HELD and not is_held
    icon, tone = _LOOKS.get(LeaseState(lease.state), ("", ""))
    state, second = _state(lease, is_held=is_held, zone=zone, now=now)
    return LeaseRow(
        number=lease.pk,
        url=url,
        short_id=plain(formats.short_id(lease.message_id)),
        message_id=lease.message_id,
        holder="you" if is_mine else lease.holder.get_username(),
        attempts=attempts_of(lease.attempts, lease.max_retries, lease.dead_letter_queue),
        cell=lease_cell(lease, zone=zone, now=now, owner="" if is_mine else lease.holder.get_username())
        if is_held or lapsed
        else None,
        ended=_ended(lease, zone, now),
        state=state,
        second=second,
        lapsed=ending.lapsed(lease),
        icon=icon,
        tone=tone,
        pulled=formats.moment_or_clock(lease.pulled_at, zone, now=now),
        pulled_ms=formats.epoch_ms(lease.pulled_at),
        pulled_age=formats.age_between(lease.pulled_at, now),
        is_held=is_held,
        is_in_doubt=doubtful,
        is_open=(is_held or doubtful) and bool(lease.sealed_lease_id) and may_settle,
        is_chosen=is_chosen,
    )


def _ended(lease: Lease, zone: tzinfo, now: datetime) -> str:
    if lease.state == LeaseState.UNKNOWN and lease.expires_at > now:
        return f"ends {formats.moment_or_clock(lease.expires_at, zone, now=now)}"
    return f"ended {formats.moment_or_clock(lease.settled_at or lease.expires_at, zone, now=now)}"


def _state(lease: Lease, *, is_held: bool, zone: tzinfo, now: datetime) -> tuple[str, str]:
    """The state in words, and what stands under it."""
    if lease.state == LeaseState.HELD:
        if not is_held:
            return ending.lapsed(lease), lease.warning
        extended = f", extended {lease.extensions}×" if lease.extensions else ""
        lost = "" if lease.sealed_lease_id else "its lease id is lost, so it ends by itself"
        return f"held{extended}", lease.warning or lost
    word = lease.get_state_display()
    if lease.state == LeaseState.UNKNOWN:
        until = formats.moment_or_clock(lease.expires_at, zone, now=now)
        if lease.expires_at <= now:
            return word, f"if it was not settled, {ending.lapsed(lease)}"
        again = "; until then you can try again, it harms nothing" if is_in_doubt(lease, now) else ""
        return word, f"if it was not settled, its lease ends {until}{again}"
    by = f"by {lease.settled_by}" if lease.settled_by else ""
    return word, lease.warning or by


def _copy_url(lease: Lease, way: Account | None, now: datetime) -> str:
    """The kept copy by the reader's way to it, where there is one and they have one."""
    if lease.batch is None or lease.batch.expires_at <= now or way is None:
        return ""
    return reverse("message", args=[way.pk, lease.queue_id, lease.batch_id, lease.position])


def _may_open(user: User, way: Account, queue_name: str) -> bool:
    """Whether this person may read what others pulled there, as far as is known here; the server asks again."""
    here = replace(Place.of(way, queue_name), is_kept=True)
    return all(access.may(user, right, here) for right in (Permission.SEE_COPIES, Permission.PULL))
