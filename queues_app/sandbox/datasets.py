"""The four datasets of the queue analytics: filtered, grouped, added up, ordered and cut (fact sheet, 4)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from queues_app.sandbox.graphql import EnumValue, Field, QueryError
from queues_app.sandbox.history import HOUR_MS, KEPT_MS, MINUTE_MS, Period
from queues_app.sandbox.wire import Fields

MOST_ROWS = 10_000
_DAY_MS = 24 * HOUR_MS
WIDEST_MS = 31 * _DAY_MS


@dataclass(frozen=True, slots=True)
class Fact:
    """What one period of one queue adds to a dataset: where it belongs, and what it weighs."""

    queue_id: str
    at_ms: int
    weight: float  # how many samples or operations stand behind it
    words: Mapping[str, str] = field(default_factory=dict)  # dimensions that are no time
    averages: Mapping[str, float] = field(default_factory=dict)
    sums: Mapping[str, float] = field(default_factory=dict)
    largest: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    facts: Callable[[str, Period], Iterator[Fact]]
    members: Mapping[str, tuple[str, ...]]  # avg, sum, max → what they hold
    words: tuple[str, ...] = ()
    has_count: bool = False


_TIMES: dict[str, int] = {
    "datetime": MINUTE_MS,
    "datetimeMinute": MINUTE_MS,
    "datetimeFiveMinutes": 5 * MINUTE_MS,
    "datetimeFifteenMinutes": 15 * MINUTE_MS,
    "datetimeHour": HOUR_MS,
    "date": _DAY_MS,
}


def _backlog(queue_id: str, one: Period) -> Iterator[Fact]:
    averages = {"messages": max(0.0, one.levels.messages), "bytes": max(0.0, one.levels.bytes)}
    yield Fact(queue_id, one.start_ms, one.length_ms, averages=averages)


def _delayed(queue_id: str, one: Period) -> Iterator[Fact]:
    yield Fact(queue_id, one.start_ms, one.length_ms, averages={"messages": max(0.0, one.levels.delayed)})


def _consumer(queue_id: str, one: Period) -> Iterator[Fact]:
    if one.concurrency is not None:
        yield Fact(queue_id, one.start_ms, one.length_ms, averages={"concurrency": one.concurrency})


def _operations(queue_id: str, one: Period) -> Iterator[Fact]:
    for (action, consumer, outcome), tally in one.operations.items():
        if tally.count:
            yield Fact(
                queue_id,
                one.start_ms,
                tally.count,
                words={"actionType": action, "consumerType": consumer, "outcome": outcome},
                averages={
                    "lagTime": tally.lag_ms / tally.count,
                    "retryCount": tally.retries / tally.count,
                    "sampleInterval": 1,
                },
                sums={"billableOperations": tally.billable, "bytes": tally.bytes},
                largest={"messageSize": tally.largest},
            )


DATASETS: dict[str, Dataset] = {
    "queueBacklogAdaptiveGroups": Dataset(_backlog, {"avg": ("messages", "bytes")}),
    "queueDelayedBacklogAdaptiveGroups": Dataset(_delayed, {"avg": ("messages",)}),
    "queueConsumerMetricsAdaptiveGroups": Dataset(_consumer, {"avg": ("concurrency",)}),
    "queueMessageOperationsAdaptiveGroups": Dataset(
        _operations,
        {
            "avg": ("lagTime", "retryCount", "sampleInterval"),
            "sum": ("billableOperations", "bytes"),
            "max": ("messageSize",),
        },
        words=("actionType", "consumerType", "outcome"),
        has_count=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One dataset as it is asked for, checked."""

    field: Field
    dataset: Dataset
    dimensions: tuple[str, ...]
    limit: int
    order: tuple[tuple[str, bool], ...]
    filter: Fields
    first_ms: int
    last_ms: int

    @property
    def names_queues(self) -> bool:
        """Whether it asks for some queues only."""
        return any(name.startswith("queueId") for name in self.filter)

    def wants(self, queue_id: str) -> bool:
        """Whether the filter lets this queue through, whatever else it says."""
        return _fits({name: value for name, value in self.filter.items() if name.startswith("queueId")}, queue_id, {})


