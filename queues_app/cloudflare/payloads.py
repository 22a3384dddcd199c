"""What the client is asked to send, checked before it leaves."""

# ruff: noqa: N818 - named in the same way as the errors of errors.py

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

_HEX_ID = re.compile(r"[0-9a-f]{32}")


class MalformedId(ValueError):
    """An id that cannot stand in a path. A mistake of the program: forms and URLs check before."""


def hex_id(value: str, what: str) -> str:
    """The id itself, safe to stand in a path: 32 lowercase hex digits.

    Raises MalformedId.
    """
    if not _HEX_ID.fullmatch(value):
        raise MalformedId(f"The {what} id is not 32 lowercase hex digits.")
    return value


@dataclass(frozen=True, slots=True)
class Retry:
    """Give one leased message back. Without a delay the consumer's own applies; 0 overrides it."""

    lease_id: str = field(repr=False)
    delay_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send: text as it is, or a JSON text that is sent digit by digit as written.

    Raises ValueError when a body of type json is no JSON, or a text cannot be written as UTF-8.
    """

    body: str = field(repr=False)
    content_type: Literal["text", "json"] = "text"
    delay_seconds: int | None = None

    def __post_init__(self) -> None:
        self.body.encode()
        self.payload()

    def payload(self) -> dict[str, Any]:
        """As the API takes it."""
        payload: dict[str, Any] = {"body": self.body, "content_type": self.content_type}
        if self.content_type == "json":
            payload["body"] = _verbatim(self.body)
        if self.delay_seconds is not None:
            payload["delay_seconds"] = self.delay_seconds
        return payload


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """Settings of a queue; None leaves one out."""

    delivery_delay: int | None = None  # seconds
    delivery_paused: bool | None = None
    message_retention_period: int | None = None  # seconds

    def payload(self) -> dict[str, Any]:
        """As the API takes it."""
        return without_none(
            {
                "delivery_delay": self.delivery_delay,
                "delivery_paused": self.delivery_paused,
                "message_retention_period": self.message_retention_period,
            }
        )


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """A consumer to make or replace; None leaves a setting out. `script` belongs to type worker only."""

    type: Literal["worker", "http_pull"]
    script: str | None = None
    dead_letter_queue: str | None = None  # its name; made by Cloudflare when it does not exist
    batch_size: int | None = None
    max_retries: int | None = None
    retry_delay: int | None = None  # seconds
    visibility_timeout_ms: int | None = None
    max_concurrency: int | None = None
    max_wait_time_ms: int | None = None

    def payload(self) -> dict[str, Any]:
        """As the API takes it: the request's name for the script is script_name, whatever answers call it."""
        return without_none(
            {
                "type": self.type,
                "script_name": self.script,
                "dead_letter_queue": self.dead_letter_queue,
                "settings": without_none(
                    {
                        "batch_size": self.batch_size,
                        "max_retries": self.max_retries,
                        "retry_delay": self.retry_delay,
                        "visibility_timeout_ms": self.visibility_timeout_ms,
                        "max_concurrency": self.max_concurrency,
                        "max_wait_time_ms": self.max_wait_time_ms,
                    }
                ),
            }
        )


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not given: null means something else upstream than absence."""
    return {name: value for name, value in values.items() if value is not None}


def _verbatim(text: str) -> msgspec.Raw:
    try:
        raw = text.encode()
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (ValueError, RecursionError):
        raise ValueError("The body is not valid JSON.") from None
    return msgspec.Raw(raw)
