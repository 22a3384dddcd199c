"""A quick look over a JSON text: what of it has to be gone through value by value, and whether anything has.

A walk in Python takes microseconds for each value, and hardly any value of a body is masked. So each string is looked
at once however often it stands there, most of that at the speed of C, and what may be masked gets a mark before it.
Whatever is not decided here gets one, too: a mark too many costs time, and one too few would show what is masked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from queues_app.finding import Path
from queues_app.masking.patterns import Pattern
from queues_app.masking.rules import ANY, Rules

# No JSON text holds it but as an escape.
MARK: Final = "\x00"
FEWEST_NUMBER_SIGNS: Final = 13
_STRING: Final = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
# Strings that may be a wrapping of something, or a JSON text, of strings that stand in lines.
_WRAPPED: Final = re.compile(r"\n([A-Za-z0-9+/_-]{12,}={0,2})(?=\n)")
_CONTAINER: Final = re.compile(r"\n(\ufeff? *[\[{][^\n]*)")
# What may stand between a key and its value begins with one of these.
_AFTER_A_KEY: Final = frozenset(": \t\n\r")


class Judge(Protocol):
    """Who knows the rules."""

    @property
    def rules(self) -> Rules: ...

    def masks(self, key: str) -> bool:
        """Whether whatever has this key is masked."""

    def inside(self, text: str) -> str:
        """A string that is only a wrapping with its masks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a walk has to look at.

    text     with a mark at the beginning of each string that may be masked, or the key of what may be
    waiting  the paths that there may be
    members  whether each member of an object has to be looked at, not only those with a mark
    """

    text: str
    waiting: tuple[Path, ...]
    members: bool


def scan(text: str, judge: Judge, waiting: tuple[Path, ...]) -> Look | None:
    """What of a text that is known to be JSON has to be looked at; None where surely nothing of it is masked."""
    # Strings at the odd places, what stands between them at the even ones.
    parts = _STRING.split(text) if "\\" in text else text.split('"')
    strings = parts[1::2]
    unique = set(strings)
    keys = {string for string, after in zip(strings, parts[2::2], strict=True) if after[:1] in _AFTER_A_KEY}
    # What an escape hides is read in the walk.
    escaped = {string for string in unique if "\\" in string} if "\\" in text else set()
    lines = f"\n{'\n'.join(unique)}\n"
    containers = _CONTAINER.findall(lines)
    # In a string may stand JSON with any keys.
    if waiting and not escaped and not containers:
        waiting = tuple(path for path in waiting if _names(path) <= keys)
    steps = {step for path in waiting for step in path}
    marked = escaped | {key for key in keys if key in steps or judge.masks(key)}
    for pattern in judge.rules.in_lines:
        marked.update(_lines_with(pattern, lines))
    marked |= {string for string in _WRAPPED.findall(lines) if judge.inside(string) != string}
    marked.update(containers)
    others = "\n".join({part for part in parts[::2] if len(part) >= FEWEST_NUMBER_SIGNS})
    numbers = any(pattern.may(others) and any(pattern.find(others)) for pattern in judge.rules.patterns)
    if not marked and not waiting and not numbers:
        return None
    parts[1::2] = [MARK + string if string in marked else string for string in strings]
    return Look(text='"'.join(parts), waiting=waiting, members=numbers or ANY in steps)


def _names(path: Path) -> set[str]:
    """The keys without which there is nothing at this path."""
    return {step for step in path if isinstance(step, str) and step != ANY}


def _lines_with(pattern: Pattern, lines: str) -> Iterator[str]:
    """Each line with something of this form, once: a long one may have many. No form goes over the end of a line."""
    if not pattern.may(lines):
        return
    end = -1
    for start, _ in pattern.find(lines):
        if start > end:
            end = lines.find("\n", start)
            yield lines[lines.rfind("\n", 0, start) + 1 : end]
