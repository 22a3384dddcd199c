"""A queue's settings and counts in words, as both the list and the page of one queue say them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from queues_app import bodies, formats
from queues_app.bodies import Segment
from queues_app.cloudflare import Consumer, Metrics, Queue
from queues_app.models import Account
from queues_app.models.credential import ACCOUNT_ID
from queues_app.operations.queues import Reading

type Shown = tuple[Segment, ...]

# Cloudflare's names have at most 63 characters; an upstream that lies does not stretch the page.
MOST_CHARACTERS: Final = 100
MOST_SEGMENTS: Final = 60
# Ids that a question or a bar names; beyond, it counts them.
MOST_IDS: Final = 12

# A message is losing when retention deletes it this soon; within the shorter time it is urgent.
LOSES_SOON: Final = timedelta(hours=24)
LOSES_NOW: Final = timedelta(hours=6)
# And only once it has used this much of its retention: where messages are kept for an hour, all are deleted soon.
LOSES_SHARE: Final = 0.5

_KINDS: Final = {"worker": "Worker", "http_pull": "HTTP pull"}


@dataclass(frozen=True, slots=True)
class StateWord:
    """Running, paused or unknown. `second` is what it was when it is not known now."""

    word: str
    icon: str
    tone: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class ConsumerWords:
    """Who receives: `kind` "HTTP pull" and `limit` "limit 5"; or nobody."""

    kind: Shown
    limit: str
    second: Shown
    is_nobody: bool = False


def problem_of(reading: Reading | None, zone: tzinfo, now: datetime) -> str:
    """Why counts could not be read, in a sentence, and from when on they may be asked for again; empty where they were.

    By the clock: a page that is looked at for a while would else say the same number of seconds all the time.
    """
    if reading is None or not reading.problem:
        return ""
    sentence, retry = reading.problem.removeprefix("Not asked: "), retry_of(reading, zone, now)
    return f"{sentence} Next try after {retry}." if retry else sentence


def retry_of(reading: Reading | None, zone: tzinfo, now: datetime) -> str:
    """From when on the clock allows the next try; empty where nothing said so, or that is over."""
    if reading is None or reading.retry_at is None or reading.retry_at <= now:
        return ""
    return formats.moment_or_clock(reading.retry_at, zone, now=now)


def not_listed(*, sees_all: bool) -> str:
    """Of a queue that is named and not in the list: what rules hide from its reader may well be in the account."""
    return "not in this account" if sees_all else "not among the queues you may see"


@dataclass(frozen=True, slots=True)
class AtLimit:
    """Where a message goes when its attempts are used up. `what`: queue, deleted, nothing, unknown.

    `missing`: the list of queues has none of that name, in words; empty where it has, or was never read.
    """

    what: str
    name: Shown = ()
    target: str = ""
    url: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ListedNames:
    """What `ids_by_name` made of an account's list, as far as its reader may see it; None for one never read.

    `sees_all`: no rule hides a queue of the account from them.
    """

    ids: Mapping[str, str] | None
    sees_all: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """Retention: the share of its time that the oldest message has used, and when that one is deleted.

    `tone` is loss, price or nothing. `loses_at` is set only when something is due within a day.
    """

    period: str
    share: float | None
    tone: str
    left: str
    loses_at: datetime | None = None


def shown(text: str) -> Shown:
    """A foreign name: cut, and with what no eye can see by its name."""
    return beginning(text, MOST_CHARACTERS, MOST_SEGMENTS)


def beginning(text: str, most_characters: int, most_segments: int) -> Shown:
    """The beginning of a foreign text, and a sign where it goes on."""
    found = bodies.show(text, most_characters, most_segments)
    return (*found.segments, Segment("text", "…")) if found.rest else found.segments


def plain(text: str) -> str:
    """What `shown` shows, where no mark-up can be: in titles, labels and sentences."""
    return "".join(one.text if one.kind == "text" else f"[{one.text}]" for one in shown(text))


def listed_ids(ids: Sequence[str]) -> str:
    """Message ids in one line, short; of many only the first, and how many more."""
    named = ", ".join(plain(formats.short_id(one)) for one in ids[:MOST_IDS])
    more = len(ids) - MOST_IDS
    return f"{named} and {more} more" if more > 0 else named


def is_id(text: str) -> bool:
    """Whether an upstream's id is one that a page of ours can have."""
    return ACCOUNT_ID.fullmatch(text) is not None


