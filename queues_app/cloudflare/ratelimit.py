"""The budget of a credential: what the headers say, and when to hold back before Cloudflare blocks
everything.

1,200 calls in five minutes are allowed to a user over all their tokens; going over blocks all calls for
minutes. So:
- after a 429 with Retry-After, GETs and peeks are not sent until then;
- when few calls are left in the window, GETs and peeks are not sent either: the rest is kept for what an
  operator does on purpose (pull, acknowledge, send), which is never held back here.
Held back means told so at once (Throttled), not made to wait: waiting would hold a thread.
"""

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from queues_app.cloudflare.answers import RateLimit
from queues_app.cloudflare.auth import Auth

RESERVE = 20  # calls kept for deliberate acts, at most a tenth of the limit
MOST_CREDENTIALS = 1024  # whose state is kept; the one not used for longest goes first
LONGEST_BLOCK = 600.0  # seconds; a larger Retry-After is not believed
_UNKNOWN_LIMIT = 200  # taken for the limit when only the rest is told
_LARGEST = 10**9

_PARAMETER = re.compile(r"\b([a-z]+)\s*=\s*([0-9]{1,18})(?:\.[0-9]*)?")
_LEADING = re.compile(r"\s*\"?([0-9]{1,18})")


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """What the headers say; None when none of them is there or readable.

    Ratelimit: "default";r=<left>;t=<seconds>   Ratelimit-Policy: "default";q=<limit>;w=<window>
    and the older x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset.
    """
    now = _parameters(headers.get("ratelimit", ""))
    policy = _parameters(headers.get("ratelimit-policy", ""))
    limit = policy.get("q", now.get("limit", _leading(headers.get("x-ratelimit-limit"))))
    left = now.get("r", now.get("remaining", _leading(headers.get("x-ratelimit-remaining"))))
    resets = now.get("t", now.get("reset", _leading(headers.get("x-ratelimit-reset"))))
    if limit is None and left is None and resets is None:
        return None
    return RateLimit(limit, left, resets)


def read_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Retry-After in seconds, also when given as a date; `now` is seconds since 1970. None: not told."""
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", said):
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - now)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


@dataclass(slots=True)
class _Budget:
    limit: int | None = None
    left: int | None = None
    resets_at: float = 0.0
    blocked_until: float = 0.0


class Budgets:
    """What is known of each credential's budget. Thread safe; holds salted hashes, never a credential."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._salt = os.urandom(32)
        self._lock = threading.Lock()
        self._budgets: OrderedDict[bytes, _Budget] = OrderedDict()

    def hold_back(self, auth: Auth) -> float | None:
        """Seconds to wait before a harmless call may be sent, or None: send it. It counts as sent then."""
        now = self._clock()
        with self._lock:
            budget = self._budgets.get(auth.fingerprint(self._salt))
            if budget is None:
                return None
            if budget.blocked_until > now:
                return budget.blocked_until - now
            if budget.left is None or budget.resets_at <= now:
                return None
            if budget.left <= min(RESERVE, (budget.limit or _UNKNOWN_LIMIT) // 10):
                return budget.resets_at - now
            budget.left -= 1
            return None

    def note(self, auth: Auth, rate_limit: RateLimit | None, blocked_for: float | None) -> None:
        """Take in what an answer said. `blocked_for`: seconds, of a 429's Retry-After."""
        if rate_limit is None and blocked_for is None:
            return
        now = self._clock()
        key = auth.fingerprint(self._salt)
        with self._lock:
            budget = self._budgets.setdefault(key, _Budget())
            self._budgets.move_to_end(key)
            if rate_limit is not None and rate_limit.left is not None:
                budget.limit = rate_limit.limit
                budget.left = rate_limit.left
                budget.resets_at = now + min(rate_limit.resets_in_s or 0, LONGEST_BLOCK)
            if blocked_for is not None:
                budget.blocked_until = now + min(blocked_for, LONGEST_BLOCK)
            if len(self._budgets) > MOST_CREDENTIALS:
                self._budgets.popitem(last=False)

    def __len__(self) -> int:
        return len(self._budgets)


def _parameters(header: str) -> dict[str, int]:
    return {name: min(int(value), _LARGEST) for name, value in _PARAMETER.findall(header.lower()[:500])}


def _leading(header: str | None) -> int | None:
    found = _LEADING.match(header or "")
    return min(int(found[1]), _LARGEST) if found else None
