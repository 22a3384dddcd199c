"""What every decoder has in common."""

from collections.abc import Callable
from dataclasses import dataclass

from queues_app.bodies.exact_json import Tree
from queues_app.bodies.results import Limits
from queues_app.bodies.wording import size_text


class UndecodableError(ValueError):
    """These bytes or this text are not what the decoder reads, or go beyond its bounds. The message says where."""


class TooLargeError(UndecodableError):
    """It may be what the decoder reads, and goes beyond its bounds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person changed: names of decoders that are not to be used, and of those to be used in their order."""

    off: frozenset[str] = frozenset()
    forced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a step left: bytes, a text, or a tree; of a tree made from a text both."""

    detail: str
    """Size or shape: "6.2 kB", "6 keys"."""
    data: bytes | None = None
    text: str | None = None
    tree: Tree | None = None
    notes: tuple[str, ...] = ()


def refuse_large(data: bytes, limits: Limits) -> None:
    """Stop before bytes that would cost seconds. Raises TooLargeError."""
    most = max(limits.max_value_bytes, 0)
    if len(data) > most:
        raise TooLargeError(f"larger than {size_text(most)}, too large to be read value by value")


@dataclass(frozen=True, slots=True)
class Decoder[T: (bytes, str)]:
    """A way to read on, from bytes or from a text.

    recognises  a cheap look at the beginning: whether it is worth a try by itself
    decode      raises UndecodableError; never anything else
    """

    name: str
    word: str
    recognises: Callable[[T], bool]
    decode: Callable[[T, Limits], Decoded]
