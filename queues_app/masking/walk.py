"""Masks inside a structure: a JSON text, of which every other sign stays as it stood, and a tree that was decoded."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

import msgspec

from queues_app.bodies import Node, NotJsonError, Tree, parse_json, paths
from queues_app.bodies.guess import BYTE_ORDER_MARK
from queues_app.finding import Path
from queues_app.masking.patterns import MASK, replaced
from queues_app.masking.rules import ANY, Rules
from queues_app.masking.scan import FEWEST_NUMBER_SIGNS, MARK, Look, scan

MASKED_JSON: Final = f'"{MASK}"'
_STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SPACE: Final = r"[ \t\n\r]*+"
_BARE: Final = r"[^\s,:\"\[\]{}]++"


def _tokens(member: str | None = None) -> re.Pattern[str]:
    """Of a text that is known to be JSON: a string, with its colon where it is a key; brackets; what stands bare.

    Each `member` that needs no look is passed over, and an object that has no others stands bare.
    """
    start = rf"(?:{member})++|" if member else ""
    bare = rf"\{{{_SPACE}(?:{member})*+\}}|{_BARE}" if member else _BARE
    return re.compile(rf"{start}({_STRING})({_SPACE}:)?+|([\]}}])|({bare})|([\[{{])", re.DOTALL)


_UNMARKED: Final = rf'"(?!{MARK})[^"\\]*+"'
_TOKENS: Final = _tokens()
# Members without a mark whose value is no container, all that follow each other at once.
_FEWER_TOKENS: Final = _tokens(rf"{_UNMARKED}{_SPACE}:{_SPACE}(?:{_UNMARKED}|{_BARE})[\s,]*+")
# Levels of JSON texts inside strings that are read; what lies deeper is masked whole.
_MOST_LEVELS: Final = 4
_SHORTEST_JSON: Final = 7  # {"a":1}
_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+")
_LITERALS: Final = frozenset({"true", "false", "null"})
_CONTAINER: Final = re.compile(rf"{BYTE_ORDER_MARK}?[ \t\n\r]*[\[{{]")
_QUOTED: Final = re.compile(rf'{BYTE_ORDER_MARK}?[ \t\n\r]*"')
# Times that a JSON text is written as a string of another, and again, with nothing beside it.
_MOST_QUOTINGS: Final = 3
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Found:
    """What was masked, in its order: where it stands, and what stood there.

    `inside` gives a string that is only a wrapping with its masks, and the same string where it is none.
    """

    rules: Rules
    inside: Callable[[str], str]
    places: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list, repr=False)
    keys: dict[str, bool] = field(default_factory=dict, repr=False)

    def add(self, place: str, value: str) -> None:
        self.places.append(place)
        self.values.append(value)

    def masks(self, key: str) -> bool:
        known = self.keys.get(key)
        if known is None:
            known = self.keys[key] = self.rules.masks_key(key)
        return known

    def name(self, key: str) -> str:
        return replaced(key, self.rules.patterns)

    def value(self, text: str) -> str:
        return self.rules.in_text(text)

    def string(self, text: str) -> str:
        masked = self.value(text)
        return self.inside(text) if masked == text else masked


@dataclass(slots=True)
class _Open:
    """A container whose end was not met yet. `count` is the place of the next item; None in an object."""

    name: str | int | None
    waiting: tuple[Path, ...]
    count: int | None


@dataclass(slots=True)
class _Walk:
    """Where one stands in a structure."""

    found: Found
    root: str
    waiting: tuple[Path, ...]
    open_now: list[_Open] = field(default_factory=list)
    # Of the value at hand: its key as shown, or its place; and the ends of the paths that may still hold below it.
    name: str | int | None = None
    below: tuple[Path, ...] = ()

    def reach(self, key: str | None, shown: str | None) -> bool:
        """Come to a value with this key, None in a list; whether it is masked as a whole."""
        top = self.open_now[-1] if self.open_now else None
        if top is None:
            self.name, self.below = None, self.waiting
            return False
        if top.count is None:
            key = key or ""
            self.name, self.below = shown, _after(top.waiting, key)
            return () in self.below or self.found.masks(key)
        self.name, self.below = top.count, _after(top.waiting, top.count)
        top.count += 1
        return () in self.below

    def enter(self, *, is_list: bool) -> None:
        self.open_now.append(_Open(self.name, self.below, 0 if is_list else None))

    @property
    def path(self) -> str:
        """Made only where something is masked."""
        path = self.root
        for name in (*(each.name for each in self.open_now), self.name):
            if name is not None:
                path = paths.below(path, None, name) if isinstance(name, int) else paths.below(path, name, None)
        return path


def _after(waiting: tuple[Path, ...], step: str | int) -> tuple[Path, ...]:
    """What is left of these paths below `step`. A key goes through lists, as in a filter."""
    if not waiting:
        return ()
    left = [path[1:] for path in waiting if path[0] in (step, ANY)]
    if isinstance(step, int):
        left += [path for path in waiting if isinstance(path[0], str)]
    return tuple(left)


def is_json(text: str) -> bool:
    """Whether this is a JSON text; quick where it is."""
    try:
        msgspec.json.decode(text.removeprefix(BYTE_ORDER_MARK))
    except (msgspec.MsgspecError, ValueError, RecursionError, ArithmeticError):
        try:
            parse_json(text.removeprefix(BYTE_ORDER_MARK))
        except NotJsonError:
            return False
    return True


def is_container(text: str) -> bool:
    """Whether it begins as a JSON object or list does."""
    return _CONTAINER.match(text) is not None


def json_text(text: str, found: Found, root: str = paths.ROOT, waiting: tuple[Path, ...] = (), level: int = 0) -> str:
    """A JSON text with its masks. Each other sign of it stays as it stood.

    `root` and `waiting` say where it stands, for one that is a string of another.
    """
    bare = text.removeprefix(BYTE_ORDER_MARK)
    look = scan(bare, found, waiting)
    if look is None:
        return text
    return text[: len(text) - len(bare)] + _walked(look, _Walk(found, root, look.waiting), level)


def json_in(text: str) -> str | None:
    """The JSON object or list that this text is, or is a string of; None where it is none."""
    for _ in range(_MOST_QUOTINGS + 1):
        if len(text) < _SHORTEST_JSON or not (is_container(text) or _QUOTED.match(text)) or not is_json(text):
            return None
        if is_container(text):
            return text
        text = str(json.loads(text.removeprefix(BYTE_ORDER_MARK), strict=False))
    return None


def _walked(look: Look, walk: _Walk, level: int) -> str:
    found, text = walk.found, look.text
    out: list[str] = []
    kept = skipping = began = 0
    key = shown = None
    tokens = _TOKENS if look.members else _FEWER_TOKENS
    # Members without a mark have no group.
    for match in filter(attrgetter("lastindex"), tokens.finditer(text)):
        string, colon, closing, bare, opening = match.groups()
        if skipping:
            # Within a container that is masked as a whole.
            skipping += (opening is not None) - (closing is not None)
            if not skipping:
                found.add(walk.path, _unmarked(text[began : match.end()]))
                out += (text[kept:began], MASKED_JSON)
                kept = match.end()
        elif closing:
            walk.open_now.pop()
        elif colon is not None:
            key = _unquoted(string)
            shown = found.name(key) if string[1] == MARK else key
            if shown != key:
                out += (text[kept : match.start()], _quoted(shown))
                kept = match.end(1)
        else:
            is_masked = walk.reach(key, shown)
            if opening and is_masked:
                skipping, began = 1, match.start()
            elif opening:
                walk.enter(is_list=opening == "[")
            elif (masked := _scalar(string, bare, walk, level, is_masked=is_masked)) is not None:
                out += (text[kept : match.start()], masked)
                kept = match.end()
    return _unmarked("".join(out) + text[kept:]) if out else _unmarked(text)


def _scalar(string: str | None, bare: str | None, walk: _Walk, level: int, *, is_masked: bool) -> str | None:
    """What stands for a string, number or literal; None where it stays. What is masked is noted."""
    found = walk.found
    if not is_masked and string is not None and string[1] != MARK:
        return None
    if is_masked:
        found.add(walk.path, bare or _unquoted(string or '""'))
        return MASKED_JSON
    if string is None:
        number = bare or ""
        if number[0] == "{" or len(number) < FEWEST_NUMBER_SIGNS or found.value(number) == number:
            return None
        found.add(walk.path, number)
        return MASKED_JSON
    text = _unquoted(string)
    masked = _string(text, walk, level)
    return None if masked == text else _quoted(masked)


def _string(text: str, walk: _Walk, level: int) -> str:
    """A string with its masks; they are noted."""
    found, inner = walk.found, json_in(text)
    if inner is not None and level < _MOST_LEVELS:
        masked = json_text(inner, found, walk.path, walk.below, level + 1)
        return text if masked == inner else masked
    masked = found.string(text) if inner is None else MASK
    if masked != text:
        found.add(walk.path, text)
    return masked


def tree_text(tree: Tree, found: Found, waiting: tuple[Path, ...]) -> str:
    """A decoded tree with its masks as JSON text; what JSON has no word for is a string there."""
    walk = _Walk(found, paths.ROOT, waiting)
    nodes, out = tree.nodes, list[str]()
    ends: list[tuple[int, str]] = []
    index = 0
    while index < len(nodes):
        while ends and index >= ends[-1][0]:
            out.append(ends.pop()[1])
            walk.open_now.pop()
        node = nodes[index]
        if out and out[-1][-1] not in "[{":
            out.append(",")
        shown = None if node.key is None else found.name(node.key)
        if shown is not None:
            out.append(f"{_quoted(shown)}:")
        if walk.reach(node.key, shown):
            found.add(walk.path, _told(nodes[index : node.end]))
            out.append(MASKED_JSON)
            index = node.end
        elif node.kind in ("object", "array"):
            out.append("{" if node.kind == "object" else "[")
            ends.append((node.end, "}" if node.kind == "object" else "]"))
            walk.enter(is_list=node.kind == "array")
            index += 1
        else:
            out.append(_leaf(node, walk))
            index += 1
    return "".join(out) + "".join(end for _, end in reversed(ends))


def _leaf(node: Node, walk: _Walk) -> str:
    found, text = walk.found, node.text
    if node.kind == "string" and "bytes" not in node.type:
        masked = _string(text, walk, 0)
    else:
        # Of byte strings inside a structure nobody knows what they hold.
        masked = MASK if "bytes" in node.type else _number(text, found)
        if masked != text:
            found.add(walk.path, text)
    if masked != text:
        return _quoted(masked)
    is_plain = node.kind != "string" and (text in _LITERALS or _JSON_NUMBER.fullmatch(text))
    return text if is_plain else _quoted(text)


def _number(text: str, found: Found) -> str:
    return MASK if len(text) >= FEWEST_NUMBER_SIGNS and found.value(text) != text else text


def _told(nodes: tuple[Node, ...]) -> str:
    """What stood where a whole part of a tree was masked."""
    if len(nodes) == 1:
        return nodes[0].text
    first = nodes[0].depth
    part = tuple(node._replace(key=node.key if at else None, depth=node.depth - first) for at, node in enumerate(nodes))
    return "\n".join(f"{'  ' * node.depth}{'' if node.key is None else f'{node.key}: '}{node.text}" for node in part)


def _unmarked(text: str) -> str:
    return text.replace(MARK, "")


def _unquoted(string: str) -> str:
    string = _unmarked(string)
    return string[1:-1] if "\\" not in string else str(json.loads(string, strict=False))


def _quoted(text: str) -> str:
    # Half of a surrogate pair can stand in an escape only.
    return json.dumps(text, ensure_ascii=_SURROGATE.search(text) is not None)
