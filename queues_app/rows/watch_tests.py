"""How a test of a watch went: of which watch, whom it was for, and what they answered."""

from collections.abc import Iterable
from http import HTTPStatus

from queues_app.expected import ExpectedError
from queues_app.models import NoticeWay, Watch
from queues_app.operations import watch_words
from queues_app.operations.watches import Tried
from queues_app.rows.queue_words import plain


def sent(watch: Watch, tried: Iterable[Tried]) -> str:
    """`Test of the watch on orders (more than 2 messages wait): https://hooks.example.com/… answered 204.`"""
    return f"Test of {_which(watch)}: {' '.join(_one(watch, each) for each in tried)}"


def not_sent(watch: Watch, why: ExpectedError) -> str:
    """Of one that was not tried at all."""
    return f"Nothing was sent for {_which(watch)}. {why.sentence}"


def _which(watch: Watch) -> str:
    return f"the watch on {plain(watch.queue_name)} ({plain(watch_words.condition(watch))})"


def _one(watch: Watch, tried: Tried) -> str:
    whom = watch.mail_to if tried.way == NoticeWay.MAIL else watch.webhook_place
    if tried.error:
        why = tried.error.sentence
        return f"It did not arrive at {whom}: {why[:1].lower()}{why[1:]}"
    if tried.status is None:
        return f"The server for mail took the one to {whom}."
    phrase = f" ({HTTPStatus(tried.status).phrase})" if tried.status in set(HTTPStatus) else ""
    return f"{whom} answered {tried.status}{phrase}."
