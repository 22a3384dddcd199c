"""The database and the cache as Django takes them: what an address does not say, for what several hosts share."""

import hashlib
from typing import Any, Final

import msgspec
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

REDIS: Final = "django.core.cache.backends.redis.RedisCache"
POSTGRESQL: Final = "django.db.backends.postgresql"
SQLITE: Final = "dashboard.sqlite"

# Seconds. A cache is quick or it is no help: a dead one costs a request twice this, for it is tried once more.
CACHE_PATIENCE_S: Final = 1.0
# Seconds that a request waits for a connection of the pool, and for PostgreSQL to take a new one.
DATABASE_PATIENCE_S: Final = 5

# The cache is down, full, read only, or holds what is none of ours.
CACHE_FAILURES: Final = (RedisError,)


class UnreadableError(RedisError):
    """Somebody else wrote under a name of ours."""


class Plain:
    """Numbers, texts, bytes and lists go into Redis as MessagePack.

    Django's own way is pickle, and whoever may write there could run code in every dashboard that reads it.
    """

    def dumps(self, value: object) -> int | bytes:
        """A whole number stays one, so that Redis can count with it."""
        return value if type(value) is int else msgspec.msgpack.encode(value)

    def loads(self, data: bytes) -> object:
        """Raises UnreadableError."""
        try:
            return int(data)
        except ValueError:
            pass
        try:
            return msgspec.msgpack.decode(data)
        except (msgspec.MsgspecError, ValueError) as error:
            raise UnreadableError from error


def prepare_database(config: dict[str, Any], *, pool_size: int) -> None:
    """Add to an entry of DATABASES what its engine needs."""
    if config["ENGINE"] != POSTGRESQL:
        config["ENGINE"] = SQLITE
        # A thread keeps its connection: opening one costs more than a request asks of it, and when the last one closes,
        # SQLite writes its whole log back into the file.
        config["CONN_MAX_AGE"] = None
        # IMMEDIATE, because a transaction that reads first and then writes is otherwise refused under load.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        return
    # A connection is taken for as long as one is needed and no longer; the pool asks it first whether it still stands.
    config["CONN_MAX_AGE"] = 0
    config["CONN_HEALTH_CHECKS"] = True
    options = config.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", DATABASE_PATIENCE_S)
    # A size below 1 is a system check's to tell; the pool would refuse it without a sentence.
    options["pool"] = {"min_size": 1, "max_size": max(1, pool_size), "timeout": DATABASE_PATIENCE_S}


def prepare_cache(config: dict[str, Any], *, secret_key: str, threads: int) -> None:
    """Add to an entry of CACHES what its backend needs. `threads`: how many of one process may ask it at once."""
    options = config.setdefault("OPTIONS", {})
    if config["BACKEND"] != REDIS:
        # Django's 300 are fewer than the queues of one account: their counts would push out who tried too often.
        options.setdefault("MAX_ENTRIES", 50_000)
        return
    # By the key that all hosts of one service share: two services on one Redis never read each other's numbers.
    config["KEY_PREFIX"] = "queuescope-" + hashlib.sha256(b"cache " + secret_key.encode()).hexdigest()[:12]
    options |= {
        "serializer": "dashboard.stores.Plain",
        "socket_connect_timeout": CACHE_PATIENCE_S,
        "socket_timeout": CACHE_PATIENCE_S,
        "retry": Retry(NoBackoff(), 1),
        "max_connections": threads,
    }
