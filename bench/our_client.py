"""A pull through our client against the official Python SDK: the processor's time of each, both reused."""

import time
from collections.abc import Callable
from typing import Final

from cloudflare import Cloudflare

from bench.support import upstream
from bench.support.deployment import SECRET
from bench.support.loads import ACCOUNT_ID, QUICK_B
from bench.support.rows import Row, at_most, middle, side_by_side
from queues_app.cloudflare import ApiToken, Client

_TIMES: Final = 41
_AT_ONCE: Final = 10  # pulls for one figure, so that the clock's grain does not count
_WARM_UP: Final = 3


def measure() -> list[Row]:
    """Both get the same bytes, and look into each message once, as whoever pulls does."""
    with upstream.running() as url, Client(base_url=url) as ours, Cloudflare(api_token=SECRET, base_url=url) as theirs:

        def by_ours() -> None:
            answer = ours.pull(
                ApiToken(secret=SECRET),
                account_id=ACCOUNT_ID,
                queue_id=QUICK_B.queue_id,
                batch_size=100,
                visibility_timeout_ms=30_000,
            )
            _expect_all([message.body for message in answer.value.messages])

        def by_theirs() -> None:
            answer = theirs.queues.messages.pull(
                QUICK_B.queue_id, account_id=ACCOUNT_ID, batch_size=100, visibility_timeout_ms=30_000
            )
            _expect_all([message.body for message in (answer.messages if answer else None) or []])

        for _ in range(_WARM_UP):
            by_ours()
            by_theirs()
        mine, their = side_by_side(lambda: _cpu(by_ours), lambda: _cpu(by_theirs), _TIMES)
    note = f"{middle(mine) * 1000:.2f} ms, SDK {middle(their) * 1000:.2f} ms of CPU"
    return [at_most("Pull through our client, b", middle(mine) / middle(their), 0.6, "× SDK's CPU", note)]


def _expect_all(bodies: list[str] | list[str | None]) -> None:
    if len([body for body in bodies if body]) != 100:
        raise RuntimeError(f"{len(bodies)} messages came")


def _cpu(act: Callable[[], None]) -> float:
    """Seconds of this process's processor time for one."""
    began = time.process_time()
    for _ in range(_AT_ONCE):
        act()
    return (time.process_time() - began) / _AT_ONCE
