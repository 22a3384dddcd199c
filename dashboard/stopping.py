"""Whether this process was told to stop. It finishes what is under way, and takes on nothing that would outlive it."""

import signal
import threading
from types import FrameType

_told = threading.Event()


def is_stopping() -> bool:
    """Whether SIGTERM came; it stays so until the process ends."""
    return _told.is_set()


def heed() -> None:
    """Learn of SIGTERM before the server's own handler does. For a worker's main thread, once it has that handler."""
    before = signal.getsignal(signal.SIGTERM)

    def told(number: int, frame: FrameType | None) -> None:
        _told.set()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, told)
    # As the server had it: a request that is under way is not disturbed in its system calls.
    signal.siginterrupt(signal.SIGTERM, False)