def asked(one: Field, now_ms: int) -> Question:
    """Read a field of the account as a question.

    Raises QueryError.
    """
    dataset = DATASETS.get(one.name)
    if dataset is None:
        raise QueryError(f'unknown field "{one.name}"')
    if not one.fields:
        raise QueryError("object field must have selections")
    dimensions = _checked(one, dataset)
    unknown = sorted(set(one.arguments) - {"limit", "filter", "orderBy"})
    if unknown:
        raise QueryError(f'unknown arg "{unknown[0]}"')
    limit = one.arguments.get("limit")
    if not isinstance(limit, int) or isinstance(limit, bool) or not 0 < limit <= MOST_ROWS:
        raise QueryError(f"limit must be positive number and not greater than {MOST_ROWS}")
    given = one.arguments.get("filter")
    if not isinstance(given, dict):
        raise QueryError("error parsing args: filter is required")
    read = _filter(given, dataset)
    first_ms, last_ms = _range(read, now_ms)
    return Question(one, dataset, dimensions, limit, _order(one, dataset), read, first_ms, last_ms)


def rows(question: Question, periods: Iterable[tuple[str, Period]]) -> list[Fields]:
    """The rows that answer it, over the periods of every queue that it wants."""
    groups: dict[tuple[Any, ...], list[Fact]] = {}
    for queue_id, period in periods:
        for fact in question.dataset.facts(queue_id, period):
            values = _values(fact)
            if _fits(question.filter, fact.queue_id, values):
                groups.setdefault(tuple(values[name] for name in question.dimensions), []).append(fact)
    whole = [_added(dict(zip(question.dimensions, key, strict=True)), facts) for key, facts in groups.items()]
    for path, descending in reversed(question.order):
        whole.sort(key=lambda row: _at(row, path), reverse=descending)
    return [_selected(question.field, row) for row in whole[: question.limit]]


def _checked(one: Field, dataset: Dataset) -> tuple[str, ...]:
    """The dimensions it is grouped by; every field it selects has to be one of the dataset."""
    dimensions: list[str] = []
    for part in one.fields:
        known = {**dataset.members, "dimensions": ("queueId", *_TIMES, *dataset.words)}
        if part.name == "count" and dataset.has_count:
            if part.fields:
                raise QueryError("scalar fields must have not selections")
            continue
        if part.name not in known:
            raise QueryError(f'unknown field "{part.name}"')
        for leaf in part.fields:
            if leaf.name not in known[part.name]:
                raise QueryError(f'unknown field "{leaf.name}"')
            if part.name == "dimensions":
                dimensions.append(leaf.name)
    return tuple(dict.fromkeys(dimensions))


_COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda has, wanted: has == wanted,
    "neq": lambda has, wanted: has != wanted,
    "gt": lambda has, wanted: has > wanted,
    "geq": lambda has, wanted: has >= wanted,
    "lt": lambda has, wanted: has < wanted,
    "leq": lambda has, wanted: has <= wanted,
    "in": lambda has, wanted: has in wanted,
}


def _filter(given: Fields, dataset: Dataset) -> Fields:
    """The filter with its times as milliseconds."""
    read: Fields = {}
    for name, value in given.items():
        if name in ("AND", "OR"):
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                raise QueryError(f"error parsing args: {name} is a list of filters")
            read[name] = [_filter(item, dataset) for item in value]
            continue
        dimension, _, compare = name.partition("_")
        if compare not in _COMPARES or dimension not in {"queueId", *_TIMES, *dataset.words}:
            raise QueryError(f'unknown arg "{name}"')
        values = value if compare == "in" and isinstance(value, list) else [value]
        checked = [_time(name, item) if dimension in _TIMES else _word(name, item) for item in values]
        read[name] = checked if compare == "in" else checked[0]
    return read


