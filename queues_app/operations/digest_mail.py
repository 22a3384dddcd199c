"""The weekly digest by mail, for those who asked for it and see everybody's entries. Off without EMAIL_URL."""

from http import HTTPStatus

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet

from queues_app import access, audit
from queues_app.access import Permission
from queues_app.audit import Caller, Subject
from queues_app.expected import ExpectedError
from queues_app.models import Action, User
from queues_app.operations import allowed
from queues_app.operations.people import CONSOLE


class NoMailError(ExpectedError):
    """This deployment sends no mail."""

    sentence = "This deployment sends no mail: EMAIL_URL and EMAIL_FROM are not set."
    reason = "no-mail"
    http_status = HTTPStatus.CONFLICT
    is_refusal = True


class NotMailedError(ExpectedError):
    """The server for mail did not take it from us."""

    reason = "not-mailed"

    def __init__(self, sent: int, error: Exception) -> None:
        super().__init__(f"{sent} sent, then the server for mail failed: {type(error).__name__}.")


def is_on() -> bool:
    """Whether this deployment can send mail."""
    return bool(settings.HAS_MAIL_SERVER and settings.EMAIL_FROM)


def ask(*, caller: Caller, address: str) -> None:
    """Send it there each week from now on; to nobody where the address is empty.

    Raises NotAllowedError, NoMailError, AuditUnavailableError, AuditNotClosedError.
    """
    person = allowed.signed_in(caller)
    allowed.require(caller, Permission.SEE_ALL_AUDIT, action=Action.DIGEST, subject=Subject())
    with audit.record(caller=caller, action=Action.DIGEST) as record:
        if address and not is_on():
            raise NoMailError
        person.digest_to = address
        remark = f"from now on to {address}" if address else "no longer asked for"
        audit.carry_out(record, lambda: person.save(update_fields=["digest_to"]), remark)


def send(*, week: str, subject: str, text: str) -> int:
    """Send this text to each who asked for it, one mail for each. Returns how many.

    Raises NoMailError, NotMailedError, AuditUnavailableError, AuditNotClosedError.
    """
    with audit.record(caller=CONSOLE, action=Action.DIGEST, parameters={"week": week}) as record:
        if not is_on():
            raise NoMailError
        sent = 0
        try:
            for person in _who_asked():
                if access.may(person, Permission.SEE_ALL_AUDIT):
                    EmailMessage(subject, text, settings.EMAIL_FROM, [person.digest_to]).send()
                    sent += 1
        except OSError as error:
            raise NotMailedError(sent, error) from error
        record.ok(remark=f"sent to {sent} who asked for it")
    return sent


def _who_asked() -> QuerySet[User]:
    return User.objects.filter(is_active=True).exclude(digest_to="").order_by("pk")
