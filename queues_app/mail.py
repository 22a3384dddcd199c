"""Mail that this deployment sends: the one place where it leaves. Off without EMAIL_URL and EMAIL_FROM."""

from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage

from queues_app.expected import ExpectedError

_SUBJECT_LENGTH: Final = 200


class NoMailError(ExpectedError):
    """This deployment sends no mail."""

    sentence = "This deployment sends no mail: EMAIL_URL and EMAIL_FROM are not set."
    reason = "no-mail"
    http_status = HTTPStatus.CONFLICT
    is_refusal = True


class NotMailedError(ExpectedError):
    """The server for mail did not take it from us. Of the error only its kind is told: its words may hold addresses."""

    reason = "not-mailed"

    def __init__(self, kind: str, *, sent_before: int | None = None) -> None:
        self.kind = kind
        super().__init__(
            f"The server for mail did not take it: {kind}."
            if sent_before is None
            else f"{sent_before} sent, then the server for mail failed: {kind}."
        )


def is_on() -> bool:
    """Whether this deployment can send mail."""
    return bool(settings.HAS_MAIL_SERVER and settings.EMAIL_FROM)


def require() -> None:
    """Raises NoMailError."""
    if not is_on():
        raise NoMailError


def send(*, to: str, subject: str, text: str) -> None:
    """Send one, to one address.

    Raises NoMailError, NotMailedError.
    """
    require()
    # A name of a queue may hold anything; a subject is one line.
    one_line = " ".join(subject.split())[:_SUBJECT_LENGTH]
    try:
        EmailMessage(one_line, text, settings.EMAIL_FROM, [to]).send()
    except OSError as error:
        raise NotMailedError(type(error).__name__) from error
