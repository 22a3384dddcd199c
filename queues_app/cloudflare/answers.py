"""What the client returns: small frozen types. Nothing downstream touches JSON.

A number that is unknown is None, never 0. Whole numbers written as 3.0 are 3; what is no whole number at all
(3.5) is unknown: rounding would invent a value. Bodies, leases and refs have no repr.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Limit(StrEnum):
    """Which of Cloudflare's limits a call is counted against. GraphQL has one of its own, by their pages."""

    API = "api"
    GRAPHQL = "graphql"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What an answer's headers say about the credential's budget; each part may be unknown."""

    limit: int | None
    left: int | None
    resets_in_s: int | None


@dataclass(frozen=True, slots=True)
class Answer[T]:
    """A good answer. For a list of several pages: of the last page, with the time of all."""

    value: T
    status: int
    cf_ray: str | None
    duration_ms: int
    rate_limit: RateLimit | None
    received_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """What a token says about itself."""

    id: str | None
    status: str | None  # active | disabled | expired
    expires_on: datetime | None
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """An account the credential can see."""

    id: str
    name: str
    type: str | None  # standard | enterprise


@dataclass(frozen=True, slots=True)
class Producer:
    """Who sends: a Worker, an R2 bucket, or what else the type says."""

    type: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who receives. The type is open: worker, http_pull, notification and what may come."""

    id: str | None
    type: str
    script: str | None  # written `script` or `script_name` upstream
    dead_letter_queue: str | None  # its name
    batch_size: int | None
    max_retries: int | None
    retry_delay: int | None  # seconds
    visibility_timeout_ms: int | None
    max_concurrency: int | None  # None: automatic, or unknown
    max_wait_time_ms: int | None


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue. The totals are never less than the lists beside them."""

    id: str
    name: str
    created_at: datetime | None
    modified_at: datetime | None
    producers: tuple[Producer, ...]
    producers_total_count: int
    consumers: tuple[Consumer, ...]
    consumers_total_count: int
    delivery_delay: int | None  # seconds
    delivery_paused: bool
    message_retention_period: int | None  # seconds
    jurisdiction: str | None

    @property
    def consumer(self) -> Consumer | None:
        """The consumer: Cloudflare allows one of any type. None where the answer names none."""
        return self.consumers[0] if self.consumers else None


@dataclass(frozen=True, slots=True)
class Metrics:
    """Approximate, says Cloudflare. An oldest time of 0 upstream means unknown."""

    backlog_count: int | None
    backlog_bytes: int | None
    oldest_message_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stood on the wire.

    `body` is the string on the wire, still encoded as its content type says; when the wire value was not a
    string, its exact JSON text. `body_repaired` tells that the answer held what is no text (bytes that are
    not UTF-8, halves of a surrogate pair) and that U+FFFD stands in its place.
    """

    id: str
    body: str = field(repr=False)
    body_is_string: bool = True
    timestamp_ms: int | None = None  # since 1970, when it was published
    attempts: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    lease_id: str | None = field(default=None, repr=False)
    ref: str | None = field(default=None, repr=False)
    body_repaired: bool = False


@dataclass(frozen=True, slots=True)
class Messages:
    """One peek or pull. `skipped` counts the items that were no messages at all."""

    messages: tuple[Message, ...]
    backlog_count: int | None
    metrics: Metrics | None
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the leases. A count that was not told is None: success alone says nothing about it."""

    ack_count: int | None
    retry_count: int | None
    warnings: dict[str, str] = field(default_factory=dict, repr=False)  # lease id → text


@dataclass(frozen=True, slots=True)
class Extended:
    """Leases prolonged, each under a new lease id; `leases` maps message id → new lease id."""

    leases: dict[str, str] = field(default_factory=dict, repr=False)
    warnings: dict[str, str] = field(default_factory=dict, repr=False)  # old lease id → text


@dataclass(frozen=True, slots=True)
class Pushed:
    """Sent. Older answers say nothing more."""

    metrics: Metrics | None


@dataclass(frozen=True, slots=True)
class Purged:
    """Messages deleted by their refs. What is not named here is gone."""

    errors: tuple[str, ...]
    warnings: dict[str, str] = field(default_factory=dict, repr=False)  # ref → text


@dataclass(frozen=True, slots=True)
class EmptyStatus:
    """The last emptying of a whole queue. `completed` is None when the answer does not say."""

    started_at: datetime | None
    completed: bool | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Done:
    """A change whose answer holds nothing to read."""
