"""What goes into the sandbox and what comes out: requests, responses and the envelope."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

type Fields = dict[str, Any]
"""A JSON object, as parsed or as about to be written."""

_FILLER = b" " * 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `path` is as sent, without the query; header names are kept in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", {name.lower(): value for name, value in self.headers.items()})

    def parameters(self) -> dict[str, list[str]]:
        try:
            return parse_qs(self.query, keep_blank_values=True, max_num_fields=500)
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, and how an adapter has to misbehave while sending it.

    wait              seconds to let pass before the first byte
    filler            spaces sent ahead of the body (they keep JSON valid, and are never all in memory)
    declared_length   a Content-Length that lies; the connection is closed after the body
    drip_pause        seconds between pieces of `drip_bytes` bytes
    ending            "whole": as HTTP wants; "hangup": closed without an answer; "reset": the same, by RST
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    wait: float = 0.0
    filler: int = 0
    declared_length: int | None = None
    drip_bytes: int = 16
    drip_pause: float = 0.0
    ending: str = "whole"

    @property
    def content_length(self) -> int:
        return self.filler + len(self.body) if self.declared_length is None else self.declared_length

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces: single drops when it drips, otherwise as large as is handy."""
        left = self.filler
        while left > 0:
            yield _FILLER[: min(left, len(_FILLER))]
            left -= len(_FILLER)
        if self.drip_pause:
            for at in range(0, len(self.body), self.drip_bytes):
                yield self.body[at : at + self.drip_bytes]
        elif self.body:
            yield self.body

    def json(self) -> Any:
        return json.loads(self.body)


def dumps(value: object) -> bytes:
    """Compact UTF-8 JSON; lone surrogates, which UTF-8 cannot hold, go out as escapes."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def envelope(result: object, *, info: Fields | None = None, messages: list[object] | None = None) -> Fields:
    """The success envelope of the fact sheet, 1.1."""
    whole: Fields = {"success": True, "errors": [], "messages": messages or [], "result": result}
    if info is not None:
        whole["result_info"] = info
    return whole


def rfc3339(at_ms: int) -> str:
    """Milliseconds since 1970 as the API writes times: 2022-10-30T16:05:14.966372Z."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
