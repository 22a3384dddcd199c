"""Lease ids and refs: opaque to callers, JWE-looking, and carrying all that the sandbox needs to find
the message again. So none of them has to be remembered, however often somebody peeks.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

_HEADER = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0"
_KEY = b"the sandbox has no secrets"


@dataclass(frozen=True, slots=True)
class Handle:
    """What a lease id or ref stands for. `kind` is "lease", "ref" or "preview"."""

    kind: str
    queue_id: str
    message_id: str
    serial: int


def seal(handle: Handle) -> str:
    plain = json.dumps([handle.kind, handle.queue_id, handle.message_id, handle.serial]).encode()
    iv = hashlib.sha256(plain).digest()[:16]
    hidden = _mixed(plain, iv)
    tag = hmac.digest(_KEY, iv + hidden, "sha256")
    return f"{_HEADER}..{_text(iv)}.{_text(hidden)}.{_text(tag)}"


def unseal(text: str) -> Handle | None:
    """The handle, or None for anything that this sandbox did not make."""
    parts = text.split(".")
    if len(parts) != 5 or parts[0] != _HEADER or parts[1]:
        return None
    try:
        iv, hidden, tag = (_bytes(part) for part in parts[2:])
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(tag, hmac.digest(_KEY, iv + hidden, "sha256")):
        return None
    return Handle(*json.loads(_mixed(hidden, iv)))


def _mixed(data: bytes, iv: bytes) -> bytes:
    stream = hashlib.shake_256(_KEY + iv).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, stream, strict=True))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
