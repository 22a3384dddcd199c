"""What a queue did over time, from Cloudflare's GraphQL analytics.

One query asks for all datasets of one queue. Its text is one of a few that stand here; everything else travels as a
variable. What was counted is sampled and approximate, and a queue that nobody writes or reads has no rows at all: so
a missing bucket is a gap, never zero.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

import msgspec

from queues_app.cloudflare import wire
from queues_app.cloudflare.answers import Answer, Limit
from queues_app.cloudflare.asking import Asking
from queues_app.cloudflare.auth import Auth
from queues_app.cloudflare.caller import Call, Parts
from queues_app.cloudflare.diagnosis import GRAPHQL_PATH
from queues_app.cloudflare.errors import InvalidRequest
from queues_app.cloudflare.payloads import hex_id
from queues_app.cloudflare.wire import NULL

# Nothing older is answered: 31 days by some reports, 30 by others.
LONGEST: Final = timedelta(days=30)
# Rows that one dataset gives out at most.
MOST_ROWS: Final = 10_000
# A bucket of operations has a row for each kind of operation and outcome that came up.
_MOST_BUCKETS: Final = 1_000


class Step(Enum):
    """How finely time is cut. The value is the name of the dimension."""

    MINUTE = "datetimeMinute"
    FIVE_MINUTES = "datetimeFiveMinutes"
    HOUR = "datetimeHour"
    DAY = "date"

    @property
    def seconds(self) -> int:
        """The length of a bucket."""
        return _SECONDS[self]


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS: Final = {Step.MINUTE: 60, Step.FIVE_MINUTES: 300, Step.HOUR: 3600, Step.DAY: 86_400}


def step_for(since: datetime, until: datetime, points: int) -> Step:
    """The finest step that cuts this time into no more than so many buckets; a day where none is coarse enough."""
    seconds = (until - since).total_seconds()
    most = max(1, min(points, _MOST_BUCKETS))
    return next((step for step in Step if seconds / step.seconds <= most), Step.DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePoint:
    """One bucket. What is None was not told.

    Where any operation of a bucket was counted, a kind of operation that has no row there is 0.
    """

    at: datetime  # its beginning, UTC
    messages: float | None = None  # the backlog, on the average
    bytes: float | None = None
    delayed: float | None = None  # messages that wait for their delay
    concurrency: float | None = None  # consumers at work at once, on the average
    written: int | None = None
    read: int | None = None
    deleted: int | None = None  # with any outcome
    dead_lettered: int | None = None  # of the deleted: moved to the dead-letter queue
    failed: int | None = None  # of the deleted: given up without a dead-letter queue
    billable: int | None = None
    lag_ms: float | None = None  # from sending to being read or deleted, on the average
    retries: float | None = None  # of a message that was read or deleted, on the average


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueHistory:
    """The buckets that hold something, oldest first; what lies between two of them is a gap."""

    since: datetime
    until: datetime
    step_s: int
    points: tuple[QueuePoint, ...]
    missing: tuple[str, ...] = ()  # of backlog, delayed, consumer, operations: what the answer left out
    is_cut: bool = False  # there was more than one answer holds: the oldest buckets were left out


# Which members each dataset is asked for. The delayed backlog is in no page of the documentation.
_DATASETS: Final = {
    "backlog": ("queueBacklogAdaptiveGroups", "avg { messages bytes }", ""),
    "delayed": ("queueDelayedBacklogAdaptiveGroups", "avg { messages }", ""),
    "consumer": ("queueConsumerMetricsAdaptiveGroups", "avg { concurrency }", ""),
    "operations": (
        "queueMessageOperationsAdaptiveGroups",
        "count sum { billableOperations } avg { lagTime retryCount }",
        "actionType outcome",
    ),
}
_SURE: Final = tuple(name for name in _DATASETS if name != "delayed")


def _query(names: tuple[str, ...], step: Step) -> str:
    asked = "\n".join(
        f"""      {name}: {_DATASETS[name][0]}(
        limit: {MOST_ROWS}
        filter: {{queueId: $queueId, datetime_geq: $since, datetime_leq: $until}}
        orderBy: [{step.value}_DESC]
      ) {{ {_DATASETS[name][1]} dimensions {{ at: {step.value} {_DATASETS[name][2]} }} }}"""
        for name in names
    )
    return f"""query QueueHistory($accountTag: string!, $queueId: string!, $since: Time!, $until: Time!) {{
  viewer {{
    accounts(filter: {{accountTag: $accountTag}}) {{
{asked}
    }}
  }}
}}"""


_QUERIES: Final = {(names, step): _query(names, step) for names in (tuple(_DATASETS), _SURE) for step in Step}


class AnalyticsCalls(Asking):
    """The part of the client that asks for analytics."""

    def analytics(
        self, auth: Auth, *, account_id: str, queue_id: str, since: datetime, until: datetime, step: Step
    ) -> Answer[QueueHistory]:
        """What a queue did between two moments. Needs a permission of its own: Account Analytics: Read.

        Where the account does not know the delayed backlog, it is asked once more without it.
        """
        variables = {
            "accountTag": hex_id(account_id, "account"),
            "queueId": hex_id(queue_id, "queue"),
            "since": written(since),
            "until": written(until),
        }
        deadline = self._caller.deadline()

        def ask(names: tuple[str, ...]) -> Answer[QueueHistory]:
            return self._caller.call(
                auth,
                ANALYTICS,
                {},
                lambda parts: _read(parts, since, until, step),
                payload={"query": _QUERIES[names, step], "variables": variables},
                deadline=deadline,
            )

        try:
            return ask(tuple(_DATASETS))
        except InvalidRequest as error:
            if error.reason != "analytics-field-unknown":
                raise
        return ask(_SURE)


ANALYTICS: Final = Call("analytics", "POST", GRAPHQL_PATH, harmless=True, limit=Limit.GRAPHQL)


def written(moment: datetime) -> str:
    """A moment as a variable of a query."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Data(msgspec.Struct):
    viewer: msgspec.Raw = NULL


