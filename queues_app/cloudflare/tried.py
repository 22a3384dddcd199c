"""One try of a call, as an observer is told of it: no id of Cloudflare's, no secret, no body."""

from dataclasses import dataclass
from enum import StrEnum

from queues_app.cloudflare import errors
from queues_app.cloudflare.answers import Limit, RateLimit


class Came(StrEnum):
    """What came of a try."""

    OK = "ok"  # a good answer
    REFUSED = "refused"  # an answer that says no; or held back by us, near the rate limit
    FAILED = "failed"  # never sent, trouble inside Cloudflare, or an answer that cannot be read
    LOST = "lost"  # sent, and no whole answer; nothing can have happened by it
    UNKNOWN = "unknown"  # no good answer, and it may have happened all the same


@dataclass(frozen=True, slots=True)
class Tried:
    """`operation` is the client's method; `status` is None without an answer, `error` None with a good one.

    `credential` is the caller's own word for what it was asked with; `rate_limit` what the answer said of that.
    """

    operation: str
    status: int | None
    duration_ms: int
    error: errors.CloudflareError | None
    credential: str = ""
    rate_limit: RateLimit | None = None
    limit: Limit = Limit.API  # what the call is counted against

    @property
    def was_held_back(self) -> bool:
        """Nothing was sent: our own limit held."""
        return isinstance(self.error, errors.Throttled)

    @property
    def came(self) -> Came:
        match self.error:
            case None:
                return Came.OK
            case errors.CloudflareError(may_have_happened=True):
                return Came.UNKNOWN
            case errors.AnswerLost():
                return Came.LOST
            case errors.ServerFault():
                return Came.FAILED
            case errors.Declined() | errors.Throttled():
                return Came.REFUSED
            case _:
                return Came.FAILED
