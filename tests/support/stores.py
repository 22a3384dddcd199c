"""Caches that do not work, at real ports of this machine."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from dashboard.stores import REDIS, prepare_cache


def redis_at(port: int) -> dict[str, dict[str, Any]]:
    """CACHES with the Redis at this port, as settings.py would have it."""
    config: dict[str, Any] = {"BACKEND": REDIS, "LOCATION": f"redis://127.0.0.1:{port}/0"}
    prepare_cache(config, secret_key="of-these-tests", threads=8)
    return {"default": config}


@pytest.fixture
def cache_down(settings: Settings, nothing_remembered: None) -> Iterator[None]:
    """Nobody listens where the cache should be."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # taken, so that nobody else listens there either
        settings.CACHES = redis_at(held.getsockname()[1])
        yield


@pytest.fixture
def cache_silent(settings: Settings, nothing_remembered: None) -> Iterator[socket.socket]:
    """The cache takes connections and never answers. The socket that they come to."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        settings.CACHES = redis_at(door.getsockname()[1])
        yield door
