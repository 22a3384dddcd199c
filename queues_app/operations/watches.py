"""What people do about their watches: add, change, remove and test them. Each is the owner's, and on the record."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from django.db.models import QuerySet

from queues_app import audit, upstream, vault
from queues_app.access import Permission
from queues_app.audit import Caller
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, NoticeWay, User, Watch, WatchKind, WatchState
from queues_app.operations import allowed, queues, watch_notices, watching

# A person's own; more would tell nobody anything.
MOST: Final = 100
# What a change of the conditions begins anew.
_ANEW: Final[dict[str, Any]] = {
    "state": WatchState.UNKNOWN,
    "since": None,
    "is_firing": False,
    "known_at": None,
    "beyond_since": None,
    "value": None,
    "message_ids": [],
    "peeked_at": None,
    "problem": "",
    "is_told_firing": False,
}


class NotYourCredentialError(ExpectedError):
    """A watch asks while its owner is away, so not with what others lent them."""

    sentence = "A watch asks with a credential of your own. This one is shared with you by somebody else."
    reason = "not-your-credential"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where to post and what signs it; both are sealed. `place` may be shown."""

    place: str
    url: str = field(repr=False)
    secret: str = field(repr=False)


def of(user: User) -> QuerySet[Watch]:
    """A person's own, with what was made to be told lately."""
    return Watch.objects.filter(owner=user).select_related("account__credential", "owner").prefetch_related("notices")


def require(*, caller: Caller, account: Account, queue_id: str) -> None:
    """Whether the caller may watch this queue with the credential of this account row.

    Raises NotAllowedError, NotYourCredentialError, after recording the refused attempt.
    """
    subject = queues.subject_of(account, queue_id)
    allowed.require(caller, Permission.WATCH, action=Action.WATCH_ADD, subject=subject)
    if account.credential.owner_id != allowed.signed_in(caller).pk:
        why = NotYourCredentialError()
        audit.refuse(caller=caller, action=Action.WATCH_ADD, subject=subject, why=why)
        raise why


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
    require(caller=caller, account=account, queue_id=queue_id)
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
    *, caller: Caller, watch: Watch, intent: uuid.UUID, columns: Mapping[str, Any], webhook: Webhook | None, tells: bool
) -> None:
    """Change what a watch waits for and whom it tells; it begins anew. Its webhook stays where none is given.

    `tells` is False when the webhook is to go.

    Raises NotAllowedError, AlreadySubmittedError, VaultError, AuditUnavailableError, AuditNotClosedError.
    """
    subject = watching.subject_of(watch, watch.account)
    allowed.require(caller, Permission.WATCH, action=Action.WATCH_EDIT, subject=subject)
    changed = dict(columns) | _ANEW | (_sealed(webhook) if webhook or not tells else {})
    for name, value in changed.items():
        setattr(watch, name, value)
    parameters = {"watch": watch.pk, **_parameters(watch)}
    with audit.record(
        caller=caller, action=Action.WATCH_EDIT, subject=subject, parameters=parameters, intent=intent
    ) as record:
        audit.carry_out(record, lambda: watch.save(update_fields=list(changed)), watch.get_kind_display())


def remove(*, caller: Caller, watch: Watch) -> None:
    """Watch no longer. Its owner always may.

    Raises AuditUnavailableError, AuditNotClosedError.
    """
    parameters = {"watch": watch.pk, **_parameters(watch)}
    subject = watching.subject_of(watch, watch.account)
    with audit.record(caller=caller, action=Action.WATCH_REMOVE, subject=subject, parameters=parameters) as record:
        audit.carry_out(record, watch.delete, watch.get_kind_display())


def test(*, caller: Caller, watch: Watch) -> list[NoticeWay]:
    """Tell that this is a test, in each way of the watch, at once. The ways that took it.

    Raises NotAllowedError, NobodyToTellError, ExpectedError of the first way that did not take it,
    AuditUnavailableError, AuditNotClosedError.
    """
    subject, parameters = watching.subject_of(watch, watch.account), {"watch": watch.pk}
    allowed.require(caller, Permission.WATCH, action=Action.WATCH_TEST, subject=subject, parameters=parameters)
    ways = watch_notices.ways(watch)
    with audit.record(caller=caller, action=Action.WATCH_TEST, subject=subject, parameters=parameters) as record:
        if not ways:
            raise NobodyToTellError
        upstream.give_back_connections()
        for way in ways:
            watch_notices.send_test(watch, way)
        record.ok(remark=f"A test went by {' and '.join(way.label for way in ways)}.")
    return ways


def _sealed(webhook: Webhook | None) -> dict[str, Any]:
    if webhook is None:
        return {"webhook_place": "", "sealed_url": b"", "sealed_secret": b""}
    return {
        "webhook_place": webhook.place,
        "sealed_url": vault.seal(webhook.url.encode()),
        "sealed_secret": vault.seal(webhook.secret.encode()),
    }


def _parameters(watch: Watch) -> dict[str, Any]:
    """Not the filter: it may hold what stands in a body."""
    told = {"mail_to": watch.mail_to, "webhook": watch.webhook_place}
    limits = {"threshold": watch.threshold, "minutes": watch.minutes}
    if watch.kind == WatchKind.MESSAGE:
        limits = {}
    return {"kind": watch.kind, **limits, **{name: value for name, value in told.items() if value}}