def ids_by_name(queues: Iterable[Queue]) -> dict[str, str]:
    """Queue name → id, for links; nothing for a name that two queues have, or one without a usable id."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for queue in queues:
        if queue.name in found:
            twice.add(queue.name)
        found[queue.name] = queue.id
    return {name: queue_id if name not in twice and is_id(queue_id) else "" for name, queue_id in found.items()}


def queue_url(account: Account, queue_id: str) -> str:
    """The page of a queue, or nothing for an id that is none."""
    return reverse("queue", args=[account.pk, queue_id]) if is_id(queue_id) else ""


def state_of(queue: Queue | None, *, is_stale: bool) -> StateWord:
    """The state as it was just read; a remembered one is only what it was."""
    if queue is None:
        return StateWord("Unknown", "unknown", "muted")
    if is_stale:
        return StateWord("Unknown", "unknown", "muted", "was paused" if queue.delivery_paused else "was running")
    return StateWord("Paused", "paused", "is-price") if queue.delivery_paused else StateWord("Running", "running")


def has_nobody(queue: Queue) -> bool:
    """Whether it is known that nobody consumes."""
    return not queue.consumers and queue.consumers_total_count == 0


def consumer_of(queue: Queue) -> ConsumerWords:
    """Who receives, and what binds them."""
    if has_nobody(queue):
        return ConsumerWords(shown("nobody"), "", (), is_nobody=True)
    consumer = queue.consumer
    if consumer is None:
        return ConsumerWords(shown("unknown"), "", shown(formats.plural(queue.consumers_total_count, "consumer")))
    limit = "limit unknown" if consumer.max_retries is None else f"limit {consumer.max_retries:,}"
    more = queue.consumers_total_count - 1
    second = _second(consumer)
    if more > 0:
        second = f"{second}, {more} more" if second else f"and {more} more"
    return ConsumerWords(shown(_KINDS.get(consumer.type, consumer.type)), limit, shown(second))


def _second(consumer: Consumer) -> str:
    if consumer.type == "http_pull":
        if consumer.visibility_timeout_ms is None:
            return "lease unknown"
        return f"lease {formats.duration_ms(consumer.visibility_timeout_ms)}"
    return consumer.script or ""


def at_limit_of(queue: Queue, account: Account, names: ListedNames) -> AtLimit:
    """Where messages go. Where no id is known for a name, the link searches the list."""
    if has_nobody(queue):
        return AtLimit("nothing")
    if queue.consumer is None:
        return AtLimit("unknown")
    target = queue.consumer.dead_letter_queue
    if target is None:
        return AtLimit("deleted")
    url = queue_url(account, (names.ids or {}).get(target, "")) or search_url(account, target)
    is_missing = names.ids is not None and target not in names.ids
    return AtLimit("queue", shown(target), target, url, not_listed(sees_all=names.sees_all) if is_missing else "")


def search_url(account: Account, name: str) -> str:
    """The list of queues, filtered by a name."""
    query = urlencode({"q": name[:MOST_CHARACTERS]}, errors="replace")
    return f"{reverse('queues', args=[account.pk])}?{query}"


def due_of(queue: Queue, metrics: Metrics | None, now: datetime) -> tuple[datetime | None, bool]:
    """When retention deletes the oldest message, where that is within a day, and whether it is urgent."""
    period_s = queue.message_retention_period
    if metrics is None or metrics.backlog_count == 0 or metrics.oldest_message_at is None or not period_s:
        return None, False
    return _due(metrics.oldest_message_at, period_s, now)


def _due(sent_at: datetime, period_s: int, now: datetime) -> tuple[datetime | None, bool]:
    used_s = max(0.0, (now - sent_at).total_seconds())
    left_s = period_s - used_s
    if used_s < period_s * LOSES_SHARE or left_s >= LOSES_SOON.total_seconds():
        return None, False
    return now + timedelta(seconds=left_s), left_s <= LOSES_NOW.total_seconds()


def kept_of(queue: Queue, metrics: Metrics | None, now: datetime) -> Kept:
    """How much of its retention the oldest message has used by now."""
    period_s = queue.message_retention_period
    period = formats.duration(period_s)
    if metrics is not None and metrics.backlog_count == 0:
        return Kept(period, 0.0, "", "nothing waits")
    if metrics is None or metrics.oldest_message_at is None or not period_s:
        return Kept(period, None, "", "age not read" if period_s else "period not told")
    return kept_since(metrics.oldest_message_at, period_s, now)


def kept_since(sent_at: datetime, period_s: int, now: datetime) -> Kept:
    """How much of its retention a message of that time has used by now, of `period_s` seconds, more than 0."""
    period = formats.duration(period_s)
    used_s = max(0.0, (now - sent_at).total_seconds())
    left_s = period_s - used_s
    share = min(1.0, used_s / period_s)
    left = f"{formats.age(left_s)} left" if left_s > 0 else "due now"
    loses_at, is_urgent = _due(sent_at, period_s, now)
    tone = ("loss" if is_urgent else "price") if loses_at else ""
    return Kept(period, share, tone, left, loses_at=loses_at)


def good_of(reading: Reading | None) -> tuple[Metrics | None, datetime | None]:
    """The last good counts and when they were read, whether or not the newest attempt brought them."""
    if reading is None:
        return None, None
    if reading.metrics is not None:
        return reading.metrics, reading.read_at
    return reading.earlier, reading.earlier_read_at


def ago(at: datetime | None, now: datetime) -> str:
    return "not read" if at is None else f"{formats.age_between(at, now)} ago"


def oldest_since(metrics: Metrics | None, zone: tzinfo, now: datetime) -> str:
    """When the oldest message was sent."""
    if metrics is None or metrics.oldest_message_at is None:
        return ""
    return formats.moment_or_clock(metrics.oldest_message_at, zone, now=now)
