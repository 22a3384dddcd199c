"""What an endpoint is given: the request, who asks, and the objects its path names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from queues_app.sandbox import errors, fields, lifecycle
from queues_app.sandbox.errors import ApiError, Entry
from queues_app.sandbox.fields import Refuse
from queues_app.sandbox.identity import Identity
from queues_app.sandbox.store import Account, Queue, Store
from queues_app.sandbox.variants import Variants
from queues_app.sandbox.wire import Fields, Request

MISSING = object()
"""A result that the envelope leaves out altogether."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint gives back; the service puts it into the envelope."""

    result: object = None
    info: Fields | None = None
    messages: list[object] = field(default_factory=list)
    bare: Fields | None = None  # goes out without an envelope, as GraphQL answers


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through an endpoint. `found` maps the route's places to what stood there."""

    request: Request
    store: Store
    now_ms: int
    identity: Identity | None
    found: dict[str, str]
    account_: Account | None = None
    queue_: Queue | None = None

    @property
    def account(self) -> Account:
        if self.account_ is None:
            raise ApiError(errors.INTERNAL)
        return self.account_

    @property
    def queue(self) -> Queue:
        if self.queue_ is None:
            raise ApiError(errors.INTERNAL)
        return self.queue_

    @property
    def variants(self) -> Variants:
        return self.store.variants_for(self.account_, self.queue_)

    def body(self, malformed: Entry, refuse: Refuse) -> Fields:
        """The request's JSON object. `malformed` answers what is no JSON at all."""
        try:
            value = fields.parsed(self.request.body)
        except fields.MalformedError as reason:
            raise ApiError(malformed, pointer="", what="not JSON") from reason
        if not isinstance(value, dict):
            raise refuse(f"Expected object, received {fields.kind(value)}", "")
        return value

    def settle(self) -> None:
        """Bring the queue up to the present: after a change that can end a lease at once."""
        lifecycle.settle(self.store, self.account, self.queue, self.now_ms)

    def page(self, *, per_page: int, low: int, high: int) -> tuple[int, int]:
        """The page asked for and its size; anything that is no number or out of bounds is refused."""
        asked = self.request.parameters()
        return (
            _number(asked, "page", 1, 1, 1_000_000),
            _number(asked, "per_page", per_page, low, high),
        )


def paged[T](found: Sequence[T], page: int, per_page: int, shape: Callable[[T], Fields]) -> Answer:
    """One page of a list with its result_info; only what is on it is written."""
    shown = found[(page - 1) * per_page : page * per_page]
    return Answer(
        [shape(one) for one in shown],
        info={
            "page": page,
            "per_page": per_page,
            "count": len(shown),
            "total_count": len(found),
            "total_pages": -(-len(found) // per_page),
        },
    )


def _number(asked: dict[str, list[str]], name: str, default: int, low: int, high: int) -> int:
    given = asked.get(name, [str(default)])[-1]
    # isdecimal alone would let in digits of other scripts, which int() reads but no API does.
    if not (given.isascii() and given.isdecimal() and len(given) < 8 and low <= int(given) <= high):
        raise ApiError(errors.BAD_REQUEST, what=f"{name} must be between {low} and {high}")
    return int(given)
