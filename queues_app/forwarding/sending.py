"""Lines to wherever they go."""

from collections.abc import Sequence

from queues_app.delivery import Destination, SigningKey, Way
from queues_app.forwarding import log, posting, syslog
from queues_app.forwarding.lines import Line


def send(destination: Destination, lines: Sequence[Line], keys: Sequence[SigningKey]) -> None:
    """Send them, in this order. Without an error all of them arrived, as far as the way there can tell.

    Raises DeliveryError.
    """
    match destination.way:
        case Way.LOG:
            log.send(lines)
        case Way.HTTPS | Way.HTTP:
            posting.send(destination, lines, keys)
        case Way.UDP | Way.TCP | Way.TLS:
            syslog.send(destination, lines)
