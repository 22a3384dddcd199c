"""The global rate limit: so many calls in a window, then nothing at all for as long again."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Window:
    ends_ms: int
    used: int = 0
    blocked: bool = False


class RateLimit:
    """Counts calls per credential; 1,200 in 300 s is what the API allows (fact sheet, 3.4)."""

    def __init__(self, calls: int = 1200, window_s: int = 300) -> None:
        self.calls = calls
        self.window_s = window_s
        self._windows: dict[str, _Window] = {}

    def take(self, who: str, now_ms: int) -> bool:
        """Count one call; False when the caller is over the limit and blocked."""
        window = self._window(who, now_ms)
        if window.blocked:
            return False
        window.used += 1
        if window.used > self.calls:
            window.blocked = True
            window.ends_ms = now_ms + self.window_s * 1000
            return False
        return True

    def headers(self, who: str, now_ms: int) -> dict[str, str]:
        window = self._window(who, now_ms)
        left = 0 if window.blocked else max(0, self.calls - window.used)
        return {
            "Ratelimit": f'"default";r={left};t={self.seconds_left(who, now_ms)}',
            "Ratelimit-Policy": f'"default";q={self.calls};w={self.window_s}',
        }

    def seconds_left(self, who: str, now_ms: int) -> int:
        return max(1, -(-(self._window(who, now_ms).ends_ms - now_ms) // 1000))

    def _window(self, who: str, now_ms: int) -> _Window:
        window = self._windows.get(who)
        if window is None or now_ms >= window.ends_ms:
            window = self._windows[who] = _Window(now_ms + self.window_s * 1000)
        return window
