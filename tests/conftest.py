"""Fixtures for all tests come from the plugins in tests/support."""

import gc

from hypothesis import settings

pytest_plugins = [
    "tests.support.sandbox",
    "tests.support.people",
    "tests.support.stack",
    "tests.support.stores",
    "tests.support.audit",
    "tests.support.receivers",
]

# Timings are measured in bench/, never asserted here: a busy machine is no failure.
settings.register_profile("queuescope", deadline=None)
settings.load_profile("queuescope")


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: no collection of garbage has to look at it again."""
    gc.collect()
    gc.freeze()
