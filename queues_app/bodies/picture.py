"""Pictures that a browser may be given: by their first bytes, never by what they are called."""

import re
from typing import Final

from queues_app.bodies.reading import Reading

# Never SVG: it is a document that can hold scripts.
_KINDS: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "image/avif"),
)


def picture_of(reading: Reading) -> tuple[str, bytes] | None:
    """The media type and the bytes, where the last thing that was read is such a picture."""
    if reading.text is not None or reading.tree is not None:
        return None
    data = reading.last_bytes
    kind = next((kind for pattern, kind in _KINDS if pattern.match(data)), "")
    return (kind, data) if kind else None
