"""Who may watch what: where it is offered, when a watch is made, at each check, and at the moment of telling."""

from http import HTTPStatus
from typing import Final

from queues_app import access, audit
from queues_app.access import Permission, Place
from queues_app.audit import Caller
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, User, Watch, WatchKind, WatchNotice
from queues_app.operations import allowed, names, queues

GONE: Final = (
    "The credential that it asked with was deleted, or does not reach this account any more. Remove this watch, and "
    "make another."
)
_CLOSED: Final = "The account of its owner is closed."
_FOREIGN: Final = "The credential is not its owner's, so it is not used."


class NotYourCredentialError(ExpectedError):
    """A watch asks while its owner is away, so not with what others lent them."""

    sentence = "A watch asks with a credential of your own. This one is shared with you by somebody else."
    reason = "not-your-credential"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


def may(user: User, account: Account, queue_name: str) -> bool:
    """Whether this person may watch this queue with the credential of this account row."""
    return not _closed(user, account, Place.of(account, queue_name), "")


def require(*, caller: Caller, account: Account, queue_id: str, kind: str = "") -> None:
    """The same for what a caller asks for; a name that a rule needs is read.

    Raises NotAllowedError, NotYourCredentialError, after recording the refused attempt.
    """
    subject = queues.subject_of(account, queue_id)
    if not _is_own(allowed.signed_in(caller), account):
        why = NotYourCredentialError()
        audit.refuse(caller=caller, action=Action.WATCH_ADD, subject=subject, why=why)
        raise why
    for permission in _needed(kind):
        allowed.require(caller, permission, action=Action.WATCH_ADD, subject=subject)


def why_stopped(watch: Watch) -> str:
    """Why it may not ask now, in a sentence; empty when it may. It goes on by itself when it may again.

    By the name that it has, and by the newer one where a rename is remembered.
    """
    if watch.account is None:
        return GONE
    place = Place.of(watch.account, watch.queue_name)
    # The newer name may stand in the list of the account, which is long: it is looked for where a rule goes by it.
    if any(access.needs_name(watch.owner, each, place) for each in _needed(watch.kind)):
        place = names.place(names.subject(watch.account, watch.queue_id, kept_as=(watch.queue_name,)))
    return _closed(watch.owner, watch.account, place, watch.kind)


def why_untold(notice: WatchNotice, owner: User) -> str:
    """Why its owner is not told of it any more, in a sentence; empty when they are."""
    watch = notice.watch
    if watch is not None and watch.account is not None:
        return why_stopped(watch)
    # Without a credential, or without a watch: still whoever may watch such a queue hears that it is over.
    name = str(notice.told.get("queue", ""))
    if notice.account is not None:
        return _closed(owner, notice.account, Place.of(notice.account, name), str(notice.told.get("kind", "")))
    return _CLOSED if not owner.is_active else access.closed(owner, Permission.WATCH, Place(queue_name=name))


def _closed(user: User, account: Account, place: Place, kind: str) -> str:
    if not user.is_active:
        return _CLOSED
    if not _is_own(user, account):
        return _FOREIGN
    reasons = (access.closed(user, each, place) for each in _needed(kind))
    return next(filter(None, reasons), "")


def _is_own(user: User, account: Account) -> bool:
    return account.credential.owner_id == user.pk


def _needed(kind: str) -> tuple[Permission, ...]:
    peek = (Permission.PEEK,) if kind == WatchKind.MESSAGE else ()
    return (Permission.WATCH, Permission.SEE_QUEUES, *peek)
