"""One question to Cloudflare at a time for the same facts, whichever thread, process or host wants them.

The first asks, under a lock in the cache; the others wait for what it puts there. The lock ends by itself, so one who
dies while asking costs the others `TURN_S` and no more. Without a cache everybody asks for themselves.

Only facts are asked so: what touches a message has an audit entry of its own, and is never shared.
"""

import secrets
import time
from collections.abc import Callable
from types import EllipsisType
from typing import Final

from django.conf import settings

from queues_app import remembered
from queues_app.telemetry import metrics
from queues_app.upstream import UpstreamBusyError

# Seconds after which an answer that is still out no longer keeps the next one from asking.
TURN_S: Final = 10
# Between two looks whether the answer is there, growing from the first to the last.
LOOK_S: Final = (0.02, 0.25)


class StillAskedError(UpstreamBusyError):
    """Somebody else asks the same and has no answer. Nothing was sent."""

    sentence = (
        "Cloudflare was asked the same for somebody else and has not answered yet. Nothing more was sent; "
        "try again in a few seconds."
    )


def once[T](
    key: str,
    *,
    known: Callable[[], T | None],
    ask: Callable[[Callable[[], bool]], T],
    before: T | EllipsisType | None = ...,
) -> T:
    """Ask, or take what another who asks at this moment finds.

    `key` stands for the facts and for the credential's account row, for which alone they are true. `known` looks what
    is remembered of them; `ask` puts it there, and is told by the function it gets whether its turn still stands: it
    does not after `interrupt` or after `TURN_S` seconds. `before` is what was remembered when it was decided to ask,
    where that was a while ago: whatever came since is as good as an answer.

    Raises what `ask` raises, and StillAskedError after the time that one call upstream may take. To be called within
    `upstream.slot`: who waits for another's answer takes a place like who waits for their own.
    """
    lock, token = _lock_of(key), secrets.token_hex(8)
    if isinstance(before, EllipsisType):
        before = known()
    give_up_at = time.monotonic() + settings.UPSTREAM_CONNECT_TIMEOUT + settings.UPSTREAM_TIMEOUT
    pause, longest = LOOK_S
    with metrics.FACTS_WAITING.track_inprogress():
        while not remembered.first(lock, TURN_S, mark=token):
            if time.monotonic() >= give_up_at:
                raise StillAskedError
            _pause(pause)
            pause = min(pause * 2, longest)
            if (found := known()) is not None and found != before:
                _count(key, "shared")
                return found
    try:
        # Whoever held the lock just now may have put it there since we looked.
        if (found := known()) is not None and found != before:
            _count(key, "shared")
            return found
        _count(key, "asked")
        return ask(lambda: remembered.marked(lock, token))
    finally:
        # Two steps, and the lock may pass on between them: then one more asks, which is no harm.
        if remembered.marked(lock, token):
            remembered.drop(lock)


def interrupt(key: str) -> None:
    """The facts change at this moment: what is under way may tell of before, so whoever comes next asks anew."""
    remembered.drop(_lock_of(key))


def _count(key: str, source: str) -> None:
    # The first word of a key says what the facts are; the rest are ids.
    metrics.FACTS.labels(key.partition(":")[0], source).inc()


def _lock_of(key: str) -> str:
    return f"asking:{key}"


def _pause(seconds: float) -> None:
    time.sleep(seconds)
