"""Whether this process was told to stop. It finishes what is under way, and takes on nothing that would outlive it."""

import signal
import time
from types import FrameType


class _Told:
    """When SIGTERM came first."""

    at: float | None = None


def is_stopping() -> bool:
    """Whether SIGTERM came; it stays so until the process ends."""
    return _Told.at is not None


def stopping_for() -> float | None:
    """Seconds since SIGTERM came; None where it did not."""
    return None if _Told.at is None else time.monotonic() - _Told.at


def heed() -> None:
    """Learn of SIGTERM before the server's own handler does. For a worker's main thread, once it has that handler."""
    before = signal.getsignal(signal.SIGTERM)

    def told(number: int, frame: FrameType | None) -> None:
        _Told.at = _Told.at or time.monotonic()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, told)
    # As the server had it: a request that is under way is not disturbed in its system calls.
    signal.siginterrupt(signal.SIGTERM, False)
