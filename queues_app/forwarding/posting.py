"""Lines posted over HTTP: one batch a request, as JSON lines, signed."""

import hashlib
from collections.abc import Sequence
from typing import Final

from queues_app import delivery
from queues_app.delivery import Destination, SigningKey
from queues_app.forwarding.lines import Line

CONTENT_TYPE: Final = "application/x-ndjson"


def send(destination: Destination, lines: Sequence[Line], keys: Sequence[SigningKey]) -> None:
    """Post them.

    Raises DeliveryError.
    """
    body = "".join(f"{line.text()}\n" for line in lines).encode("ascii")
    # The same lines have the same number, and those of another Queuescope another: receivers drop what came twice.
    number = f"audit_{lines[0].position}_{lines[-1].position}_{hashlib.sha256(body).hexdigest()[:16]}"
    delivery.post(destination, body, keys, number=number, content_type=CONTENT_TYPE)
