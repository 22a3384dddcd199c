"""What is added to the addresses of a database and a cache, and what a cache may hold."""

import pickle
from contextlib import suppress
from typing import Any

import pytest
from django.utils.functional import empty
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import RedisError

from dashboard.stores import REDIS, Plain, UnreadableError, prepare_cache, prepare_database

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2**63) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def prepared(secret_key: str) -> dict[str, Any]:
    config: dict[str, Any] = {"BACKEND": REDIS, "LOCATION": "redis://cache/0"}
    prepare_cache(config, secret_key=secret_key, threads=72)
    return config


@given(PLAIN)
def test_what_is_plain_comes_back_as_it_went(value: object) -> None:
    data = Plain().dumps(value)
    assert Plain().loads(data if isinstance(data, bytes) else str(data).encode()) == value


def test_a_pickle_in_the_cache_is_never_opened() -> None:
    """Whoever may write into the cache could run code here otherwise."""
    planted = pickle.dumps(empty)
    with pytest.raises(UnreadableError):
        Plain().loads(planted)
    assert issubclass(UnreadableError, RedisError)


@given(st.binary())
def test_whatever_somebody_else_wrote_is_read_as_plain_or_refused(data: bytes) -> None:
    with suppress(UnreadableError):
        Plain().loads(data)


def test_two_services_on_one_redis_have_names_of_their_own_that_tell_no_key() -> None:
    one, other = prepared("k7Qe2mVx9Lr4Tz8W"), prepared("another")
    assert one["KEY_PREFIX"] != other["KEY_PREFIX"]
    assert one["KEY_PREFIX"] == prepared("k7Qe2mVx9Lr4Tz8W")["KEY_PREFIX"]
    assert "k7Qe2mVx9Lr4Tz8W" not in str(one)


def test_each_thread_finds_a_connection_to_the_cache_and_none_waits_without_end() -> None:
    options = prepared("key")["OPTIONS"]
    assert options["max_connections"] == 72
    assert 0 < options["socket_timeout"] <= 1
    assert 0 < options["socket_connect_timeout"] <= 1


@pytest.mark.parametrize(("asked", "size"), [(10, 10), (1, 1), (0, 1)])
def test_postgresql_gets_a_pool_and_keeps_what_the_address_said(asked: int, size: int) -> None:
    config: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"sslmode": "require"}}
    prepare_database(config, pool_size=asked)
    assert config["CONN_MAX_AGE"] == 0  # what a pool demands
    assert config["OPTIONS"]["sslmode"] == "require"
    assert config["OPTIONS"]["pool"] == {"min_size": 1, "max_size": size, "timeout": 5}


def test_sqlite_takes_its_write_lock_at_once() -> None:
    config: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3"}
    prepare_database(config, pool_size=10)
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "pool" not in config["OPTIONS"]
