"""The pull without Queuescope: the same request over one kept connection, the answer read and not looked into."""

from typing import Final

from bench.support.browser import Browser
from bench.support.deployment import SECRET
from bench.support.loads import ACCOUNT_ID, Load

_HEADERS: Final = {"Content-Type": "application/json", "Authorization": f"Bearer {SECRET}"}
_WANTED: Final = b'{"batch_size":100,"visibility_timeout_ms":30000}'


def pull(browser: Browser, load: Load) -> float:
    """Seconds for one."""
    answer = browser.send(f"/accounts/{ACCOUNT_ID}/queues/{load.queue_id}/messages/pull", _WANTED, _HEADERS)
    if answer.status != 200:
        raise RuntimeError(f"the upstream answered by {answer.status}")
    return answer.seconds
