"""The values of keys in text that is no JSON: in lines of logs, in addresses, in markup, in YAML and in tables.

Every search goes from one sign to the next and looks a bounded way back; what is read is passed over.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from queues_app.masking.patterns import Pattern, Span

type Asked = Callable[[str], bool]

_SEPARATOR: Final = re.compile(r"=>|:=|[:=]")
# Read backwards, from the separator: the name before it, and two words more, as in `date of birth: …`.
_WORD: Final = r"([\w.-]{1,64}+)(?![\w.-])"
_NAME: Final = re.compile(rf"[ \t]{{0,3}}+[\\\"'\]]{{0,4}}+{_WORD}(?: {_WORD})?(?: {_WORD})?")
_LONGEST_NAME: Final = 3 * 65 + 8
# What is not plainly one word goes to the end of its line.
_VALUE: Final = re.compile(
    r"[ \t]{0,3}+(?:\"([^\"\\\n]*+)\"(?![^\s,;&}\])])|'([^'\\\n]*+)'(?![^\s,;&}\])])"
    r"|(?<==)([^\s\"'\\,;&|]++)(?=[\s,;&|]|\Z)|([^\n]+))"
)
# Nothing behind the key, or the mark of a block: what is indented deeper belongs to it.
_BLOCK: Final = re.compile(r"[ \t]*+(?:[|>][-+0-9]{0,2})?+[ \t\r]*+\n")
_INDENT: Final = " \t-\"'"
_ELEMENT: Final = re.compile(r"<[A-Za-z][^<>]*+>?")
_OPENING: Final = re.compile(r"<([A-Za-z_][\w.:-]{0,63}+)(?=[\s>])[^<>\n]*+(?<!/)>")
_ATTRIBUTE: Final = re.compile(
    r"(?<![\w.:-])([\w.:-]{1,64}+)\s{0,3}=\s{0,3}(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'<>]++))"
)
_NAMES: Final = frozenset({"name", "id", "key", "property", "itemprop"})
_VALUES: Final = frozenset({"value", "content"})
# A first line of names only, and what is between them.
_HEADER: Final = re.compile(r"[ \t]*+\"?[\w .-]{1,64}+\"?(?:([,;\t|])[ \t]*\"?[\w .-]{0,64}+\"?[ \t]*)(?:\1[^\n]*+)?")
_MOST_COLUMNS: Final = 1_000


def in_lines(is_masked: Asked) -> Pattern:
    """`password=…`, `"token": "…"` in a line of a log, `<input name="password" value="…">`."""

    def find(text: str) -> Iterator[Span]:
        known = cache(is_masked)
        yield from _separated(text, known, has_blocks=False)
        yield from fields(text, known)
        yield from _elements(text, known, has_lines=False)

    return Pattern(_may, find)


def in_text(is_masked: Asked) -> Pattern:
    """The same, and what stands in more lines than one: blocks of YAML, and tables with a first line of names."""

    def find(text: str) -> Iterator[Span]:
        known = cache(is_masked)
        yield from _separated(text, known, has_blocks=True)
        yield from fields(text, known)
        yield from _elements(text, known, has_lines=True)
        yield from _table(text, known)

    return Pattern(lambda text: _may(text) or "\n" in text, find)


def _may(text: str) -> bool:
    return ":" in text or "=" in text or "<" in text


def _separated(text: str, is_masked: Asked, *, has_blocks: bool) -> Iterator[Span]:
    at = 0
    while separator := _SEPARATOR.search(text, at):
        at = separator.end()
        name = _NAME.match(text[max(0, separator.start() - _LONGEST_NAME) : separator.start()][::-1])
        if name is None or not _is_named(name, is_masked):
            continue
        if has_blocks and (block := _BLOCK.match(text, at)):
            end = _end_of_block(text, separator.start(), block.end())
            if end > block.end():
                yield at, end
                at = end
                continue
        if value := _VALUE.match(text, at):
            # Without the quotes around it.
            yield value.span(value.lastindex or 0)
            at = value.end()


def _is_named(name: re.Match[str], is_masked: Asked) -> bool:
    words = [word[::-1] for word in name.groups() if word]
    return any(is_masked(" ".join(reversed(words[:count]))) for count in range(1, len(words) + 1))


def _end_of_block(text: str, key: int, at: int) -> int:
    """Where the lines end, from `at` on, that are indented deeper than the key of this line."""
    line = text[text.rfind("\n", 0, key) + 1 : key]
    indent, end = len(line) - len(line.lstrip(_INDENT)), at
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        inner = text[at:stop]
        if inner.strip():
            if len(inner) - len(inner.lstrip(" \t")) <= indent:
                break
            end = stop
        at = stop + 1
    return end


def fields(text: str, is_masked: Asked) -> Iterator[Span]:
    """The value of a field in markup, whichever of its attributes stands first."""
    if "<" not in text:
        return
    for element in _ELEMENT.finditer(text):
        found = list(_ATTRIBUTE.finditer(text, *element.span()))
        if any(each[1].lower() in _NAMES and is_masked(each[each.lastindex or 0]) for each in found):
            yield from (each.span(each.lastindex or 0) for each in found if each[1].lower() in _VALUES)


def _elements(text: str, is_masked: Asked, *, has_lines: bool) -> Iterator[Span]:
    """What stands in an element of such a name: to its end, or as far as there is none."""
    at = 0 if "<" in text else len(text)
    while opening := _OPENING.search(text, at):
        at = opening.end()
        if not is_masked(opening[1]):
            continue
        stop = -1 if has_lines else text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        end = text.find(f"</{opening[1]}", at, stop)
        end = stop if end < 0 else end
        if text[at:end].strip():
            yield at, end
        at = end


def _table(text: str, is_masked: Asked) -> Iterator[Span]:
    """All rows of a table of which a column has such a name."""
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    header = _HEADER.fullmatch(text, start, end) if end >= 0 else None
    if header is None:
        return
    names = header[0].split(header[1], _MOST_COLUMNS)
    if any(is_masked(name.strip(' \t\r"')) for name in names) and (rows := text[end:].strip()):
        at = text.index(rows, end)
        yield at, at + len(rows)
