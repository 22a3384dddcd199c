"""The Peek and Pull card: two forms, the price between them, and the reason in words where one is closed.

The queue page and the batch page both include `templates/messages/look.html` with a `look` made here.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from queues_app import access, formats
from queues_app.access import Permission, Place
from queues_app.cloudflare import Consumer, Queue
from queues_app.forms.messages import PeekForm, PullForm
from queues_app.models import Account, Batch, Mode, User
from queues_app.operations.forecast import Forecast
from queues_app.rows.forecast import Price, forecast_of, price_of, race_of
from queues_app.rows.queue_words import ListedNames, at_limit_of

DEFAULT_LEASE_MS: Final = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One field: what stands in it, and what is wrong with it."""

    value: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Both halves. A half is closed when its `…_closed` says why; the server refuses all the same."""

    peek_url: str
    peek_intent: str
    peek_word: str
    peek_size: Typed
    peek_closed: str
    peek_error: str
    pull_url: str
    pull_intent: str
    pull_size: Typed
    pull_lease: Typed
    pull_closed: str
    # Where what closes a pull can be changed; empty where it is the person's role, or nothing is known.
    settings_url: str
    pull_error: str
    price: Price
    # Where a forecast is asked for, or read again for another number of messages. The button is there unless the
    # batch on the page tells all; the first focus asks by itself unless something is shown already.
    forecast_url: str
    has_button: bool
    asks_itself: bool
    # Said where a Worker takes messages too; not at the moment where delivery is paused.
    race: str
    is_race_on: bool


def look_of(
    *,
    user: User,
    account: Account,
    queue_id: str,
    queue: Queue | None,
    names: ListedNames,
    shown: Batch | None = None,
    peek_form: PeekForm | None = None,
    pull_form: PullForm | None = None,
    forecast: Forecast | None = None,
) -> Look:
    """The card for a queue.

    `queue` is None when it could not be read: then Pull is closed, because its price is not known. `names`
    are the queues that the person may see. `shown` is the batch on the page, which lends its sizes. A bound form with
    errors lends what was typed. With a `forecast` the price is that of this pull.
    """
    consumer = queue.consumer if queue is not None else None
    peeked = shown if shown is not None and shown.mode != Mode.PULL else None
    pulled = shown if shown is not None and shown.mode == Mode.PULL else None
    lease_ms = (pulled.visibility_timeout_ms if pulled else None) or (
        consumer.visibility_timeout_ms if consumer else None
    )
    # While the queue cannot be read only the roles are known; the server asks again for the rules.
    here = Place.of(account, queue.name if queue else None)
    peek_closed = access.closed(user, Permission.PEEK, here)
    pull_barred = access.closed(user, Permission.PULL, here)
    pull_closed = pull_barred or _why_no_pull(queue, consumer)
    may_ask = not (peek_closed or pull_closed)
    is_set_so = bool(pull_closed) and queue is not None and not pull_barred
    return Look(
        peek_url=reverse("peek", args=[account.pk, queue_id]),
        peek_intent=str(uuid.uuid4()),
        peek_word="Peek again" if peeked else "Peek",
        peek_size=_typed(peek_form, "batch_size", peeked.asked_for if peeked else settings.PEEK_BATCH_SIZE),
        peek_closed=peek_closed,
        peek_error=_error(peek_form, "intent"),
        pull_url=reverse("pull", args=[account.pk, queue_id]),
        pull_intent=str(uuid.uuid4()),
        pull_size=_typed(pull_form, "batch_size", pulled.asked_for if pulled else settings.PULL_BATCH_SIZE),
        pull_lease=_typed(pull_form, "visibility_timeout", formats.duration((lease_ms or DEFAULT_LEASE_MS) // 1000)),
        pull_closed=pull_closed,
        settings_url=reverse("queue_settings", args=[account.pk, queue_id]) if is_set_so else "",
        pull_error=_error(pull_form, "intent"),
        price=_price(account, queue, names, forecast, shown),
        forecast_url=reverse("forecast", args=[account.pk, queue_id]),
        has_button=may_ask and (forecast is None or forecast.batch != shown),
        # Whose form came back has had the fields in hand before.
        asks_itself=may_ask and forecast is None and pull_form is None,
        race=race_of(queue),
        is_race_on=queue is not None and not queue.delivery_paused,
    )


def _price(
    account: Account,
    queue: Queue | None,
    names: ListedNames,
    forecast: Forecast | None,
    shown: Batch | None,
) -> Price:
    if forecast is not None:
        price = forecast_of(forecast, shown=shown, now=timezone.now())
    else:
        price = price_of(queue.consumer if queue else None)
    return price.to(at_limit_of(queue, account, names)) if queue is not None else price


def _typed(form: PeekForm | PullForm | None, name: str, otherwise: object) -> Typed:
    if form is None:
        return Typed(value=str(otherwise))
    return Typed(value=form.data.get(name, ""), error=_error(form, name))


def _error(form: PeekForm | PullForm | None, name: str) -> str:
    errors = form.errors.get(name) if form is not None else None
    return str(errors[0]) if errors else ""


def _why_no_pull(queue: Queue | None, consumer: Consumer | None) -> str:
    """What of the queue itself stands against a pull, in words, or nothing."""
    if queue is None:
        return "The queue could not be read just now, so the price of a pull is not known."
    if consumer is None:
        return (
            "Nothing can be pulled: this queue has no HTTP pull consumer; it can be given one in its settings. "
            "A peek needs none."
        )
    if consumer.type != "http_pull":
        kind = "a Worker" if consumer.type == "worker" else f"of the type {consumer.type}"
        return f"Nothing can be pulled: its consumer is {kind}, not HTTP pull. A peek works all the same."
    if queue.delivery_paused:
        return "Delivery is paused, so nothing can be pulled. A peek works all the same."
    return ""
