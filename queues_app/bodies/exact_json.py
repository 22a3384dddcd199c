"""JSON read exactly: numbers as they were written, keys in order, duplicates kept, at any depth.

`json.loads` raises RecursionError on deep nesting and ValueError on integers of 5,000 digits, takes
NaN for JSON and rounds numbers; a message body can hold any of them. So Python's scanner, which is
written in C, reads with every such habit taken from it, and what it gives up on, because it is deep
or because it is wrong, is read in one pass over a flat list that says where and why. The grammar of
both is that of RFC 8259, no more.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import repeat
from typing import Any, Final, Literal, NamedTuple, NoReturn

type NodeKind = Literal["object", "array", "string", "number", "literal"]

_WS = r"[ \t\n\r]*+"
_STRING = r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
_VALUE = rf"(?:({_STRING})|({_NUMBER})|(true|false|null)|([\[{{])){_WS}([,\]}}])?"
# One match takes a whole `"key": scalar,`, which is what makes this quick enough in Python.
_ELEMENT = re.compile(_WS + _VALUE)
_MEMBER = re.compile(rf"{_WS}({_STRING}){_WS}:{_WS}{_VALUE}")
_AFTER = re.compile(rf"{_WS}([,\]}}])?")
_BLANK = re.compile(_WS)
_FULL_STRING = re.compile(_STRING)
_KEY = re.compile(rf"{_STRING}{_WS}:")
_NUMBER_PARTS = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?")
_CLOSES = {"object": "}", "array": "]"}
_NOT_JSON_WORDS = re.compile(r"-?(?:NaN|Infinity|undefined|None|True|False)\b")
_MOST_DIGITS_OF_A_DOUBLE = 17
_MOST_DIGITS_OF_AN_INT = 4_000  # Python refuses to read longer ones
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Node(NamedTuple):
    """One value. The tree is the list of all of them in reading order, each before its children."""

    kind: NodeKind
    depth: int
    key: str | None
    """Its key, decoded, when it stands in an object."""
    text: str
    """The decoded string, or the literal or number exactly as written; empty for containers."""
    children: int
    end: int
    """Index after the last node inside this one: the next sibling, if there is one."""
    type: str = ""
    """What the format calls it where JSON has no name for it: "Map", "Date", "bytes"; empty for JSON."""

    def plain(self) -> object:
        """The value itself, exactly; of a container an empty one to be filled."""
        if self.kind == "object":
            return {}
        if self.kind == "array":
            return []
        if self.kind == "number":
            return _number(self.text)
        return _LITERALS.get(self.text, self.text) if self.kind == "literal" else self.text


@dataclass(frozen=True, slots=True)
class Tree:
    """A JSON text: its nodes in reading order."""

    nodes: tuple[Node, ...]
    depth: int
    """Levels of containers; 0 for a single scalar."""
    duplicates: int
    """Members whose key stood in the same object before."""


class TooManyValuesError(Exception):
    """More values than a reading may hold."""


class NotJsonError(ValueError):
    """This text is not JSON. `sentence` says why; `line` and `column` count from 1, in characters."""

    def __init__(self, text: str, offset: int, reason: str) -> None:
        self.offset = offset
        self.line = text.count("\n", 0, offset) + 1
        self.column = offset - text.rfind("\n", 0, offset)
        self.sentence = f"line {self.line:,}, column {self.column:,}: {reason}"
        super().__init__(self.sentence)


@dataclass(slots=True)
class _Open:
    """A container whose end was not seen yet."""

    index: int
    kind: Literal["object", "array"]
    key: str | None
    """Its own key; `keys` are those seen in it, when it is an object."""
    keys: set[str] | None = None
    children: int = 0


class _Reading:
    """The state of one pass over a text."""

    def __init__(self, text: str, most_values: int | None) -> None:
        self.text = text
        self.most_values = most_values
        self.nodes: list[Node] = []
        self.stack: list[_Open] = []
        self.depth = 0
        self.duplicates = 0

    def run(self) -> Tree:
        text, stack = self.text, self.stack
        pos = 0
        while True:
            top = stack[-1] if stack else None
            match = (_MEMBER if top and top.keys is not None else _ELEMENT).match(text, pos)
            if match is None:
                raise self._expected_value(pos)
            groups = match.groups()
            string, number, literal, bracket, mark = groups[-5:]
            key = None
            if top:
                top.children += 1
                if top.keys is not None:
                    key = self._key(top.keys, groups[0])
            pos = match.end()
            if bracket:
                self._open("object" if bracket == "{" else "array", key)
                if mark is None:
                    continue
                if mark == ",":
                    raise NotJsonError(text, pos - 1, "a value is missing before this comma")
            else:
                self._add(string, number or literal, "number" if number else "literal", key)
            if mark != "," or not top:
                pos = self._close(pos, mark)
            if pos < 0:
                return Tree(tuple(self.nodes), self.depth, self.duplicates)

    def _key(self, keys: set[str], quoted: str) -> str:
        key = _unquoted(quoted)
        if key in keys:
            self.duplicates += 1
        keys.add(key)
        return key

    def _add(self, string: str | None, bare: str, kind: Literal["number", "literal"], key: str | None) -> None:
        nodes, depth = self.nodes, len(self.stack)
        self._make_room()
        if string is not None:
            nodes.append(Node("string", depth, key, _unquoted(string), 0, len(nodes) + 1))
        else:
            nodes.append(Node(kind, depth, key, bare, 0, len(nodes) + 1))

    def _open(self, kind: Literal["object", "array"], key: str | None) -> None:
        self._make_room()
        index = len(self.nodes)
        self.stack.append(_Open(index, kind, key, set() if kind == "object" else None))
        if len(self.stack) > self.depth:
            self.depth = len(self.stack)
        # Its place; the counts are known when it closes.
        self.nodes.append(Node(kind, len(self.stack) - 1, key, "", 0, index + 1))

    def _make_room(self) -> None:
        if self.most_values is not None and len(self.nodes) >= self.most_values:
            raise TooManyValuesError

    def _close(self, pos: int, mark: str | None) -> int:
        """Take what follows a value; where the next one starts, or -1 at the end of the text."""
        while self.stack:
            top = self.stack[-1]
            if mark == ",":
                return pos
            if mark != _CLOSES[top.kind]:
                raise self._expected_mark(pos, mark, top)
            self.stack.pop()
            self.nodes[top.index] = Node(top.kind, len(self.stack), top.key, "", top.children, len(self.nodes))
            after = _AFTER.match(self.text, pos)
            mark = after[1] if after else None
            pos = after.end() if after else pos
        if mark is not None or pos < len(self.text):
            raise NotJsonError(self.text, pos - (mark is not None), "more text after the end of the value")
        return -1

    def _expected_mark(self, pos: int, mark: str | None, top: _Open) -> NotJsonError:
        closer = _CLOSES[top.kind]
        if mark is not None:
            return NotJsonError(self.text, pos - 1, f'"{mark}" closes what "{_opener(top)}" opened')
        if pos >= len(self.text):
            return NotJsonError(self.text, pos, f'the text ends before "{closer}" closes {_named(top)}')
        return NotJsonError(self.text, pos, _spoilt_number(self.text, pos) or f'expected "," or "{closer}"')

    def _expected_value(self, pos: int) -> NotJsonError:
        """Say what is wrong where a value, or a key and a value, was due."""
        text, top = self.text, self.stack[-1] if self.stack else None
        after_comma = text[pos - 1 : pos] == ","
        pos = _skip_blanks(text, pos)
        if pos >= len(text):
            said = f'the text ends before "{_CLOSES[top.kind]}" closes {_named(top)}' if top else "it is empty"
            return NotJsonError(text, pos, said)
        if after_comma and text[pos] in "]}":
            return NotJsonError(text, pos, "a comma stands before this bracket")
        if top and top.kind == "object":
            if text[pos] != '"':
                return NotJsonError(text, pos, "expected a key in double quotes")
            if not _KEY.match(text, pos):
                return _spoilt_string(text, pos) or self._expected_colon(pos)
            keyed = _KEY.match(text, pos)
            pos = _skip_blanks(text, keyed.end() if keyed else pos)
        return _spoilt_value(text, pos)

    def _expected_colon(self, pos: int) -> NotJsonError:
        string = _FULL_STRING.match(self.text, pos)
        return NotJsonError(self.text, _skip_blanks(self.text, string.end() if string else pos), 'expected ":"')


def parse(text: str, most_values: int | None = None) -> Tree:
    """The nodes of a JSON text, or `NotJsonError`. Linear in time and memory, at any depth.

    Raises TooManyValuesError beyond `most_values`.
    """
    try:
        return _flat(_scan(text), most_values)
    except (ValueError, RecursionError):
        return _Reading(text, most_values).run()


class _Number(str):
    """A number as it was written, told from a string by its type."""

    __slots__ = ()


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


_scan: Final = json.JSONDecoder(
    object_pairs_hook=tuple, parse_int=_Number, parse_float=_Number, parse_constant=_refuse
).decode
_KINDS: Final[dict[type, NodeKind]] = {
    str: "string",
    _Number: "number",
    bool: "literal",
    type(None): "literal",
    tuple: "object",
    list: "array",
}
_WRITTEN: Final = {literal: word for word, literal in _LITERALS.items()}
# What `Node(…)` does, without the function that a NamedTuple puts around it: half of the time of a large tree.
_node: Final[partial[Node]] = partial(tuple.__new__, Node)


def _flat(value: object, most_values: int | None) -> Tree:
    """The nodes of what the scanner read: a tuple of pairs for an object, a list for an array.

    Raises RecursionError and TooManyValuesError.
    """
    flattening = _Flattening(most_values)
    flattening.add(((None, value),), 0)
    return Tree(tuple(flattening.nodes), flattening.levels, flattening.duplicates)


class _Flattening:
    """The nodes so far, and what is to be known of them together."""

    def __init__(self, most_values: int | None) -> None:
        self.most_values = most_values
        self.nodes: list[Node] = []
        self.levels = 0
        self.duplicates = 0

    def add(self, items: Iterable[tuple[str | None, Any]], depth: int) -> None:
        """Values that stand side by side, and all that is in them."""
        nodes = self.nodes
        for key, value in items:
            kind, index = _KINDS[type(value)], len(nodes)
            if kind == "string":
                nodes.append(_node((kind, depth, key, value, 0, index + 1, "")))
            elif kind == "number":
                nodes.append(_node((kind, depth, key, str(value), 0, index + 1, "")))
            elif kind == "literal":
                nodes.append(_node((kind, depth, key, _WRITTEN[value], 0, index + 1, "")))
            else:
                # Its place; where it ends is known afterwards.
                nodes.append(_node((kind, depth, key, "", 0, 0, "")))
                # All that a container holds counts before any of it is made.
                if self.most_values is not None and len(nodes) + len(value) > self.most_values:
                    raise TooManyValuesError
                if kind == "object":
                    self.duplicates += len(value) - len(dict(value))
                self.levels = max(self.levels, depth + 1)
                self.add(value if kind == "object" else zip(repeat(None), value), depth + 1)
                nodes[index] = _node((kind, depth, key, "", len(value), len(nodes), ""))


def is_inexact_elsewhere(number: str) -> bool:
    """Whether this JSON number would change its value on a trip through a double, as in JavaScript."""
    if len(number) <= 15 and "e" not in number and "E" not in number:
        return False
    parts = _NUMBER_PARTS.match(number)
    digits = (parts[1] + (parts[2] or "")).strip("0") if parts else ""
    if not digits:
        return False
    # The shortest text of a double has at most 17 digits, so a longer number cannot come back whole.
    if len(digits) > _MOST_DIGITS_OF_A_DOUBLE:
        return True
    double = float(number)
    if double == 0 or double in (float("inf"), float("-inf")):
        return True
    return Decimal(repr(double)) != Decimal(number)


def _number(text: str) -> int | Decimal | str:
    """Exactly; a number that JSON has not, such as NaN, is its text."""
    try:
        return int(text) if len(text) <= _MOST_DIGITS_OF_AN_INT and text.lstrip("-").isdigit() else Decimal(text)
    except InvalidOperation:
        return text


def _unquoted(quoted: str) -> str:
    """The text of a JSON string that matched the grammar."""
    if "\\" not in quoted:
        return quoted[1:-1]
    # Safe here: one string, known to be sound, so neither depth nor digits can hurt.
    return str(json.loads(quoted))


def _skip_blanks(text: str, pos: int) -> int:
    match = _BLANK.match(text, pos)
    return match.end() if match else pos


def _opener(top: _Open) -> str:
    return "{" if top.kind == "object" else "["


def _named(top: _Open) -> str:
    return "the object" if top.kind == "object" else "the list"


def _spoilt_value(text: str, pos: int) -> NotJsonError:
    if pos >= len(text):
        return NotJsonError(text, pos, "the text ends where a value was due")
    if text[pos] == '"':
        return _spoilt_string(text, pos) or NotJsonError(text, pos, "expected a value")
    if word := _NOT_JSON_WORDS.match(text, pos):
        return NotJsonError(text, pos, f"{word[0]} is not JSON")
    if text[pos] in "+-." or text[pos].isdigit():
        return NotJsonError(text, pos, "this is no JSON number")
    if text[pos] == "'":
        return NotJsonError(text, pos, "JSON strings stand in double quotes")
    return NotJsonError(text, pos, "expected a value")


_SOUND_PART = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')


def _spoilt_string(text: str, pos: int) -> NotJsonError | None:
    """What is wrong with the string that starts at `pos`, if anything."""
    sound = _SOUND_PART.match(text, pos)
    end = sound.end() if sound else pos
    if end >= len(text):
        return NotJsonError(text, pos, "the string that starts here does not end")
    if text[end] == "\\":
        return NotJsonError(text, end, "this escape is not one of JSON's")
    if text[end] != '"':
        return NotJsonError(text, end, "a control character stands in a string unescaped")
    return None


def _spoilt_number(text: str, pos: int) -> str:
    """Why a number ended early at `pos`, if one did: 01, 1., 1e, 1_000."""
    if text[pos - 1 : pos].isdigit() and (text[pos] in ".eE_xX+-" or text[pos].isdigit()):
        return "this is no JSON number"
    return ""
