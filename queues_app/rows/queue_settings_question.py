"""The questions before a queue's delivery or consumer is changed."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from queues_app import formats
from queues_app.cloudflare import Consumer, Queue
from queues_app.forms.queue_settings import ConsumerForm, TimesForm
from queues_app.models import Account
from queues_app.operations.queue_settings import PULL, PullSettings, changes, fingerprint, settings_of, times_of
from queues_app.operations.queues import Reading, SeenList
from queues_app.rows.dead_letter_notes import dead_letter_notes
from queues_app.rows.queue_settings import pause_means, urls_of
from queues_app.rows.queue_words import good_of, plain

NAMES: Final = {
    "batch_size": "Batch size",
    "max_retries": "Max retries",
    "retry_delay": "Retry delay",
    "visibility_timeout_ms": "Visibility timeout",
    "dead_letter_queue": "Dead-letter queue",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Asked before anything is sent. `told` is label and value; `hidden` goes along with the answer.

    `tone` is the act's button: price, primary or destroy. `must_type` is shown as the name to type; or empty.
    `closed` says why there is nothing to do, and then there is only the way back.
    """

    title: str
    sentence: str
    told: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    hidden: tuple[tuple[str, str], ...]
    act: str
    icon: str
    tone: str
    url: str
    back: str
    environment: str
    intent: str
    must_type: str = ""
    typed: str = ""
    typed_error: str = ""
    closed: str = ""


def pause_question(account: Account, queue: Queue, reading: Reading | None, now: datetime) -> Question:
    return _question(
        account,
        queue,
        "pause",
        title="Pause delivery?",
        sentence=pause_means(queue, reading, now),
        act="Pause delivery",
        icon="paused",
        tone="price",
        closed="Delivery is paused already." if queue.delivery_paused else "",
    )


def add_question(account: Account, queue: Queue, form: ConsumerForm, seen: SeenList) -> Question:
    """`seen`: the queues of the account as they were last listed, as far as the person may see them."""
    wanted = form.wanted()
    set_to = tuple((NAMES[name], _word(name, getattr(wanted, name))) for name in NAMES)
    return _question(
        account,
        queue,
        "add",
        title="Add an HTTP pull consumer?",
        sentence=(
            "From then on messages can be pulled, and no Worker can be attached while it is there. "
            "It takes some seconds until the first pull works: until then Cloudflare says that pull is not enabled."
        ),
        told=set_to,
        notes=dead_letter_notes(queue, wanted.dead_letter_queue, seen),
        hidden=_typed(form),
        act="Add consumer",
        icon="pull",
        tone="primary",
        closed="The queue has a consumer already, and it can have only one of any type." if queue.consumers else "",
    )


def edit_question(account: Account, queue: Queue, form: ConsumerForm, seen: SeenList) -> Question:
    """`seen` as for adding one."""
    before = settings_of(queue.consumer) if queue.consumer else PullSettings()
    wanted = form.wanted()
    changed = changes(before, wanted)
    told = tuple((NAMES[name], f"{_word(name, was)} → {_word(name, to)}") for name, (was, to) in changed.items())
    closed = "" if changed else "Nothing differs from what is set."
    if queue.consumer is None or fingerprint(queue.consumer) != form.cleaned_data["seen"]:
        closed = "The consumer was changed meanwhile. Look again first."
    elif queue.consumer.type != PULL:
        closed = "Only an HTTP pull consumer can be changed here."
    return _question(
        account,
        queue,
        "edit",
        title="Change the consumer?",
        sentence="It holds for whoever pulls from this queue, from the next delivery on. The other settings stay.",
        told=told,
        notes=_consequences(changed, queue, seen),
        hidden=_typed(form),
        act="Change consumer",
        icon="check",
        tone="price",
        closed=closed,
    )


_FROM_WHEN: Final = {
    "delivery_delay": "The delay holds for every message that is sent from then on, whoever sends it.",
    "message_retention_period": "The retention may hold at once, also for messages that wait already.",
}


def times_question(account: Account, queue: Queue, form: TimesForm, reading: Reading | None, now: datetime) -> Question:
    changed = changes(times_of(queue), form.wanted())
    labels = {"delivery_delay": "Delay", "message_retention_period": "Retention"}
    closed = "" if changed else "Nothing differs from what is set."
    if fingerprint(times_of(queue)) != form.cleaned_data["seen"]:
        closed = "Delay or retention were changed meanwhile. Look again first."
    is_shorter = _is_shorter(*changed.get("message_retention_period", (None, None)))
    return _question(
        account,
        queue,
        "times",
        title="Change delay and retention?",
        sentence=" ".join(_FROM_WHEN[name] for name in changed),
        told=tuple(
            (labels[name], f"{formats.duration(was)} → {formats.duration(to)}") for name, (was, to) in changed.items()
        ),
        notes=_lost_by(changed["message_retention_period"][1], reading, now) if is_shorter else (),
        hidden=tuple((name, form.data.get(name, "")) for name in ("seen", *form.SETTINGS)),
        act="Change queue",
        icon="check",
        tone="destroy" if is_shorter else "price",
        closed=closed,
    )


