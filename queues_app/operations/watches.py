"""What people do about their watches: add, change, remove and test them. Each is the owner's, and on the record."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from django.db.models import Count, F, OuterRef, Prefetch, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from queues_app import access, audit, mail, remembered, upstream, vault
from queues_app.access import Permission, Place
from queues_app.audit import Caller
from queues_app.clock import Clock
from queues_app.expected import ExpectedError
from queues_app.models import (
    Account,
    Action,
    NoticeOutcome,
    NoticeWay,
    Share,
    User,
    Watch,
    WatchKind,
    WatchNotice,
    WatchState,
)
from queues_app.operations import allowed, watch_notices, watch_rights, watch_sending, watch_words, watching

# A person's own; more would tell nobody anything.
MOST: Final = 100
# Of colleagues, those that fire first.
MOST_OF_TEAMS: Final = 200
# Of notices without a watch that are shown.
MOST_UNTOLD: Final = 5
# Seconds between two tests of a person's: whoever is told is no one's to flood.
TEST_EVERY_S: Final = 5
# What a change of the conditions begins anew.
_ANEW: Final[dict[str, Any]] = {
    "state": WatchState.UNKNOWN,
    "since": None,
    "is_firing": False,
    "known_at": None,
    "beyond_since": None,
    "fired_at": None,
    "resolved_at": None,
    "value": None,
    "message_ids": [],
    "peeked_at": None,
    "problem": "",
    "is_told_firing": False,
}


class TooManyWatchesError(ExpectedError):
    sentence = f"You have {MOST} watches already. Remove one first."
    reason = "too-many-watches"
    http_status = HTTPStatus.CONFLICT
    is_refusal = True


class NobodyToTellError(ExpectedError):
    sentence = "This watch tells nobody: it has no webhook, and no address for mail, or this deployment sends none."
    reason = "nobody-to-tell"
    http_status = HTTPStatus.CONFLICT
    is_refusal = True


class TestedLatelyError(ExpectedError):
    sentence = f"A test of yours went less than {TEST_EVERY_S} s ago. The next may go in {TEST_EVERY_S} s."
    reason = "tested-lately"
    http_status = HTTPStatus.TOO_MANY_REQUESTS
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where to post and what signs it; both are sealed. `place` may be shown."""

    place: str
    url: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a test went in one way: `error` where it did not arrive, `status` where a webhook took it."""

    way: NoticeWay
    status: int | None = None
    error: ExpectedError | None = None


def of(user: User) -> QuerySet[Watch]:
    """A person's own, each with the notice that was made last in each way."""
    place = Window(RowNumber(), partition_by=("watch", "way"), order_by=("-made_at", "-pk"))
    last = Prefetch("notices", WatchNotice.objects.annotate(place=place).filter(place=1))
    return (
        Watch.objects.filter(owner=user)
        .select_related("account__credential", "account__turn", "owner")
        .prefetch_related(last)
    )


def firing_through(account: OuterRef, user: User) -> Subquery:
    """How many of a person's own fire now in an account row, for a query of accounts; None where none does."""
    firing = Watch.objects.filter(account=account, owner=user, state=WatchState.FIRING).order_by().values("account")
    return Subquery(firing.annotate(number=Count("pk")).values("number"))


def firing_in(user: User, account: Account) -> QuerySet[Watch]:
    """A person's own that fire now, on any queue of an account, whichever of their credentials they ask with."""
    here = Watch.objects.filter(owner=user, account__account_id=account.account_id, state=WatchState.FIRING)
    return here.order_by("since", "pk")


def on_queue(user: User, account: Account, queue_id: str) -> QuerySet[Watch]:
    """A person's own on one queue, whichever of their credentials they ask with."""
    return of(user).filter(account__account_id=account.account_id, queue_id=queue_id)


def of_teams(user: User, *, account: Account | None = None, queue_id: str = "") -> list[Watch]:
    """Those of others, by credentials that they share with a person, on queues that this person may see.

    With an account, those on one queue of it.
    """
    shared = Share.objects.reaching(user).values("credential")
    found = Watch.objects.filter(account__credential__in=shared, account__credential__owner=F("owner"))
    if account is not None:
        found = found.filter(account__account_id=account.account_id, queue_id=queue_id)
    # As states sort by their words, those that fire come first.
    whole = found.exclude(owner=user).select_related("account__credential", "account__turn", "owner")
    listed = whole.order_by("state", "pk")
    return [watch for watch in listed[:MOST_OF_TEAMS] if _may_see(user, watch)]


def _may_see(user: User, watch: Watch) -> bool:
    here = watch.account
    return here is not None and access.may(user, Permission.SEE_QUEUES, Place.of(here, watch.queue_name))


def untold(user: User) -> list[WatchNotice]:
    """What still waits, or arrived nowhere, of a person's watches that were changed or removed since: the latest."""
    ended = WatchNotice.objects.filter(owner=user, watch=None).exclude(outcome=NoticeOutcome.TOLD)
    return list(ended.order_by("-made_at", "-pk")[:MOST_UNTOLD])


def add(
    *,
    caller: Caller,
    account: Account,
    queue_id: str,
    queue_name: str,
    intent: uuid.UUID,
    columns: Mapping[str, Any],
    webhook: Webhook | None,
) -> Watch:
    """Watch a queue from now on, by these columns of `Watch`.

    Raises NotAllowedError, NotYourCredentialError, TooManyWatchesError, AlreadySubmittedError, VaultError,
    AuditUnavailableError, AuditNotClosedError.
    """
    watch_rights.require(caller=caller, account=account, queue_id=queue_id, kind=columns["kind"])
    owner = allowed.signed_in(caller)
    watch = Watch(
        owner=owner,
        account=account,
        account_name=account.name,
        queue_id=queue_id,
        queue_name=queue_name,
        **columns,
        **_sealed(webhook),
    )
    with audit.record(
        caller=caller,
        action=Action.WATCH_ADD,
        subject=watching.subject_of(watch, account),
        parameters=_parameters(watch),
        intent=intent,
    ) as record:
        if Watch.objects.filter(owner=owner).count() >= MOST:
            raise TooManyWatchesError
        audit.carry_out(record, watch.save, watch.get_kind_display())
    return watch


