"""Where audit entries are told to beside the database, and in what words: lines, and the ways they leave. No Django.

What goes where, and how far each destination was told, is the matter of operations/forwarding.py.
"""

from queues_app.forwarding.addresses import public
from queues_app.forwarding.destinations import Destination, UnreadableDestinationError, Way, read
from queues_app.forwarding.errors import DeliveryError, PrivateAddressError
from queues_app.forwarding.lines import Line
from queues_app.forwarding.over_http import post
from queues_app.forwarding.sending import send
from queues_app.forwarding.signing import BadSecretError, SigningKey

__all__ = [
    "BadSecretError",
    "DeliveryError",
    "Destination",
    "Line",
    "PrivateAddressError",
    "SigningKey",
    "UnreadableDestinationError",
    "Way",
    "post",
    "public",
    "read",
    "send",
]
