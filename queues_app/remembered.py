"""What is only remembered, in the cache: a cache that is down means that nothing is.

So whatever comes from here may be missing at any time, and no page fails for it. What must not be missing, as the
count of attempts to sign in, asks Django's cache itself and fails with it (dashboard/errors.py).
"""

import functools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import msgspec
from django.core.cache import cache

from dashboard.stores import CACHE_FAILURES

logger = logging.getLogger(__name__)

# How long a process does without a cache that failed. A dead one costs a wait, and a page asks it many times.
REST_S: Final = 5.0
# From here on it takes longer to read a value than to see that it is the same still, as the list of a large account.
_LARGE_BYTES: Final = 100_000
_MOST_OPENED: Final = 4


class _Trouble:
    """Whether the cache failed a moment ago. For all threads of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def is_on(self) -> bool:
        return time.monotonic() < self._until

    def begins(self, error: Exception) -> None:
        with self._lock:
            is_news = not self.is_on()
            self._until = time.monotonic() + REST_S
        if is_news:
            logger.warning("The cache failed, so nothing is remembered for %d s: %s", REST_S, error)

    def ends(self) -> None:
        self._until = 0.0


trouble: Final = _Trouble()


class _Opened:
    """The large values that were read last, with what they were read from. For all threads of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: OrderedDict[str, tuple[bytes, object]] = OrderedDict()

    def get(self, key: str, data: bytes) -> object | None:
        with self._lock:
            found = self._by_key.get(key)
            if found is None or found[0] != data:
                return None
            self._by_key.move_to_end(key)
            return found[1]

    def put(self, key: str, data: bytes, value: object) -> None:
        with self._lock:
            self._by_key[key] = (data, value)
            self._by_key.move_to_end(key)
            if len(self._by_key) > _MOST_OPENED:
                self._by_key.popitem(last=False)


_opened: Final = _Opened()


def put(key: str, value: object, seconds: int) -> None:
    """Remember a value of plain types, or a dataclass of them, for so long."""
    try:
        data = msgspec.msgpack.encode(value)
    except (OverflowError, UnicodeEncodeError):
        # A number or a text that no honest upstream tells.
        drop(key)
        return
    _tried(lambda: cache.set(key, data, seconds), otherwise=None)


def get[T](key: str, kind: type[T]) -> T | None:
    """What is remembered, when it is of this shape: another version of us may have written it.

    Who asks for something large again gets the very same object while it is what is remembered, so nobody changes it.
    """
    data = _tried(lambda: cache.get(key), otherwise=None)
    if not isinstance(data, bytes) or len(data) < _LARGE_BYTES:
        return _read(data, kind)
    if (value := _opened.get(key, data)) is None and (value := _read(data, kind)) is not None:
        _opened.put(key, data, value)
    return cast("T | None", value)


def get_many[T](keys: Iterable[str], kind: type[T]) -> dict[str, T]:
    """Those of the keys that are remembered."""
    found: dict[str, Any] = _tried(lambda: cache.get_many(list(keys)), otherwise={})
    values = ((key, _read(data, kind)) for key, data in found.items())
    return {key: value for key, value in values if value is not None}


def first(key: str, seconds: int, *, mark: str = "") -> bool:
    """Whether nobody else was here within so many seconds; for everybody when nothing can be remembered."""
    return _tried(lambda: cache.add(key, mark, seconds), otherwise=True)


def marked(key: str, mark: str) -> bool:
    """Whether `first` left this mark and nobody another since; also when nothing can be remembered."""
    return _tried(lambda: cache.get(key) == mark, otherwise=True)


def count(key: str, seconds: int) -> None:
    """One more. The count begins anew after so many seconds; where the cache cannot add, two at once may be one."""

    def act() -> None:
        if not cache.add(key, 1, seconds):
            cache.incr(key)

    try:
        _tried(act, otherwise=None)
    except ValueError:
        # It ran out between the two.
        return


def counts(keys: Iterable[str]) -> dict[str, int]:
    """What was counted under those of the keys that are remembered."""
    found: dict[str, Any] = _tried(lambda: cache.get_many(list(keys)), otherwise={})
    return {key: value for key, value in found.items() if isinstance(value, int)}


def drop(key: str) -> None:
    """Remember it no longer."""
    _tried(lambda: cache.delete(key), otherwise=False)


def _tried[T](act: Callable[[], T], *, otherwise: T) -> T:
    if trouble.is_on():
        return otherwise
    try:
        return act()
    except CACHE_FAILURES as error:
        trouble.begins(error)
        return otherwise


def _read[T](data: object, kind: type[T]) -> T | None:
    if not isinstance(data, bytes):
        return None
    try:
        value: T = _decoder(cast("Any", kind)).decode(data)
    except (msgspec.MsgspecError, ValueError):
        return None
    return value


@functools.cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)