def edit(
    *,
    caller: Caller,
    watch: Watch,
    intent: uuid.UUID,
    columns: Mapping[str, Any],
    webhook: Webhook | None,
    tells: bool,
    clock: Clock = timezone.now,
) -> None:
    """Change what a watch waits for and whom it tells; it begins anew. Its webhook stays where none is given.

    `tells` is False when the webhook is to go.

    Raises NotAllowedError, AlreadySubmittedError, VaultError, AuditUnavailableError, AuditNotClosedError.
    """
    subject = watching.subject_of(watch, watch.account)
    allowed.require(caller, Permission.WATCH, action=Action.WATCH_EDIT, subject=subject)
    changed = (
        dict(columns) | _ANEW | {"revision": F("revision") + 1} | (_sealed(webhook) if webhook or not tells else {})
    )
    before, query = _settings(watch), watch.query
    for name, value in changed.items():
        setattr(watch, name, value)
    parameters = {"watch": watch.pk, "kind": watch.kind, **_changes(before, _settings(watch))}
    if watch.query != query:
        parameters["filter"] = "another"
    if webhook is not None:
        parameters["webhook_typed"] = True

    def change() -> None:
        watch_notices.end(watch.pk, watch_words.CHANGED, now=clock())
        watch.save(update_fields=list(changed))
        # What was told was of the watch as it was. One without an owner, of a version before, goes by its watch.
        WatchNotice.objects.filter(watch=watch).exclude(owner=None).update(watch=None)

    with audit.record(
        caller=caller, action=Action.WATCH_EDIT, subject=subject, parameters=parameters, intent=intent
    ) as record:
        audit.carry_out(record, change, watch.get_kind_display())


def remove(*, caller: Caller, watch: Watch, clock: Clock = timezone.now) -> None:
    """Watch no longer. Its owner always may.

    Raises AuditUnavailableError, AuditNotClosedError.
    """
    parameters = {"watch": watch.pk, **_parameters(watch)}
    subject = watching.subject_of(watch, watch.account)

    def act() -> None:
        watch_notices.end(watch.pk, watch_words.REMOVED, now=clock())
        watch.delete()

    with audit.record(caller=caller, action=Action.WATCH_REMOVE, subject=subject, parameters=parameters) as record:
        audit.carry_out(record, act, watch.get_kind_display())


def test(*, caller: Caller, watch: Watch) -> list[Tried]:
    """Tell that this is a test, in each way of the watch, at once. One that fails keeps no other from being tried.

    Raises NotAllowedError, NobodyToTellError, TestedLatelyError, AuditUnavailableError, AuditNotClosedError.
    """
    subject, parameters = watching.subject_of(watch, watch.account), {"watch": watch.pk}
    allowed.require(caller, Permission.WATCH, action=Action.WATCH_TEST, subject=subject, parameters=parameters)
    ways = [way for way in watch_notices.ways(watch) if way != NoticeWay.MAIL or mail.is_on()]
    with audit.record(caller=caller, action=Action.WATCH_TEST, subject=subject, parameters=parameters) as record:
        if not ways:
            raise NobodyToTellError
        if not remembered.first(f"watch-test:{watch.owner_id}", TEST_EVERY_S):
            raise TestedLatelyError
        upstream.give_back_connections()
        tried = [_try(watch, way) for way in ways]
        failed = next((each.error for each in tried if each.error), None)
        if failed:
            record.stopped(failed)
        else:
            record.ok(remark=f"A test went by {' and '.join(way.label for way in ways)}.")
    return tried


def _try(watch: Watch, way: NoticeWay) -> Tried:
    try:
        return Tried(way=way, status=watch_sending.send(watch_notices.test_of(watch, way)))
    except ExpectedError as error:
        return Tried(way=way, error=error)


def _sealed(webhook: Webhook | None) -> dict[str, Any]:
    if webhook is None:
        return {"webhook_place": "", "sealed_url": b"", "sealed_secret": b""}
    return {
        "webhook_place": webhook.place,
        "sealed_url": vault.seal(webhook.url.encode()),
        "sealed_secret": vault.seal(webhook.secret.encode()),
    }


def _settings(watch: Watch) -> dict[str, str]:
    """What its owner set, for a record of what changed. Of a filter nothing: it may hold what stands in a body."""
    quiet = f"{watch.quiet_from:%H:%M} to {watch.quiet_until:%H:%M}" if watch.quiet_from and watch.quiet_until else ""
    return {
        "watches": watch.kind,
        "threshold": f"{watch.threshold}",
        "minutes": f"{watch.minutes}",
        "quiet": quiet,
        "mail_to": watch.mail_to,
        "webhook": watch.webhook_place,
    }


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """`threshold`: `100 → 500`, of what differs."""
    return {name: f"{was or 'none'} → {after[name] or 'none'}" for name, was in before.items() if was != after[name]}


def _parameters(watch: Watch) -> dict[str, Any]:
    """Not the filter: it may hold what stands in a body."""
    told = {"mail_to": watch.mail_to, "webhook": watch.webhook_place}
    limits = {"threshold": watch.threshold, "minutes": watch.minutes}
    if watch.kind == WatchKind.MESSAGE:
        limits = {}
    return {"kind": watch.kind, **limits, **{name: value for name, value in told.items() if value}}
