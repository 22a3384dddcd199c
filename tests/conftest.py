"""Fixtures for all tests come from the plugins in tests/support."""

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