class _Viewer(msgspec.Struct):
    accounts: msgspec.Raw = NULL


class _Row(msgspec.Struct):
    count: msgspec.Raw = NULL
    sum: msgspec.Raw = NULL
    avg: msgspec.Raw = NULL
    dimensions: msgspec.Raw = NULL


class _Dimensions(msgspec.Struct, rename="camel"):
    at: msgspec.Raw = NULL
    action_type: msgspec.Raw = NULL
    outcome: msgspec.Raw = NULL


class _Numbers(msgspec.Struct, rename="camel"):
    messages: msgspec.Raw = NULL
    bytes: msgspec.Raw = NULL
    concurrency: msgspec.Raw = NULL
    billable_operations: msgspec.Raw = NULL
    lag_time: msgspec.Raw = NULL
    retry_count: msgspec.Raw = NULL


_data = msgspec.json.Decoder(_Data)
_viewer = msgspec.json.Decoder(_Viewer)
_row = msgspec.json.Decoder(_Row)
_dimensions = msgspec.json.Decoder(_Dimensions)
_numbers = msgspec.json.Decoder(_Numbers)


@dataclass(frozen=True, slots=True)
class _Read:
    """One row as it was read."""

    at: datetime
    action: str
    outcome: str
    count: int | None
    sums: _Numbers
    averages: _Numbers


type _Facts = dict[str, Any]


def _read(parts: Parts, since: datetime, until: datetime, step: Step) -> QueueHistory | None:
    account = datasets_of(parts.data)
    if account is None:
        return None
    buckets: defaultdict[datetime, _Facts] = defaultdict(dict)
    missing, is_cut = [], False
    for name, take in _TAKES.items():
        raw = account.get(name, NULL)
        found = None if wire.is_null(raw) else wire.items(raw)
        if found is None:
            missing.append(name)
            continue
        by_bucket = _by_bucket(found, step)
        if len(found) >= MOST_ROWS and by_bucket:
            # Newest first: of the oldest bucket some rows may be beyond the end.
            is_cut = True
            del by_bucket[min(by_bucket)]
        for at, rows in by_bucket.items():
            buckets[at] |= take(rows)
    if account and len(missing) == len(_TAKES):
        return None
    points = (
        QueuePoint(at=at, **facts)
        for at, facts in sorted(buckets.items())
        if at < until and at + timedelta(seconds=step.seconds) > since
    )
    return QueueHistory(
        since=since,
        until=until,
        step_s=step.seconds,
        points=tuple(points),
        missing=tuple(missing),
        is_cut=is_cut,
    )


