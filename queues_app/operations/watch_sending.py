"""A notice of a watch on its way: as a mail, or as a webhook that is signed as Standard Webhooks has it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from dashboard.proxies import networks_in
from queues_app import delivery, formats, mail, vault
from queues_app.delivery import SigningKey
from queues_app.expected import ExpectedError
from queues_app.models import NoticeKind, NoticeWay, WatchNotice
from queues_app.operations import links, watch_words
from queues_app.operations.watch_words import line

# The type of a notice that says that it is a test.
TEST: Final = "watch.test"
# The subjects of what its owner ended: whether it is resolved is not known.
_ENDED: Final = {watch_words.CHANGED: "watch changed", watch_words.REMOVED: "watch removed"}
# Of messages that a mail names.
_MOST_IDS: Final = 20
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
    told, zone = notice.told, notice.owner.tzinfo if notice.owner else UTC
    subject, sentence = _words(notice)
    known_at = f", at {formats.moment(_read(told, 'known_at'), zone)}" if told.get("known_at") else ""
    mark = f" ({told['environment']})" if told.get("environment") else ""
    facts = [
        f"Queue: {line(told['queue'])} in {line(told['account'])}{mark}",
        _times(notice, zone),
        f"Last check: {told['found']}{known_at}.",
        _named(told["message_ids"]),
        f"Times in {notice.owner.zone if notice.owner else 'UTC'}.",
    ]
    text = "\n\n".join(
        (
            sentence,
            "\n".join(filter(None, facts)),
            told["url"],
            f"You asked for this with a watch: {links.absolute('watches')}\n",
        )
    )
    mail.send(to=notice.mail_to, subject=subject, text=text)


def _named(ids: Sequence[str]) -> str:
    more = " and more" if len(ids) > _MOST_IDS else ""
    return f"Messages: {', '.join(map(line, ids[:_MOST_IDS]))}{more}." if ids else ""


def _times(notice: WatchNotice, zone: tzinfo) -> str:
    """Since when it fires, or from when until when it fired; nothing in a test, nor in what a version before made."""
    over_since, fired_at, resolved_at = (_read(notice.told, each) for each in ("over_since", "fired_at", "resolved_at"))
    if fired_at is None:
        return ""
    fired = formats.moment(fired_at, zone)
    match notice.kind:
        case NoticeKind.FIRED:
            if over_since is None or over_since == fired_at:
                return f"Fired at {fired}."
            return f"Over the limit since {formats.moment(over_since, zone)}, fired at {fired}."
        case NoticeKind.RESOLVED:
            # Where its owner ended it, it fired until then.
            until = resolved_at or notice.made_at
            lasted = formats.age_between(fired_at, until)
            return f"Fired for {lasted}, since {fired} until {formats.moment(until, zone)}."
        case _:
            return ""


def _read(told: Mapping[str, Any], name: str) -> datetime | None:
    stamp = told.get(name)
    return datetime.fromisoformat(stamp) if stamp else None


def _words(notice: WatchNotice) -> tuple[str, str]:
    """The subject, and what it is about."""
    told = notice.told
    # Others chose the name, and could else write lines of their own into a mail of ours.
    queue, condition = line(told["queue"]), watch_words.condition_line(told["condition"])
    queue = f"[{told['environment']}] {queue}" if told.get("environment") else queue
    match notice.kind:
        case NoticeKind.FIRED:
            return f"{queue}: {told['found']}", f"It fires when {condition}."
        case NoticeKind.RESOLVED:
            # Those of the version before say no reason: there was this one alone.
            because = told.get("because", watch_words.NO_LONGER)
            if because == watch_words.NO_LONGER:
                return f"{queue}: resolved", f"It is no longer so that {condition}."
            return f"{queue}: {_ENDED.get(because, 'watch ended')}", because
        case _:
            return f"{queue}: a test of your watch", "This is a test. Nothing has happened."
