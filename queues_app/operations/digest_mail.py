"""The weekly digest by mail, for those who asked for it and see everybody's entries."""

from django.db.models import QuerySet

from queues_app import access, audit, mail
from queues_app.access import Permission
from queues_app.audit import Caller, Subject
from queues_app.mail import NotMailedError
from queues_app.models import Action, User
from queues_app.operations import allowed
from queues_app.operations.people import CONSOLE


def ask(*, caller: Caller, address: str) -> None:
    """Send it there each week from now on; to nobody where the address is empty.

    Raises NotAllowedError, NoMailError, AuditUnavailableError, AuditNotClosedError.
    """
    person = allowed.signed_in(caller)
    allowed.require(caller, Permission.SEE_ALL_AUDIT, action=Action.DIGEST, subject=Subject())
    with audit.record(caller=caller, action=Action.DIGEST) as record:
        if address:
            mail.require()
        person.digest_to = address
        remark = f"from now on to {address}" if address else "no longer asked for"
        audit.carry_out(record, lambda: person.save(update_fields=["digest_to"]), remark)


def send(*, week: str, subject: str, text: str) -> int:
    """Send this text to each who asked for it, one mail for each. Returns how many.

    Raises NoMailError, NotMailedError, AuditUnavailableError, AuditNotClosedError.
    """
    with audit.record(caller=CONSOLE, action=Action.DIGEST, parameters={"week": week}) as record:
        mail.require()
        sent = 0
        try:
            for person in _who_asked():
                if access.may(person, Permission.SEE_ALL_AUDIT):
                    mail.send(to=person.digest_to, subject=subject, text=text)
                    sent += 1
        except NotMailedError as error:
            raise NotMailedError(error.kind, sent_before=sent) from error
        record.ok(remark=f"sent to {sent} who asked for it")
    return sent


def _who_asked() -> QuerySet[User]:
    return User.objects.filter(is_active=True).exclude(digest_to="").order_by("pk")