def datasets_of(data: msgspec.Raw) -> Mapping[str, msgspec.Raw] | None:
    """The datasets of the account; none of them where the answer knows no such account."""
    top = wire.struct(_data, data)
    viewer = wire.struct(_viewer, top.viewer) if top else None
    if viewer is None or wire.is_null(viewer.accounts):
        return None
    accounts = wire.items(viewer.accounts)
    if accounts is None:
        return None
    return wire.members(accounts[0]) if accounts else {}


def _by_bucket(found: list[msgspec.Raw], step: Step) -> dict[datetime, list[_Read]]:
    """Rows by their bucket, whatever moment of it they say, so that there are no more buckets than the time has steps.

    One whose time cannot be read is left out, for it belongs nowhere.
    """
    length = timedelta(seconds=step.seconds)
    buckets: dict[datetime, list[_Read]] = {}
    for raw in found:
        row = wire.struct(_row, raw) or _Row()
        dimensions = wire.struct(_dimensions, row.dimensions) or _Dimensions()
        at = wire.moment(dimensions.at)
        if at is None:
            continue
        at -= (at - _EPOCH) % length
        buckets.setdefault(at, []).append(
            _Read(
                at=at,
                action=wire.name(dimensions.action_type) or "",
                outcome=wire.name(dimensions.outcome) or "",
                count=wire.integer(row.count),
                sums=wire.struct(_numbers, row.sum) or _Numbers(),
                averages=wire.struct(_numbers, row.avg) or _Numbers(),
            )
        )
    return buckets


def _backlog(rows: list[_Read]) -> _Facts:
    return {"messages": wire.number(rows[0].averages.messages), "bytes": wire.number(rows[0].averages.bytes)}


def _delayed(rows: list[_Read]) -> _Facts:
    return {"delayed": wire.number(rows[0].averages.messages)}


def _consumer(rows: list[_Read]) -> _Facts:
    return {"concurrency": wire.number(rows[0].averages.concurrency)}


def _operations(rows: list[_Read]) -> _Facts:
    deleted = [row for row in rows if row.action == "DeleteMessage"]
    # What was deleted has had all its tries; where nothing was, what was read says how late it was.
    seen = deleted or [row for row in rows if row.action == "ReadMessage"]
    return {
        "written": _total(row.count for row in rows if row.action == "WriteMessage"),
        "read": _total(row.count for row in rows if row.action == "ReadMessage"),
        "deleted": _total(row.count for row in deleted),
        "dead_lettered": _total(row.count for row in deleted if row.outcome == "dlq"),
        "failed": _total(row.count for row in deleted if row.outcome == "fail"),
        "billable": _total(wire.integer(row.sums.billable_operations) for row in rows),
        "lag_ms": _weighed(seen, lambda row: row.averages.lag_time),
        "retries": _weighed(seen, lambda row: row.averages.retry_count),
    }


_TAKES: Final[Mapping[str, Callable[[list[_Read]], _Facts]]] = {
    "backlog": _backlog,
    "delayed": _delayed,
    "consumer": _consumer,
    "operations": _operations,
}


def _total(counts: Iterable[int | None]) -> int | None:
    """A sum; unknown where one of its parts is, or beyond what is believed."""
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total if total <= wire.LARGEST else None


def _weighed(rows: list[_Read], member: Callable[[_Read], msgspec.Raw]) -> float | None:
    """The average over rows that are averages themselves, each with the weight of its count."""
    known = [(row.count, value) for row in rows if row.count and (value := wire.number(member(row))) is not None]
    total = sum(count for count, _ in known)
    return sum(count * value for count, value in known) / total if total else None
