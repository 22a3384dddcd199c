"""A notice of a watch on its way: as a mail, or as a webhook that is signed as Standard Webhooks has it."""

import json
from datetime import UTC
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.views.decorators.debug import sensitive_variables

from dashboard.proxies import networks_in
from queues_app import forwarding, vault
from queues_app.expected import ExpectedError
from queues_app.forwarding import SigningKey
from queues_app.models import NoticeKind, NoticeWay, WatchNotice
from queues_app.operations import digest_mail, links

# Why something is over, where nothing else ended it.
OVER: Final = "It is no longer so."
# The type of a notice that says that it is a test.
TEST: Final = "watch.test"
# Beside an address for mail, where the dashboard knows it beforehand.
NO_MAIL: Final = "cannot be told: no mail server is set"


class NotMailedError(ExpectedError):
    """The server for mail did not take it from us."""

    reason = "not-mailed"

    def __init__(self, error: Exception) -> None:
        super().__init__(f"The server for mail did not take it: {type(error).__name__}.")


class NoMailServerError(ExpectedError):
    """No refusal: somebody may set it while the notice waits."""

    sentence = "No mail server is set where manage.py watch runs."
    reason = "no-mail-server"


def send(notice: WatchNotice) -> None:
    """Tell it, once. It need not be kept.

    Raises ExpectedError.
    """
    if notice.way == NoticeWay.MAIL:
        _mail(notice)
    else:
        _post(notice)


@sensitive_variables("url", "secret", "destination")
def _post(notice: WatchNotice) -> None:
    url = vault.unseal(notice.sealed_url).decode()
    secret = vault.unseal(notice.sealed_secret).decode()
    destination = forwarding.read(url, is_plain_allowed=not settings.HTTPS_ONLY)
    stamp = notice.made_at.astimezone(UTC).isoformat(timespec="seconds")
    body = json.dumps({"type": notice.kind, "timestamp": stamp, "data": notice.told}).encode("ascii")
    allowed = networks_in(settings.WATCH_PRIVATE_ADDRESSES)
    forwarding.post(
        destination,
        body,
        [SigningKey.read(secret)],
        number=f"watch_{notice.number.hex}",
        content_type="application/json",
        resolve=lambda host, port: forwarding.public(host, port, allowed=allowed),
    )


def _mail(notice: WatchNotice) -> None:
    if not digest_mail.is_on():
        raise NoMailServerError
    told = notice.told
    subject, sentence = _words(notice)
    since = f"\nSince {told['since']}." if told["since"] else ""
    text = (
        f"{sentence}\n\nQueue: {told['queue']} in {told['account']}\nLast check: {told['found']}.{since}\n\n"
        f"{told['url']}\n\nYou asked for this with a watch: {links.absolute('watches')}\n"
    )
    try:
        # A name of a queue may hold anything; a subject is one line.
        one_line = " ".join(subject.split())[:200]
        EmailMessage(one_line, text, settings.EMAIL_FROM, [notice.mail_to]).send()
    except OSError as error:
        raise NotMailedError(error) from error


def _words(notice: WatchNotice) -> tuple[str, str]:
    """The subject, and what it is about."""
    told = notice.told
    match notice.kind:
        case NoticeKind.FIRED:
            return f"{told['queue']}: {told['found']}", f"It fires when {told['condition']}."
        case NoticeKind.RESOLVED:
            # Those of the version before say no reason: there was this one alone.
            over = f"It is no longer so that {told['condition']}."
            return f"{told['queue']}: over", told["because"] if told.get("because", OVER) != OVER else over
        case _:
            return f"A test of your watch on {told['queue']}", "This is a test. Nothing has happened."
