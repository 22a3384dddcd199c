"""How something leaves for a place that somebody named, by what signature, and why it did not arrive. No Django.

Audit entries leave so (forwarding/), and the notices of watches (operations/watch_notices.py).
"""

from queues_app.delivery.addresses import is_inner, public
from queues_app.delivery.destinations import Destination, UnreadableDestinationError, Way, read
from queues_app.delivery.errors import DeliveryError, PrivateAddressError, SlowNameError, UnreachableError
from queues_app.delivery.posting import post
from queues_app.delivery.signing import BadSecretError, SigningKey, new_secret

__all__ = [
    "BadSecretError",
    "DeliveryError",
    "Destination",
    "PrivateAddressError",
    "SigningKey",
    "SlowNameError",
    "UnreachableError",
    "UnreadableDestinationError",
    "Way",
    "is_inner",
    "new_secret",
    "post",
    "public",
    "read",
]
