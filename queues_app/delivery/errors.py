"""Why it did not arrive.

    DeliveryError
    ├── UnreachableError    no connection: nobody there, no such name, no route
    ├── SlowNameError       its name was not answered in time
    ├── NotTrustedError     a certificate that cannot be trusted
    ├── SlowError           not taken in time
    ├── BrokenError         the connection broke before everything was taken
    ├── AnsweredError       an answer over HTTP that is not 2xx, redirects too
    └── PrivateAddressError an address that is not everybody's, where none such is allowed

The sentences are our own words: what libraries say holds addresses, and addresses hold secrets.
"""

from datetime import timedelta
from http import HTTPStatus

from queues_app.expected import ExpectedError


class DeliveryError(ExpectedError):
    """It did not arrive, or it is not known that it did. `retry_after`: when the destination asked to be asked."""

    http_status = HTTPStatus.BAD_GATEWAY
    retry_after: timedelta | None = None


class UnreachableError(DeliveryError):
    sentence = "Nobody is there: no connection could be made."
    reason = "unreachable"


class SlowNameError(DeliveryError):
    sentence = "Nobody could say in time at which address it is."
    reason = "name-timeout"


class NotTrustedError(DeliveryError):
    sentence = "Its certificate cannot be trusted. For one of your own authority, name that in SSL_CERT_FILE."
    reason = "not-trusted"


class SlowError(DeliveryError):
    sentence = "It did not take it in time."
    reason = "timeout"


class BrokenError(DeliveryError):
    sentence = "The connection broke before all of it was taken."
    reason = "broken"


class AnsweredError(DeliveryError):
    """An answer, and not a good one."""

    reason = "answered"

    def __init__(self, status: int, retry_after: timedelta | None = None) -> None:
        self.status = status
        self.retry_after = retry_after
        phrase = f" ({HTTPStatus(status).phrase})" if status in set(HTTPStatus) else ""
        super().__init__(
            f"It answered {status}{phrase}. Redirects are not followed: name the place itself."
            if status // 100 == 3
            else f"It answered {status}{phrase}."
        )


class PrivateAddressError(DeliveryError):
    """Nothing was sent: whoever names a webhook could else reach what only this server can."""

    sentence = (
        "It is at a private address, or one of this machine, so nothing was sent. An administrator can allow it in "
        "WATCH_PRIVATE_ADDRESSES."
    )
    reason = "private-address"
