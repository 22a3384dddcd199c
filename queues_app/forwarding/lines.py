"""What a line says. docs/operations.md tells the fields; what is there now keeps its name and meaning in version 1.

A line is JSON in plain ASCII: line ends, NUL and whatever else a name can hold are escaped, so none of it can end
a line or a frame.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import UUID

VERSION: Final = 1

# What is told of an entry: its columns, but for `intent` and `signature`, which mean something here only.
FIELDS: Final = (
    "at",
    "completed_at",
    "action",
    "outcome",
    "user_id",
    "user_name",
    "client_address",
    "request_id",
    "credential_id",
    "credential_label",
    "credential_owner_id",
    "credential_owner",
    "credential_team",
    "environment",
    "account_id",
    "account_name",
    "queue_id",
    "queue_name",
    "parameters",
    "reason",
    "remark",
    "asked",
    "status",
    "code",
    "message_count",
    "message_ids",
    "backlog_count",
    "backlog_read_at",
    "duration_ms",
    "cf_ray",
    "batch_id",
)
# What a line that is too long goes without, in this order; `left_out` names it.
_DISPENSABLE: Final = ("message_ids", "parameters")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: where it stands in the chain (0 for a test), what it is about, and what it says."""

    position: int
    at: datetime
    action: str
    is_good: bool
    told: Mapping[str, Any]

    @classmethod
    def of_entry(
        cls, *, source: str, position: int, entry: int, signature: str, columns: Mapping[str, Any] | None
    ) -> Self:
        """Of a link of the chain. Without columns the entry is gone: nothing but that is told."""
        place = {"position": position, "entry": entry, "receipt": f"R-{entry}", "link": signature}
        if columns is None:
            told = {**_head("gone", source), **place}
            return cls(position, datetime.now(UTC), "audit.gone", is_good=False, told=told)
        told = {**_head("entry", source), **place, "complete": columns["completed_at"] is not None}
        return cls(
            position,
            columns["completed_at"] or columns["at"],
            columns["action"],
            is_good=columns["outcome"] == "ok",
            told={**told, **{name: columns[name] for name in FIELDS}},
        )

    @classmethod
    def test(cls, *, source: str, at: datetime, user_name: str) -> Self:
        """One that somebody asked for, to see whether it arrives."""
        told = {**_head("test", source), "at": at, "user_name": user_name}
        return cls(0, at, "audit.forward_test", is_good=True, told=told)

    def text(self, *, most: int | None = None, before: Mapping[str, Any] | None = None) -> str:
        """As JSON, without an end. Not longer than `most` where that can be had by leaving something out."""
        told = {**(before or {}), **self.told}
        written = _encode(told)
        for name in _DISPENSABLE:
            if most is None or len(written) <= most or name not in told:
                break
            told[name] = None
            told["left_out"] = [*told.get("left_out", ()), name]
            written = _encode(told)
        return written


def stamp(moment: datetime) -> str:
    """A moment, as every line tells it: UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _head(kind: str, source: str) -> dict[str, Any]:
    """What every line begins with; `source` tells one Queuescope from another, whose positions are the same."""
    return {"version": VERSION, "kind": kind, "source": source}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is nothing that a line can hold")


_encode: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=_text).encode
