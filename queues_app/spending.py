"""The calls that each credential spends of its limit: counted by all processes and hosts together, in the cache.

What is counted belongs to the secret, whichever row it stands in: two people who gave the same token spend from one
limit. Cloudflare counts per user, over all their tokens and whatever else uses them. So what its answers say is left
goes before our own count, which is told as what it is: the calls of this server.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from queues_app import remembered
from queues_app.cloudflare import Limit, RateLimit, RateLimited, Tried

WINDOW_MINUTES: Final = 5
# What Cloudflare allows in that time, where no answer said otherwise; each by its page on limits. One of its pages on
# GraphQL counts these queries against both, the other has them apart; here they are apart.
USUAL_LIMITS: Final = {Limit.API: 1200, Limit.GRAPHQL: 300}
# With less than this share left, what refreshes itself does so seldom.
NEAR_SHARE: Final = 0.25
SLOWED_S: Final = 60
# The same of `manage.py watch`, which counts each minute otherwise: below what it takes for a gap.
WATCH_SLOWED_S: Final = 180
_KEPT_S: Final = (WINDOW_MINUTES + 1) * 60
# How long it is known of a row which purse it spends from, at least until it spends again.
_PURSE_KEPT_S: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an answer said of the limit, and when."""

    limit: int | None
    left: int
    resets_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Calls of this server by one secret, and what Cloudflare told last within the window that runs."""

    in_minute: int  # the last whole one
    in_window: int
    of: Limit = Limit.API
    told: Told | None = None

    @property
    def limit(self) -> int:
        return (self.told.limit if self.told else None) or USUAL_LIMITS[self.of]

    @property
    def left(self) -> int:
        return max(0, self.told.left if self.told else self.limit - self.in_window)

    @property
    def is_near(self) -> bool:
        """Whether what is left should be kept for what somebody does on purpose."""
        return self.left < self.limit * NEAR_SHARE


def name_of(credential: int, purse: str) -> str:
    """What a credential is called in its calls. `purse` is a keyed fingerprint of its secret."""
    return f"{credential}:{purse}"


def note(tried: Tried) -> None:
    """Take in one call that was sent."""
    if not tried.credential:
        return
    now = datetime.now(UTC)
    number, _, purse = tried.credential.partition(":")
    # The secret of a row can be replaced.
    if remembered.get(_purse_key(number), str) != purse:
        remembered.put(_purse_key(number), purse, _PURSE_KEPT_S)
    remembered.count(_minute_key(purse, tried.limit, _minute(now)), _KEPT_S)
    said = tried.rate_limit
    if tried.limit is Limit.GRAPHQL and isinstance(tried.error, RateLimited):
        # It says nothing of its limit before that is used up, and need not say then for how long.
        said = RateLimit(limit=None, left=0, resets_in_s=round(tried.error.retry_after or WINDOW_MINUTES * 60))
    if said is not None and said.left is not None and said.resets_in_s:
        resets_in_s = min(said.resets_in_s, _KEPT_S)
        told = Told(limit=said.limit, left=said.left, resets_at=now + timedelta(seconds=resets_in_s), at=now)
        remembered.put(_told_key(purse, tried.limit), told, resets_in_s)


def of(credential: int, limit: Limit = Limit.API) -> Spent:
    """What the credential of this row has spent of a limit; nothing where nothing is remembered."""
    now = datetime.now(UTC)
    # A row that has not spent yet has no purse, and nothing is counted under no name.
    purse = remembered.get(_purse_key(str(credential)), str) or ""
    minutes = [_minute(now) - ago for ago in range(WINDOW_MINUTES + 1)]
    counts = remembered.counts(_minute_key(purse, limit, minute) for minute in minutes)
    spent = [counts.get(_minute_key(purse, limit, minute), 0) for minute in minutes]
    told = remembered.get(_told_key(purse, limit), Told)
    return Spent(
        in_minute=spent[1],
        in_window=sum(spent[:WINDOW_MINUTES]),
        of=limit,
        told=told if told and told.resets_at > now else None,
    )


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _purse_key(credential: str) -> str:
    return f"spent:purse:{credential}"


def _minute_key(purse: str, limit: Limit, minute: int) -> str:
    return f"spent:{limit}:{purse}:{minute}"


def _told_key(purse: str, limit: Limit) -> str:
    return f"spent:{limit}:{purse}:told"
