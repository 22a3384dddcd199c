"""What all of these checks share: how one is told, and when a secret is no chance."""

from typing import Final

from django.core.checks import CheckMessage, Error

# 32 random bytes hold fewer than this many different ones about once in 10**17 keys.
LEAST_DIFFERENT_BYTES: Final = 10


def setting_error(number: int, text: str, hint: str) -> CheckMessage:
    """An error of the settings under its number, which docs/configuration.md explains."""
    return Error(text, hint=hint, id=f"queuescope.E{number:03}")