def _is_shorter(was: int | None, to: int | None) -> bool:
    return to is not None and (was is None or to < was)


def _lost_by(period_s: int, reading: Reading | None, now: datetime) -> tuple[str, ...]:
    """What a shorter retention may delete at once, with the oldest message as evidence."""
    period = formats.duration(period_s)
    note = f"Messages that have waited longer than {period} may be deleted at once, and cannot be brought back."
    good, _ = good_of(reading)
    oldest_at = good.oldest_message_at if good else None
    if oldest_at is None:
        return (note,)
    waited = f"The oldest has waited {formats.age_between(oldest_at, now)}."
    return note, waited


def name_to_type(consumer: Consumer | None) -> str:
    """A Worker that would receive nothing any more is named by hand first; an HTTP pull consumer needs no name."""
    if consumer is None or consumer.type == PULL:
        return ""
    # As it is shown: what no eye can see, nobody can type.
    return plain(consumer.script or consumer.type)


def remove_question(account: Account, queue: Queue, *, seen: str, typed: str = "", typed_error: str = "") -> Question:
    consumer = queue.consumer
    name = name_to_type(consumer)
    if consumer is None or fingerprint(consumer) != seen:
        closed = "The consumer was changed meanwhile, or is gone. Look again first."
    else:
        closed = ""
    if not name:
        sentence = (
            "Nothing can be pulled any more. The messages stay. Leases that exist stay too, but cannot be settled: "
            "those messages come back when their lease ends, with the attempt used."
        )
    elif consumer is not None and consumer.type == "worker":
        sentence = (
            f"The Worker {name} receives nothing from this queue any more. The messages stay and wait until retention "
            "deletes them. It is attached again by deploying that Worker, or with wrangler; not from here."
        )
    else:
        sentence = (
            f"The consumer {name} receives nothing from this queue any more. The messages stay and wait until "
            "retention deletes them. It is attached again at Cloudflare; not from here."
        )
    return _question(
        account,
        queue,
        "remove",
        title=f"Remove the consumer {name}?" if name else "Remove the HTTP pull consumer?",
        sentence=sentence,
        hidden=(("seen", seen),),
        act="Remove consumer",
        icon="bin",
        tone="destroy",
        must_type=name,
        typed=typed,
        typed_error=typed_error,
        closed=closed,
    )


def _question(
    account: Account,
    queue: Queue,
    url: str,
    *,
    told: tuple[tuple[str, str], ...] = (),
    hidden: tuple[tuple[str, str], ...] = (),
    **words: Any,
) -> Question:
    urls = urls_of(account, queue.id)
    return Question(
        told=(("Queue", plain(queue.name)), ("Account", account.name), *told),
        hidden=hidden,
        url=urls[url],
        back=urls["settings"],
        environment=account.environment,
        intent=str(uuid.uuid4()),
        **words,
    )


def _typed(form: ConsumerForm) -> tuple[tuple[str, str], ...]:
    return tuple((name, form.data.get(name, "")) for name in ("seen", *form.SETTINGS))


def _word(name: str, value: Any) -> str:
    if name == "dead_letter_queue":
        return plain(value) or "none"
    if value is None:
        return "Cloudflare's default"
    if name == "retry_delay":
        return formats.duration(value)
    return formats.duration_ms(value) if name == "visibility_timeout_ms" else str(value)


def _consequences(changed: dict[str, tuple[Any, Any]], queue: Queue, seen: SeenList) -> tuple[str, ...]:
    notes: list[str] = []
    if "max_retries" in changed:
        was, to = changed["max_retries"]
        if was is not None and to is not None and to > was:
            notes.append(
                "A higher limit keeps messages longer from the dead-letter queue, or from deletion where there is none."
            )
        elif to is not None:
            notes.append(
                "With a lower limit, messages that were tried so often already move to the dead-letter queue with "
                "their next failure, or are deleted where there is none."
            )
    if "dead_letter_queue" in changed:
        notes.extend(dead_letter_notes(queue, changed["dead_letter_queue"][1], seen))
    if "visibility_timeout_ms" in changed:
        notes.append("Leases that exist keep their time.")
    return tuple(notes)