def _time(name: str, value: object) -> int:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise QueryError(f"error parsing args: {name} is no time")
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _word(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise QueryError(f"error parsing args: {name} is no string")
    return value


def _range(read: Fields, now_ms: int) -> tuple[int, int]:
    """From when to when; what is older than the history, or wider than one answer, is refused."""
    first = [value for name, value in read.items() if name.partition("_")[0] in _TIMES and name.endswith(("geq", "gt"))]
    last = [value for name, value in read.items() if name.partition("_")[0] in _TIMES and name.endswith(("leq", "lt"))]
    exact = [value for name, value in read.items() if name in _TIMES]
    first_ms = min(first + exact, default=0)
    last_ms = max(last + [value + _DAY_MS for value in exact], default=now_ms)
    if first_ms < now_ms - KEPT_MS - MINUTE_MS:
        raise QueryError("cannot request data older than 4w3d", code="quota")
    if last_ms - first_ms > WIDEST_MS + MINUTE_MS:
        raise QueryError("cannot request a time range wider than 4w3d", code="quota")
    return first_ms, last_ms


def _order(one: Field, dataset: Dataset) -> tuple[tuple[str, bool], ...]:
    given = one.arguments.get("orderBy", [])
    order = []
    for item in given if isinstance(given, list) else [given]:
        if not isinstance(item, EnumValue):
            raise QueryError("error parsing args: orderBy is a list of names")
        name, _, direction = item.rpartition("_")
        group, _, member = name.partition("_")
        known = name in {"queueId", *_TIMES, *dataset.words} or (name == "count" and dataset.has_count)
        if direction not in ("ASC", "DESC") or not (known or member in dataset.members.get(group, ())):
            raise QueryError(f'unknown enum value "{item}"')
        order.append((name, direction == "DESC"))
    return tuple(order)


def _values(fact: Fact) -> dict[str, Any]:
    times = {name: fact.at_ms // length_ms * length_ms for name, length_ms in _TIMES.items()}
    return {"queueId": fact.queue_id, **times, **fact.words}


def _fits(filters: Fields, queue_id: str, values: Mapping[str, Any]) -> bool:
    for name, wanted in filters.items():
        if name == "AND":
            fits = all(_fits(one, queue_id, values) for one in wanted)
        elif name == "OR":
            fits = any(_fits(one, queue_id, values) for one in wanted)
        else:
            dimension, _, compare = name.partition("_")
            has = queue_id if dimension == "queueId" else values[dimension]
            fits = _COMPARES[compare](has, wanted)
        if not fits:
            return False
    return True


def _added(dimensions: Fields, facts: list[Fact]) -> Fields:
    weight = sum(fact.weight for fact in facts)
    first = facts[0]
    return {
        "dimensions": dimensions,
        "count": round(weight),
        "avg": {name: sum(fact.averages[name] * fact.weight for fact in facts) / weight for name in first.averages},
        "sum": {name: sum(fact.sums[name] for fact in facts) for name in first.sums},
        "max": {name: max(fact.largest[name] for fact in facts) for name in first.largest},
    }


def _at(row: Fields, path: str) -> Any:
    if path == "count":
        return row["count"]
    group, _, member = path.partition("_")
    return row[group][member] if member else row["dimensions"].get(path, 0)


def _selected(one: Field, row: Fields) -> Fields:
    shown: Fields = {}
    for part in one.fields:
        if part.name == "count":
            shown[part.alias] = row["count"]
        else:
            shown[part.alias] = {leaf.alias: _shown(leaf.name, row[part.name][leaf.name]) for leaf in part.fields}
    return shown


def _shown(name: str, value: Any) -> Any:
    if name == "date":
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d")
    if name in _TIMES:
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
