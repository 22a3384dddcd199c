"""A JSON tree as flat lines, so that a template is one plain loop at any depth.

`open` and `close` lines come in pairs around what stands inside; a template writes
`<details><summary>…</summary>` for the one and `</details>` for the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from queues_app.bodies import paths
from queues_app.bodies.exact_json import Node, NodeKind, Tree, is_inexact_elsewhere
from queues_app.bodies.results import Limits, Segment, Shown
from queues_app.bodies.segments import show
from queues_app.bodies.table import is_table
from queues_app.bodies.wording import counted

_LEVELS_OPEN = 2
_MOST_OPEN_CHILDREN = 50
_BRIEF_MEMBERS = 2
_BRIEF_CHARACTERS = 40
_BRACKETS = {"object": ("{", "}"), "array": ("[", "]")}
# What says nothing to a reader of one line.
_PLAIN_TYPES = ("text", "varint", "fixed", "message", "form", "shown before")


class Brief(NamedTuple):
    """One value inside a folded container, in a few words."""

    key: tuple[Segment, ...]
    kind: NodeKind
    value: tuple[Segment, ...]
    """Empty for containers; their kind says which brackets to draw."""
    cut: bool


class Line(NamedTuple):
    """One line of a rendered tree. What does not apply to its event is empty, 0 or None."""

    event: Literal["open", "close", "leaf", "more"]
    kind: NodeKind
    depth: int
    key: tuple[Segment, ...] | None = None
    """Its key in an object; an empty key is an empty tuple."""
    place: int | None = None
    """Its place in an array, from 0."""
    value: tuple[Segment, ...] = ()
    """The string without quotes, the number or the literal; the bracket of `open` and `close`."""
    rest: int = 0
    """Characters of `value` left out; for "more": values of the whole tree left out."""
    exact: bool = False
    """A number that a double, and so JavaScript, would change; here it is exact."""
    children: int = 0
    amount: str = ""
    """"6 keys", "2 items"."""
    opened: bool = False
    """Whether an `open` line starts unfolded."""
    brief: tuple[Brief, ...] = ()
    """The first values inside, for a folded container."""
    brief_more: int = 0
    """How many children stand beyond `brief`."""
    note: str = ""
    """A sentence for the person, such as what was left out."""
    type: str = ""
    """What the format calls the value, where JSON has no name for it."""
    path: str = ""
    """Where it stands, as people write it: `lines[0].sku`."""
    is_table: bool = False
    """Whether it is an array of objects inside another value, which can be looked at as a table."""


@dataclass(slots=True)
class _Open:
    node: Node
    place: int | None = None
    """Place of the next child, when the container is an array."""
    path: str = paths.ROOT


def lines(tree: Tree, limits: Limits) -> Iterator[Line]:
    """The lines of a tree, in order, within the limits."""
    nodes, open_now = tree.nodes, list[_Open]()
    index = shown = 0
    while index < len(nodes):
        while open_now and index >= open_now[-1].node.end:
            yield _closing(open_now.pop().node)
        node = nodes[index]
        if shown >= max(limits.max_nodes, 0):
            yield _more(node, len(nodes) - index)
            break
        shown += 1
        place = _take_place(open_now)
        path = paths.below(open_now[-1].path, node.key, place) if open_now else paths.ROOT
        if node.children and node.depth < limits.max_depth:
            yield _opening(tree, index, place, path, limits)
            open_now.append(_Open(node, 0 if node.kind == "array" else None, path))
            index += 1
        else:
            yield _leaf(node, index, place, path, limits)
            index = node.end
    while open_now:
        yield _closing(open_now.pop().node)


def one_line(tree: Tree, most: int) -> str:
    """The beginning of a tree as people write such values: `{order: "A-88307", sent: Date 2026-11-20…`."""
    out: list[str] = []
    length, open_now = 0, list[Node]()
    for index, node in enumerate(tree.nodes):
        while open_now and index >= open_now[-1].end:
            out.append(_BRACKETS[open_now.pop().kind][1])
        first = not open_now or tree.nodes[index - 1] is open_now[-1]
        before = "" if first else ", "
        key = "" if node.key is None else f"{node.key}: "
        kind = f"{node.type} " if node.type and not node.type.startswith(_PLAIN_TYPES) else ""
        if node.kind in _BRACKETS:
            said = _BRACKETS[node.kind][0]
            open_now.append(node)
        else:
            said = f'"{node.text}"' if node.kind == "string" and not node.type else node.text
        out.append(f"{before}{key}{kind}{said}")
        length += len(out[-1])
        if length > most:
            return "".join(out)
    return "".join(out) + "".join(_BRACKETS[node.kind][1] for node in reversed(open_now))


def amount_of(node: Node) -> str:
    """How much a value holds: "6 keys", "1 item"; the kind of a scalar."""
    if node.kind == "object":
        return counted(node.children, "key")
    if node.kind == "array":
        return counted(node.children, "item")
    return node.text if node.kind == "literal" else node.kind


def _take_place(open_now: list[_Open]) -> int | None:
    if not open_now or open_now[-1].place is None:
        return None
    place = open_now[-1].place
    open_now[-1].place = place + 1
    return place


def _cut(text: str, limits: Limits) -> Shown:
    return show(text, limits.max_string, limits.max_segments)


def _key(node: Node, limits: Limits) -> tuple[Segment, ...] | None:
    if node.key is None:
        return None
    shown = _cut(node.key, limits)
    return (*shown.segments, Segment("text", "…")) if shown.rest else shown.segments


def _opening(tree: Tree, index: int, place: int | None, path: str, limits: Limits) -> Line:
    node = tree.nodes[index]
    brief = _brief(tree, index)
    return Line(
        "open",
        node.kind,
        node.depth,
        key=_key(node, limits),
        place=place,
        value=(Segment("text", _BRACKETS[node.kind][0]),),
        children=node.children,
        amount=amount_of(node),
        opened=node.depth == 0 or (node.depth < _LEVELS_OPEN and node.children <= _MOST_OPEN_CHILDREN),
        brief=brief,
        brief_more=node.children - len(brief),
        type=node.type,
        path=path,
        is_table=bool(path) and is_table(tree, index),
    )


def _closing(node: Node) -> Line:
    return Line("close", node.kind, node.depth, value=(Segment("text", _BRACKETS[node.kind][1]),))


def _leaf(node: Node, index: int, place: int | None, path: str, limits: Limits) -> Line:
    key = _key(node, limits)
    if node.kind in _BRACKETS:
        first, last = _BRACKETS[node.kind]
        if not node.children:
            value = (Segment("text", first + last),)
            amount = amount_of(node)
            return Line("leaf", node.kind, node.depth, key, place, value, amount=amount, type=node.type, path=path)
        inside = node.end - index - 1
        return Line(
            "leaf",
            node.kind,
            node.depth,
            key,
            place,
            (Segment("text", f"{first}…{last}"),),
            children=node.children,
            amount=amount_of(node),
            note=f"{inside:,} {_values(inside)} nested deeper, not shown; see raw",
            type=node.type,
            path=path,
        )
    shown = _cut(node.text, limits)
    return Line(
        "leaf",
        node.kind,
        node.depth,
        key,
        place,
        shown.segments,
        shown.rest,
        exact=node.kind == "number" and is_inexact_elsewhere(node.text),
        note=f"{shown.rest:,} more characters; see raw" if shown.rest else "",
        type=node.type,
        path=path,
    )


def _more(node: Node, left: int) -> Line:
    note = f"{left:,} more {_values(left)} not shown; see raw"
    return Line("more", node.kind, node.depth, rest=left, note=note)


def _values(number: int) -> str:
    return "value" if number == 1 else "values"


def _brief(tree: Tree, index: int) -> tuple[Brief, ...]:
    briefs: list[Brief] = []
    end = tree.nodes[index].end
    child = index + 1
    while child < end and len(briefs) < _BRIEF_MEMBERS:
        node = tree.nodes[child]
        shown = show(node.text, _BRIEF_CHARACTERS, _BRIEF_CHARACTERS)
        key = show(node.key or "", _BRIEF_CHARACTERS, _BRIEF_CHARACTERS).segments
        briefs.append(Brief(key, node.kind, shown.segments, shown.rest > 0))
        child = node.end
    return tuple(briefs)
