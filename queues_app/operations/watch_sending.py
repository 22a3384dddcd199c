"""A notice of a watch on its way: as a mail, or as a webhook that is signed as Standard Webhooks has it."""

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Final

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from dashboard.proxies import networks_in
from queues_app import delivery, mail, vault
from queues_app.delivery import SigningKey
from queues_app.expected import ExpectedError
from queues_app.models import NoticeKind, NoticeWay, WatchNotice
from queues_app.operations import links, watch_words
from queues_app.operations.watch_words import line

# Why something is over, where nothing else ended it.
OVER: Final = "It is no longer so."
# The type of a notice that says that it is a test.
TEST: Final = "watch.test"
# Beside an address for mail, where the dashboard knows it beforehand.
NO_MAIL: Final = "cannot be told: no mail server is set"


class NoMailServerError(ExpectedError):
    """No refusal: somebody may set it while the notice waits."""

    sentence = "No mail server is set where manage.py watch runs."
    reason = "no-mail-server"


def send(notice: WatchNotice) -> int | None:
    """Tell it, once. It need not be kept. What a webhook answered; of a mail nothing is known but that it was taken.

    Raises ExpectedError.
    """
    if notice.way == NoticeWay.MAIL:
        _mail(notice)
        return None
    return _post(notice)


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host that a webhook may be at.

    Raises UnreachableError, SlowNameError, PrivateAddressError.
    """
    return delivery.public(host, port, allowed=networks_in(settings.WATCH_PRIVATE_ADDRESSES))


def is_refused(host: str) -> bool:
    """Whether a webhook may not be at this host, as far as its looks say: it is resolved when something is sent."""
    return delivery.is_inner(host, allowed=networks_in(settings.WATCH_PRIVATE_ADDRESSES))


@sensitive_variables("url", "secret", "destination")
def _post(notice: WatchNotice) -> int:
    url = vault.unseal(notice.sealed_url).decode()
    secret = vault.unseal(notice.sealed_secret).decode()
    destination = delivery.read(url, is_plain_allowed=not settings.HTTPS_ONLY)
    stamp = notice.made_at.astimezone(UTC).isoformat(timespec="seconds")
    body = json.dumps({"type": notice.kind, "timestamp": stamp, "data": notice.told}).encode("ascii")
    return delivery.post(
        destination,
        body,
        [SigningKey.read(secret)],
        number=f"watch_{notice.number.hex}",
        content_type="application/json",
        resolve=resolve,
    )


def _mail(notice: WatchNotice) -> None:
    if not mail.is_on():
        raise NoMailServerError
    told = notice.told
    subject, sentence = _words(notice)
    ids = told["message_ids"]
    more = " and more" if len(ids) > watch_words.MOST_IDS else ""
    named = f"\nMessages: {', '.join(map(line, ids[: watch_words.MOST_IDS]))}{more}." if ids else ""
    since = f"\nSince {told['since']}." if told["since"] else ""
    text = (
        f"{sentence}\n\nQueue: {line(told['queue'])} in {line(told['account'])}\nLast check: {told['found']}."
        f"{named}{since}\n\n{told['url']}\n\nYou asked for this with a watch: {links.absolute('watches')}\n"
    )
    mail.send(to=notice.mail_to, subject=subject, text=text)


def _words(notice: WatchNotice) -> tuple[str, str]:
    """The subject, and what it is about."""
    told = notice.told
    # Others chose the name, and could else write lines of their own into a mail of ours.
    queue, condition = line(told["queue"]), watch_words.condition_line(told["condition"])
    match notice.kind:
        case NoticeKind.FIRED:
            return f"{queue}: {told['found']}", f"It fires when {condition}."
        case NoticeKind.RESOLVED:
            # Those of the version before say no reason: there was this one alone.
            over = f"It is no longer so that {condition}."
            return f"{queue}: over", told["because"] if told.get("because", OVER) != OVER else over
        case _:
            return f"A test of your watch on {queue}", "This is a test. Nothing has happened."
