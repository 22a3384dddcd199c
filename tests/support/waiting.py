"""Wait for something that another process or thread brings about, and fail when it does not come."""

import threading
import time
from collections.abc import Callable
from typing import Final

LONG_ENOUGH: Final = 30.0  # seconds; only a test that fails waits for so long
_PAUSE: Final = 0.01


def wait_until(holds: Callable[[], object], *, what: str) -> None:
    """Return as soon as `holds()` is true. `what` names it in the failure."""
    deadline = time.monotonic() + LONG_ENOUGH
    never = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            message = f"after {LONG_ENOUGH:g} s there is still no {what}"
            raise AssertionError(message)
        never.wait(_PAUSE)
