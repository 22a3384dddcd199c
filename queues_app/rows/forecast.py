"""What stands beside the Pull button: the price of any pull, or the forecast of this one."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse

from queues_app import formats
from queues_app.cloudflare import Consumer, Queue
from queues_app.models import Batch, Mode
from queues_app.operations.ending import end_of
from queues_app.operations.forecast import Forecast
from queues_app.rows.queue_words import AtLimit, plain

RACE = "A Worker consumes this queue: what you see here it may take at any moment."
PAUSED_RACE = "A Worker consumes this queue; delivery is paused, so it takes nothing until somebody resumes it."
_BEST_EFFORT = "Order is best effort: the pull may bring others."


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Sentence one says what the pull uses; the amber one ends in a `name` that stands out and may be empty.

    `name_url` is where the name leads, and `doubt` says that it stands for nothing. `source` and what follows it are
    empty without a forecast. `entry` is the entry of its peek.
    """

    uses: str
    icon: str = ""
    text: str = ""
    name: str = ""
    name_url: str = ""
    doubt: str = ""
    notes: tuple[str, ...] = ()
    source: str = ""
    at_ms: int = 0
    age: str = ""
    rest: str = ""
    url: str = ""
    entry: int | None = None
    # The number of messages that a forecast is for.
    asked: int = 0

    def to(self, goes: AtLimit) -> "Price":
        """The same, with the way to the dead-letter queue that it names; a warning where there is none of that name."""
        if not self.name or goes.what != "queue":
            return self
        doubt = f"That queue is {goes.missing}: what becomes of them then is unknown." if goes.missing else ""
        return replace(self, name_url=goes.url, doubt=doubt)


def race_of(queue: Queue | None) -> str:
    """The warning where a Worker takes messages while somebody looks, or would if delivery were not paused."""
    if queue is None or not any(consumer.type == "worker" for consumer in queue.consumers):
        return ""
    return PAUSED_RACE if queue.delivery_paused else RACE


def price_of(consumer: Consumer | None) -> Price:
    """The price of any pull, as far as nothing was looked at."""
    if consumer is None or consumer.max_retries is None:
        icon, text, name = "unknown", "How many attempts are allowed, and where they go then, is unknown.", ""
    else:
        icon, text, name = _limit(consumer.max_retries, consumer.dead_letter_queue or "")
        text = text[0].upper() + text[1:]
    return Price(
        uses="Uses one attempt of each.",
        icon=icon,
        text=text,
        name=name,
        notes=("Leased to you until settled or lapsed; a lapsed one comes back with the attempt used.",),
    )


def forecast_of(forecast: Forecast, *, shown: Batch | None, now: datetime) -> Price:
    """The price of this pull. `shown` is the batch on the page: to that one leads no link."""
    batch = forecast.batch
    icon, text, name = _last(forecast)
    left_out = f", {forecast.left_out} leased left out" if forecast.left_out else ""
    return Price(
        uses=_uses(forecast),
        icon=icon,
        text=text,
        name=name,
        notes=tuple(_notes(forecast)),
        source=f"Forecast from your {'preview' if batch.mode == Mode.PREVIEW else 'peek'}",
        at_ms=formats.epoch_ms(batch.fetched_at),
        age=formats.age_between(batch.fetched_at, now),
        rest=f"{left_out}. {_BEST_EFFORT}",
        url="" if batch == shown else reverse("batch", args=[batch.account_id, batch.queue_id, batch.pk]),
        entry=batch.entry_id,
        asked=forecast.asked,
    )


def _uses(forecast: Forecast) -> str:
    if not forecast.expected:
        return "Brings nothing, as far as could be seen."
    if forecast.expected == 1:
        return "Uses one attempt of about 1 message."
    nearly = "about" if len(forecast.attempts) >= forecast.expected else "up to"
    return f"Uses one attempt of each of {nearly} {forecast.expected}."


def _last(forecast: Forecast) -> tuple[str, str, str]:
    """Icon, sentence and name: which messages are on their last attempt, and where they go then."""
    limit, target, seen = forecast.limit, forecast.dead_letter_queue, len(forecast.attempts)
    if not seen:
        return "", "", ""
    if limit is None:
        return "unknown", "How many attempts are allowed, and so which are on their last, is unknown.", ""
    known = [used for used in forecast.attempts if used is not None]
    # The pull is the next delivery of each.
    ends = [end_of(used + 1, limit) for used in known]
    will, may = ends.count("will"), ends.count("may")
    last = will + may
    icon, at_limit, name = _limit(limit, target)
    if not known:
        return icon, f"How many attempts they have used is unknown; {at_limit}", name
    if not last:
        none = "This one is not" if seen == 1 else f"None of these {seen} is"
        return icon, f"{none}{' known to be' if len(known) < seen else ''} on its last; {at_limit}", name
    which = "This one" if seen == 1 else f"{last} of these {seen}"
    whole = f"{which} {'is on its' if last == 1 else 'are on their'} last"
    if target:
        go = "goes" if will == 1 else "go"
        it = "it" if last == 1 else "they"
        goes = f"{will} {go} and {may} may go" if will and may else f"{it} may go" if may else f"{it} {go}"
        return icon, f"{whole}: unless acknowledged, {goes} to", name
    ends_so = f"{will} will and {may} may be" if will and may else "may be" if may else "will be"
    return icon, f"{whole} and, unless acknowledged, {ends_so} deleted: no dead-letter queue", ""


def _limit(limit: int, target: str) -> tuple[str, str, str]:
    if target:
        return "tray", f"at the limit of {limit} they go to", plain(target)
    return "bin", f"at the limit of {limit} they will be deleted: no dead-letter queue", ""


def _notes(forecast: Forecast) -> list[str]:
    """What is not known, and why."""
    seen, asked = len(forecast.attempts), forecast.asked
    notes = []
    if forecast.is_cut and seen < asked:
        notes.append(f"Only {seen} could be seen; of the others nothing is known.")
    elif seen < asked:
        notes.append(f"{seen} of the {asked} could be seen; delayed ones and what others hold may be missing.")
    untold = sum(1 for used in forecast.attempts if used is None)
    if 0 < untold < seen:
        notes.append(f"The attempts of {untold} of them are unknown.")
    limit = forecast.limit
    if limit is not None and any(used is not None and end_of(used + 1, limit) == "may" for used in forecast.attempts):
        notes.append(f"May: Cloudflare's pages disagree whether the limit of {limit} counts the first delivery.")
    return notes
