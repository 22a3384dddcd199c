"""Where the known facts about the API disagree: which side the sandbox plays.

Set for the whole sandbox, an account or a queue; the narrowest wins. Numbers in brackets are those of
section 8 of the fact sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Variants:
    json_bodies: str = "plain"  # plain | base64 | mixed | object: how a json body stands on the wire [1]
    script_field: str = "script"  # script | script_name: what names a Worker in a consumer [2]
    counts: str = "numbers"  # numbers | null: counts of queues and backlogs
    numbers: str = "integers"  # integers | floats: 5 or 5.0
    write_result: str = "full"  # full | null | missing: the result of push, batch and delete
    purge_result: str = "status"  # status | queue: the result of emptying a queue [8]
    emptying: int = 0  # seconds that emptying a queue takes
    emptying_pace: str = "gradual"  # gradual | at_end: when its messages go meanwhile
    empty_completed: str = "string"  # string | bool | timestamp | silent: how the status says that it is done [8]
    late_acks: str = "warned"  # warned | accepted: an acknowledgement after the lease has lapsed [5]
    limit_rule: str = "retries"  # retries: first delivery + max_retries | attempts: max_retries in all [13]
    peek: str = "available"  # available | absent: absent answers 404, as an account that has no peek yet
    peek_leased: bool = True  # whether peek shows messages that somebody has leased
    peek_delayed: bool = False  # whether peek shows messages that are delayed
    metrics_error: int = 0  # by how many messages the backlog count may be off, either way
    consumer_delay: int = 0  # seconds before a new http_pull consumer can pull
    analytics: str = "full"  # full | no_delayed | partial | empty: which datasets answer, for an account
    queues_per_page: int = 20  # the default of per_page in the list of queues


CHOICES: dict[str, tuple[str, ...]] = {
    "json_bodies": ("plain", "base64", "mixed", "object"),
    "script_field": ("script", "script_name"),
    "counts": ("numbers", "null"),
    "numbers": ("integers", "floats"),
    "write_result": ("full", "null", "missing"),
    "purge_result": ("status", "queue"),
    "emptying_pace": ("gradual", "at_end"),
    "empty_completed": ("string", "bool", "timestamp", "silent"),
    "late_acks": ("warned", "accepted"),
    "limit_rule": ("retries", "attempts"),
    "peek": ("available", "absent"),
    "analytics": ("full", "no_delayed", "partial", "empty"),
}
_KINDS = {field.name: field.type for field in fields(Variants)}


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values, or ValueError with a sentence that names the first wrong one."""
    for name, value in values.items():
        kind = _KINDS.get(name)
        if kind is None:
            message = f"there is no variant {name!r}"
            raise ValueError(message)
        allowed = CHOICES.get(name)
        if allowed is not None and value not in allowed:
            message = f"{name} is one of {', '.join(allowed)}"
            raise ValueError(message)
        if allowed is None and type(value) is not kind:
            message = f"{name} is written as {kind!r}"
            raise ValueError(message)
        if isinstance(value, int) and value < 0:
            message = f"{name} is not negative"
            raise ValueError(message)
    return dict(values)


def overlaid(*layers: Mapping[str, Any]) -> Variants:
    """The variants after each layer, widest first, has had its say."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged.update(layer)
    return replace(Variants(), **merged)
