"""What a page says when something expected went wrong: the diagnosis, in primitives."""

import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from django.urls import reverse

from queues_app import cloudflare
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError

NOTHING: Final = "nothing"
_UPSTREAM_STATUS: tuple[tuple[type[CloudflareError], HTTPStatus], ...] = (
    (cloudflare.AnswerLost, HTTPStatus.GATEWAY_TIMEOUT),
    (cloudflare.RateLimited, HTTPStatus.TOO_MANY_REQUESTS),
    (cloudflare.Throttled, HTTPStatus.TOO_MANY_REQUESTS),
    (cloudflare.NotFound, HTTPStatus.NOT_FOUND),
    (cloudflare.InvalidCredential, HTTPStatus.FORBIDDEN),
    (cloudflare.NotPermitted, HTTPStatus.FORBIDDEN),
    (cloudflare.PullNotEnabled, HTTPStatus.CONFLICT),
    (cloudflare.DeliveryPaused, HTTPStatus.CONFLICT),
    (cloudflare.Conflict, HTTPStatus.CONFLICT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureDetail:
    """One item of the upstream's `errors`, as it stood there."""

    code: str
    message: str
    documentation_url: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The failed card. Empty texts are left out by the template."""

    sentence: str
    status: int
    asked: str = ""
    came_back: str = ""
    usually_means: str = ""
    cf_ray: str = ""
    retry: str = ""
    # A lease, or whatever was asked for, may exist although no good answer came.
    may_have_happened: bool = False
    details: tuple[FailureDetail, ...] = ()
    receipt: str = ""
    receipt_id: int | None = None
    # The person's role forbids it: the same page would say the same again.
    is_forbidden: bool = False
    # The next step, where one page is it.
    way_out: str = ""
    way_out_url: str = ""


def failure_of(error: CloudflareError | ExpectedError) -> Failure:
    """The diagnosis of an expected error."""
    if isinstance(error, ExpectedError):
        entry = getattr(error, "entry", None)
        lost = getattr(error, "credential_to_mend", None)
        return Failure(
            sentence=error.sentence,
            status=error.http_status,
            receipt=entry.receipt if entry else "",
            receipt_id=entry.pk if entry else None,
            is_forbidden=error.http_status == HTTPStatus.FORBIDDEN,
            way_out="Replace the secret" if lost else "",
            way_out_url=f"{reverse('credential', args=[lost])}#replace" if lost else "",
        )
    status = next((status for kind, status in _UPSTREAM_STATUS if isinstance(error, kind)), HTTPStatus.BAD_GATEWAY)
    return Failure(
        sentence=error.sentence,
        status=status,
        asked=error.asked,
        came_back=error.came_back or NOTHING,
        usually_means=error.usually_means,
        cf_ray=error.cf_ray or "",
        retry=_retry(error),
        may_have_happened=error.may_have_happened,
        details=tuple(
            FailureDetail(
                code="" if item.code is None else str(item.code),
                message=item.message,
                documentation_url=item.documentation_url or "",
                pointer=item.pointer or "",
            )
            for item in error.errors
        ),
    )


def _retry(error: CloudflareError) -> str:
    if error.may_have_happened:
        if error.asked.endswith("/messages/pull"):
            return "If it did, the messages are leased and come back when the lease ends, with the attempt used."
        return "Look before you try again."
    if error.retry_after is not None:
        # Nothing tries again by itself.
        return f"Try again in {max(1, math.ceil(error.retry_after))} s."
    return "Trying again may help." if error.retryable else "Trying again will not help by itself."
