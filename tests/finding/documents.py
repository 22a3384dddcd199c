"""Messages to look among, each with only what its test is about, and values of every kind."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from queues_app.finding import MISSING, Body, Document, Plain


def document(body: Any = None, *, text: str | None = None, **facts: Any) -> Document:
    """A message with this value; with `text` alone, one that has no structure."""
    is_text = body is None and text is not None
    shown = msgspec.json.encode(body).decode() if text is None else text
    known: dict[str, Any] = {
        "id": "9f2c41d07bc1a07e",
        "attempts": 1,
        "age_s": 60,
        "sent_ms": 1_763_600_000_000,
        "size": 100,
        "content_type": "json",
        "metadata": {},
        **facts,
    }
    return Document(read=lambda: Body(shown, MISSING if is_text else body), **known)


keys = st.text(max_size=6)
scalars = (
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
plain_values: st.SearchStrategy[Plain] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
