"""The bar under the table: what can be done with the chosen rows, each verb with its own count."""

from dataclasses import dataclass

from django.urls import reverse

from queues_app import access
from queues_app.access import Permission
from queues_app.models import Batch, Mode, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One button. It posts the chosen positions, and `name` = `value`, to `url`.

    needs    which of the chosen rows it is about: chosen (all), leased (held by the reader) or deletable (with a ref)
    asks     whether a question comes first; else the answer is a page or a file of its own
    closed   why this person may not; the server refuses all the same
    """

    label: str
    icon: str
    url: str
    name: str = "verb"
    value: str = ""
    tone: str = ""
    needs: str = "chosen"
    asks: bool = True
    closed: str = ""


def verbs_of(batch: Batch, user: User) -> tuple[Verb, ...]:
    """The verbs of a kept batch, in the order of the bar."""
    return (*(_settling(batch, user) if batch.mode == Mode.PULL else ()), _send_again(batch, user))


def _send_again(batch: Batch, user: User) -> Verb:
    url = reverse("send_again", args=[batch.account_id, batch.queue_id, batch.pk])
    return Verb(label="Send again", icon="send", url=url, asks=False, closed=_closed(user, Permission.SEND))


def _settling(batch: Batch, user: User) -> tuple[Verb, ...]:
    url = reverse("settle", args=[batch.account_id, batch.queue_id, batch.pk])
    closed = _closed(user, Permission.SETTLE)
    return (
        Verb(label="Acknowledge", icon="check", url=url, value="ack", tone="danger", needs="leased", closed=closed),
        Verb(label="Retry", icon="retry", url=url, value="retry", needs="leased", closed=closed),
    )


def _closed(user: User, permission: Permission) -> str:
    return "" if access.may(user, permission) else access.why_not(permission)
