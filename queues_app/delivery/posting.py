"""Posting over HTTP, signed. No redirect is followed, no proxy is asked."""

import email.utils
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import httpcore
import httpx

from queues_app.cloudflare.network import BUDGET, Network, Resolve
from queues_app.delivery import signing, trust
from queues_app.delivery.destinations import Destination
from queues_app.delivery.errors import (
    AnsweredError,
    BrokenError,
    DeliveryError,
    NotTrustedError,
    SlowError,
    UnreachableError,
)
from queues_app.delivery.limits import CONNECT_S, WHOLE_S
from queues_app.delivery.signing import SigningKey

# Those that say when to come again.
_BUSY: Final = (429, 503)
_LONGEST_WAIT: Final = timedelta(hours=1)


def post(
    destination: Destination,
    body: bytes,
    keys: Sequence[SigningKey],
    *,
    number: str,
    content_type: str,
    resolve: Resolve | None = None,
) -> int:
    """Post this, signed: the status of the answer, of which no more is read. Good is 2xx and nothing else.

    `resolve` names the addresses that may be connected to, where not any may.

    Raises DeliveryError, and what `resolve` raises.
    """
    headers = signing.headers(keys, number=number, at=int(time.time()), body=body)
    status, retry_after = _post(destination, body, {"Content-Type": content_type, **headers}, resolve)
    if not 200 <= status < 300:
        raise AnsweredError(status, _wait(retry_after) if status in _BUSY else None)
    return status


def _post(destination: Destination, body: bytes, headers: dict[str, str], resolve: Resolve | None) -> tuple[int, str]:
    """The status, and when to come again."""
    auth = (destination.user, destination.password) if destination.user or destination.password else None
    with httpx.Client(transport=Network(trust.context(), resolve), trust_env=False) as client:
        try:
            request = client.build_request(
                "POST",
                destination.url,
                content=body,
                headers={"User-Agent": "queuescope", **headers},
                timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S),
                extensions={BUDGET: WHOLE_S},
            )
            response = client.send(request, auth=auth, stream=True, follow_redirects=False)
            response.close()
        except httpx.InvalidURL:
            # It reads like an address, and no host has it, such as 999.1.1.1.
            raise UnreachableError from None
        except (httpx.HTTPError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _trouble(error) from None
        return response.status_code, response.headers.get("retry-after", "")


def _trouble(error: Exception) -> DeliveryError:
    match error:
        case httpcore.ConnectTimeout():
            return UnreachableError()
        case httpcore.ConnectError():
            is_about_trust = isinstance(error.__context__, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
            return NotTrustedError() if is_about_trust else UnreachableError()
        case httpcore.TimeoutException():
            return SlowError()
        case _:
            return BrokenError()


def _wait(text: str) -> timedelta | None:
    """What Retry-After asks for, in seconds or as a moment; within reason."""
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), _LONGEST_WAIT)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(wait, timedelta()), _LONGEST_WAIT)
