"""Fixtures for all tests come from the plugins in tests/support."""

pytest_plugins = ["tests.support.sandbox", "tests.support.people", "tests.support.stack"]
