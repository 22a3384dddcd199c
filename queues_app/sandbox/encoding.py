"""How a stored body stands on the wire, in each of the variants that have been seen."""

import base64
import hashlib
import json
from typing import Any

from queues_app.sandbox.store import Message


def on_the_wire(message: Message, json_bodies: str) -> Any:
    """text as it is, json by the variant, the rest as base64 (fact sheet, 2.1)."""
    if isinstance(message.body, bytes):
        return base64.b64encode(message.body).decode()
    if message.content_type != "json" or json_bodies == "plain":
        return message.body
    if json_bodies == "object":
        return _value(message.body)
    # Mixed: about half of them, and always the same ones.
    if json_bodies == "mixed" and hashlib.sha256(message.id.encode("utf-8", "surrogatepass")).digest()[0] % 2:
        return message.body
    return base64.b64encode(message.body.encode("utf-8", "surrogatepass")).decode()


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
