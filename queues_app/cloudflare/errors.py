"""What can go wrong with a call to Cloudflare.

CloudflareError
├── Throttled                 we held back ourselves: the rate limit is (nearly) used up; nothing was sent
├── NoAnswer
│   ├── NotSent               connect, DNS, TLS, no free connection: nothing left this machine
│   └── AnswerLost            timed out, reset or cut after sending: it may have happened
├── BadAnswer
│   ├── Unreadable            HTML, cut JSON, a null or missing result where one is needed, a wrong shape
│   ├── TooLarge              more bytes than the cap
│   └── Redirected            3xx; redirects are never followed
└── Declined                  an answer that says no
    ├── InvalidCredential     the token or key is malformed, unknown, expired or switched off
    ├── NotPermitted          a good credential without this permission
    ├── NotFound              no such account, queue, consumer or route
    ├── PullNotEnabled        the queue has no HTTP pull consumer
    ├── DeliveryPaused        delivery of the queue is paused
    ├── RateLimited           asked too often, or a limit of the plan is reached
    ├── Conflict              what is there already stands against it
    ├── InvalidRequest        Cloudflare does not accept the request as it is
    └── ServerFault           an error inside Cloudflare (5xx); it may have happened

No answer is not a bad answer, and neither is a refusal: each asks something else of the operator. The frames
of the HTTP library hold the header bytes, so its exceptions are never chained to these.
"""

# ruff: noqa: N818 - the names say what happened; "Error" on each would say nothing more

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChainedError:
    """One link of an error's `error_chain`."""

    code: int | None
    message: str


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One item of an answer's `errors`, cut and cleaned. Code 0 exists; None means that there was none."""

    code: int | None
    message: str
    documentation_url: str | None = None  # http(s) only
    pointer: str | None = None  # source.pointer: which part of the request is meant
    chain: tuple[ChainedError, ...] = ()
    kind: str = ""  # GraphQL's extensions.code, as "authz"


class CloudflareError(Exception):
    """A call that brought no good answer.

    sentence           for the person, complete in itself; also str(error)
    reason             short machine word, stable
    usually_means      what lies behind it as a rule, and what to do; may be empty
    asked              "POST …/queues/…/messages/pull": never an id
    came               what came instead of a good answer, for the person; may be empty
    status             HTTP status, None when there was no answer
    errors             every item of the answer's `errors`
    cf_ray             the name under which Cloudflare's support finds the request
    duration_ms        of all tries and the pauses between them, None when nothing was sent
    tries              how many they were
    retry_after        seconds, when Cloudflare or our own holding back named them
    retryable          the same request may well work later
    may_have_happened  a lease, a sent message or a change may exist upstream although no good answer was seen
    """

    def __init__(
        self,
        *,
        sentence: str,
        reason: str,
        usually_means: str = "",
        asked: str = "",
        came: str = "",
        status: int | None = None,
        errors: tuple[ErrorItem, ...] = (),
        cf_ray: str | None = None,
        duration_ms: int | None = None,
        retry_after: float | None = None,
        retryable: bool = False,
        may_have_happened: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.reason = reason
        self.usually_means = usually_means
        self.asked = asked
        self.came = came
        self.status = status
        self.errors = errors
        self.cf_ray = cf_ray
        self.duration_ms = duration_ms
        self.tries = 1
        self.retry_after = retry_after
        self.retryable = retryable
        self.may_have_happened = may_have_happened

    @property
    def came_back(self) -> str:
        """What came instead, with status, code and how long it took; empty where nothing was sent and nothing came."""
        parts = []
        # `came` mostly begins with the status already.
        if self.status is not None and not self.came.startswith("HTTP "):
            parts.append(str(self.status))
        if self.came:
            # A library's own words may be a sentence.
            parts.append(self.came.removesuffix("."))
        if self.errors and self.errors[0].code is not None:
            parts.append(f"code {self.errors[0].code}")
        if self.duration_ms is not None:
            parts.append(f"after {self.duration_ms} ms{f' in {self.tries} tries' if self.tries > 1 else ''}")
        return ", ".join(parts)

    @property
    def in_short(self) -> str:
        """A few words for a row that has no room for the sentence: `500 from Cloudflare`."""
        return "an unreadable answer" if self.status is None else f"{self.status} from Cloudflare"


class Throttled(CloudflareError):
    """Not asked at all, so that the account is not blocked."""

    @property
    def in_short(self) -> str:
        return "held back"


class NoAnswer(CloudflareError):
    """Nothing came back."""

    @property
    def in_short(self) -> str:
        return "no answer"


class NotSent(NoAnswer):
    """The request never left."""

    @property
    def in_short(self) -> str:
        return "Cloudflare not reached"


class AnswerLost(NoAnswer):
    """The request left, the answer did not arrive whole."""


class BadAnswer(CloudflareError):
    """Something came back that is not an answer of this API."""

    @property
    def in_short(self) -> str:
        is_good = self.status is not None and self.status < 300
        return "an unreadable answer" if is_good else super().in_short


class Unreadable(BadAnswer):
    """Not JSON, cut, or not in a shape that is known."""


class TooLarge(BadAnswer):
    """More than the cap; reading was stopped."""


class Redirected(BadAnswer):
    """Sent elsewhere. A credential is never carried to another address."""


class Declined(CloudflareError):
    """Cloudflare answered and said no."""


class InvalidCredential(Declined):
    """The credential is not good for anything."""


class NotPermitted(Declined):
    """The credential is good, but not for this."""


class NotFound(Declined):
    """There is nothing under this id."""


class PullNotEnabled(Declined):
    """No HTTP pull consumer."""


class DeliveryPaused(Declined):
    """The queue hands out nothing at the moment."""


class RateLimited(Declined):
    """Too many requests, or a limit of the plan."""


class Conflict(Declined):
    """It stands against what is there."""


class InvalidRequest(Declined):
    """The request itself is refused."""


class ServerFault(Declined):
    """Trouble inside Cloudflare."""
