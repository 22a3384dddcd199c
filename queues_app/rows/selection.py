"""The bar under the table: what can be done with the chosen rows, each verb with its own count."""

from dataclasses import dataclass
from functools import partial

from django.urls import reverse

from queues_app import access
from queues_app.access import Permission
from queues_app.models import Batch, Mode, User
from queues_app.operations import names


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One button. It posts the chosen positions, and `name` = `value`, to `url`.

    needs    which of the chosen rows it is about: chosen (all), leased (held by the reader), deletable (with a ref) or
             pair (both, when two are chosen)
    asks     whether a question comes first; else the answer is a page or a file of its own
    may_ask  whether a question may come first, for some of what can be chosen
    closed   why this person may not; the server refuses all the same
    after    what follows the count: "Return 2 now"
    """

    label: str
    icon: str
    url: str
    name: str = "verb"
    value: str = ""
    tone: str = ""
    needs: str = "chosen"
    asks: bool = True
    may_ask: bool = False
    closed: str = ""
    after: str = ""


def verbs_of(batch: Batch, user: User) -> tuple[Verb, ...]:
    """The verbs of a kept batch, in the order of the bar."""
    compare = Verb(
        label="Compare",
        name="compare",
        icon="compare",
        url=reverse("compare", args=[batch.account_id, batch.queue_id, batch.pk]),
        needs="pair",
        asks=False,
    )
    out = (_send_again(batch, user), _exporting(batch, user))
    if batch.owner_id != user.pk:
        return (compare, *out)
    changing = _settling(batch, user) if batch.mode == Mode.PULL else _deleting(batch, user)
    return (compare, *changing, *out)


def lease_verbs(user: User, *, everybody: bool) -> tuple[Verb, ...]:
    """The verbs of the ledger, for one's own leases or for everybody's."""
    closed = access.closed(user, Permission.SETTLE)
    if everybody and access.may(user, Permission.SETTLE_FOR_OTHERS):
        closed = ""
    return _leased(reverse("lease_acts"), closed)


def _send_again(batch: Batch, user: User) -> Verb:
    url = reverse("send_again", args=[batch.account_id, batch.queue_id, batch.pk])
    return Verb(
        label="Send",
        after="again",
        name="send",
        icon="send",
        url=url,
        asks=False,
        closed=access.closed(user, Permission.SEND, names.where(batch)),
    )


def _settling(batch: Batch, user: User) -> tuple[Verb, ...]:
    url = reverse("settle", args=[batch.account_id, batch.queue_id, batch.pk])
    return _leased(url, access.closed(user, Permission.SETTLE, names.where(batch)))


def _leased(url: str, closed: str) -> tuple[Verb, ...]:
    """What can be done with leases. To hold on harms nothing, nor does to give back what has attempts left."""
    leased = partial(Verb, url=url, needs="leased", closed=closed)
    return (
        leased(label="Return", after="now", icon="undo", value="return", asks=False, may_ask=True),
        leased(label="Extend", icon="clock", value="extend", asks=False),
        leased(label="Acknowledge", icon="check", value="ack", tone="danger"),
        leased(label="Retry", icon="retry", value="retry"),
    )


def _deleting(batch: Batch, user: User) -> tuple[Verb, ...]:
    url = reverse("delete", args=[batch.account_id, batch.queue_id, batch.pk])
    closed = access.closed(user, Permission.DELETE, names.where(batch))
    return (Verb(label="Delete", icon="bin", url=url, tone="danger", needs="deletable", closed=closed),)


def _exporting(batch: Batch, user: User) -> Verb:
    url = reverse("export", args=[batch.account_id, batch.queue_id, batch.pk])
    closed = access.closed(user, Permission.EXPORT, names.where(batch))
    return Verb(label="Export", icon="download", url=url, name="step", value="confirm", closed=closed)
