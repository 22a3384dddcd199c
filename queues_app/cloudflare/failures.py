"""From what came, or did not, to a value or to one of the errors of errors.py."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from queues_app.cloudflare import errors, wire
from queues_app.cloudflare.answers import Limit
from queues_app.cloudflare.diagnosis import ANALYTICS_LIMIT, diagnose
from queues_app.cloudflare.exchange import Failure, Received, Trouble
from queues_app.cloudflare.text import clean, html_title

_NOT_SENT: dict[Trouble, tuple[str, str]] = {
    Trouble.NOT_REACHED: (
        "Cloudflare could not be reached. Nothing was sent.",
        "This server has no way out to Cloudflare: name resolution, firewall, proxy or certificates.",
    ),
    Trouble.CONNECT_TIMEOUT: (
        "Cloudflare could not be reached in time. Nothing was sent.",
        "This server has no way out to Cloudflare, as a rule a firewall, or the network is overloaded.",
    ),
    Trouble.NO_CONNECTION_FREE: (
        "All connections to Cloudflare are in use. Nothing was sent.",
        "Many requests wait for Cloudflare at the moment. Try again in a few seconds.",
    ),
    Trouble.NOT_SENDABLE: (
        "The request could not be put together. Nothing was sent.",
        "The configured address of the API is not right.",
    ),
}
_LOST: dict[Trouble, str] = {
    Trouble.READ_TIMEOUT: "Cloudflare took the request and did not answer in time.",
    Trouble.TOTAL_TIMEOUT: "Cloudflare's answer came too slowly and was given up.",
    Trouble.CONNECTION_LOST: "The connection broke before Cloudflare's answer was here.",
}
_LOST_MEANS = "Cloudflare is slow or the network is unsteady."
_MAYBE = "What was asked may have been done all the same: look before you ask again."


@dataclass(frozen=True, slots=True)
class Asked:
    """What an error has to know of its request."""

    asked: str
    path: str
    harmless: bool
    hide: tuple[str, ...]
    duration_ms: int
    retry_after: float | None


def throttled(asked: str, wait: float, limit: Limit) -> errors.Throttled:
    """Held back by ourselves."""
    if limit is Limit.GRAPHQL:
        return errors.Throttled(
            sentence="Not asked: Cloudflare's limit for analytics is used up.",
            reason="analytics-throttled",
            usually_means=ANALYTICS_LIMIT.usually_means,
            asked=asked,
            retry_after=wait,
            retryable=True,
        )
    return errors.Throttled(
        sentence="Not asked: Cloudflare's limit for this credential is nearly reached.",
        reason="throttled",
        usually_means="1,200 requests in five minutes are allowed, over all tokens of the user and "
        "Cloudflare's own page. "
        "What is left is kept for acknowledging, retrying and sending; nothing is looked at meanwhile.",
        asked=asked,
        retry_after=wait,
        retryable=True,
    )


def cf_ray(received: Received, hide: tuple[str, ...]) -> str | None:
    """The header cf-ray, cleaned."""
    said = received.headers.get("cf-ray") if received.headers else None
    return clean(said, hide=hide, longest=64) or None if said else None


def value_or_error[T](
    asked: Asked,
    received: Received,
    failure: Failure | None,
    read: Callable[[wire.Envelope, bool], T | None],
) -> T | errors.CloudflareError:
    """The value of a good answer: `read` gets the envelope and whether the text was repaired.

    Errors are returned, for the caller to raise: a traceback from here would show bodies to a report of local
    variables.
    """
    status = received.status
    if status is None or (failure is not None and status < 400):
        return _failed(asked, received, failure or Failure(Trouble.CONNECTION_LOST, ""))
    if 300 <= status < 400:
        return _redirected(asked, received)
    body = b"" if failure is not None else received.body
    found = (wire.Envelope(), False) if status == 204 and not body else wire.envelope(body)
    if status >= 400:
        return _declined(asked, received, found[0] if found else None, body)
    if found is None:
        return _unreadable(asked, received, body)
    envelope, repaired = found
    if not _succeeded(envelope):
        return _declined(asked, received, envelope, body)
    value = read(envelope, repaired)
    if value is not None:
        return value
    if wire.boolean(envelope.success) is None and wire.items(envelope.errors):
        return _declined(asked, received, envelope, body)  # GraphQL names what it refused, beside empty data
    return _wrong_shape(asked, received, envelope)


def _succeeded(envelope: wire.Envelope) -> bool:
    """Where `success` is missing, errors without a result are a no; GraphQL says `data` in place of a result."""
    said = wire.boolean(envelope.success)
    if said is not None:
        return said
    return not (_is_bare(envelope) and bool(wire.items(envelope.errors)))


def _is_bare(envelope: wire.Envelope) -> bool:
    return wire.is_null(envelope.result) and wire.is_null(envelope.data)


def _failed(asked: Asked, received: Received, failure: Failure) -> errors.CloudflareError:
    detail = clean(failure.detail, hide=asked.hide, longest=200)
    if failure.trouble in _NOT_SENT:
        sentence, means = _NOT_SENT[failure.trouble]
        return errors.NotSent(
            sentence=sentence,
            reason=failure.trouble.value,
            usually_means=means,
            came=detail,
            retryable=failure.trouble is not Trouble.NOT_SENDABLE,
            asked=asked.asked,
            duration_ms=asked.duration_ms,
        )
    facts = _facts(asked, received)
    if failure.trouble is Trouble.TOO_LARGE:
        return errors.TooLarge(
            sentence="The answer is larger than this dashboard reads, so it was given up.",
            reason="too-large",
            usually_means=_means("Ask for fewer messages at once.", asked),
            came=f"HTTP {received.status}, and more bytes than the cap",
            **facts,
        )
    if failure.trouble is Trouble.UNDECODABLE:
        return errors.Unreadable(
            sentence="The answer cannot be unpacked.",
            reason="undecodable",
            usually_means=_means("Something between here and Cloudflare has changed or cut the answer.", asked),
            came=f"HTTP {received.status}, with a content encoding that is damaged or unknown",
            retryable=True,
            **facts,
        )
    return errors.AnswerLost(
        sentence=_LOST[failure.trouble],
        reason=failure.trouble.value,
        usually_means=_means(_LOST_MEANS, asked),
        came=detail,
        retryable=True,
        **facts,
    )


def _redirected(asked: Asked, received: Received) -> errors.Redirected:
    return errors.Redirected(
        sentence="The answer points to another address. It was not followed: the credential would go with it.",
        reason="redirected",
        usually_means="The configured address of the API is not right, or a proxy or sign-in page stands in between.",
        came=f"HTTP {received.status}",
        **_facts(asked, received),
    )


def _unreadable(asked: Asked, received: Received, body: bytes) -> errors.Unreadable:
    title = html_title(body, hide=asked.hide)
    if not body.strip():
        reason, sentence, came = "empty", "The answer is empty.", "no content"
    elif title is not None:
        reason, sentence = "html", "A web page came instead of an answer of the API."
        came = f"a web page titled “{title}”" if title else "a web page"
    elif body.lstrip()[:1] in (b"{", b"["):
        reason, sentence, came = "not-json", "The answer broke off or is not valid JSON.", "damaged JSON"
    else:
        reason, sentence, came = "not-json", "The answer is not JSON.", "something that is not JSON"
    return errors.Unreadable(
        sentence=sentence,
        reason=reason,
        usually_means=_means("Something between here and Cloudflare answered in its place, or cut the answer.", asked),
        came=f"HTTP {received.status}, {came}",
        retryable=True,
        **_facts(asked, received),
    )


def _wrong_shape(asked: Asked, received: Received, envelope: wire.Envelope) -> errors.Unreadable:
    missing = _is_bare(envelope)
    return errors.Unreadable(
        sentence="Cloudflare's answer says success and holds no result."
        if missing
        else "Cloudflare's answer is not in a shape this dashboard knows.",
        reason="no-result" if missing else "wrong-shape",
        usually_means=_means("The API has changed, or something answered in its place.", asked),
        came=f"HTTP {received.status}, {'without a result' if missing else 'with an unknown result'}",
        **_facts(asked, received),
    )


def _declined(asked: Asked, received: Received, envelope: wire.Envelope | None, body: bytes) -> errors.Declined:
    status = received.status or 0
    items = wire.error_items(envelope.errors, asked.hide) if envelope else ()
    row = diagnose(status, items, asked.path)
    maybe = row.kind is errors.ServerFault and not asked.harmless
    title = None if envelope else html_title(body, hide=asked.hide)
    return row.kind(
        sentence=row.sentence,
        reason=row.reason,
        usually_means=_means(row.usually_means, asked) if maybe else row.usually_means,
        came=f"HTTP {status}" + (f", a web page titled “{title}”" if title else ""),
        errors=items,
        retryable=row.retryable,
        **{**_facts(asked, received), "may_have_happened": maybe},
    )


def _means(means: str, asked: Asked) -> str:
    return means if asked.harmless else f"{means} {_MAYBE}"


def _facts(asked: Asked, received: Received) -> dict[str, Any]:
    return {
        "asked": asked.asked,
        "status": received.status,
        "cf_ray": cf_ray(received, asked.hide),
        "duration_ms": asked.duration_ms,
        "retry_after": asked.retry_after,
        "may_have_happened": not asked.harmless,
    }
