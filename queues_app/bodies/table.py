"""A table of an array whose items are objects, as of the lines of NDJSON."""

from dataclasses import dataclass

from queues_app.bodies.exact_json import Node, Tree
from queues_app.bodies.results import Limits, Segment
from queues_app.bodies.segments import show

_MOST_COLUMNS = 20
_MOST_ROWS = 200
_CELL = 120
_FOLDED = {"object": "{…}", "array": "[…]"}


@dataclass(frozen=True, slots=True)
class Table:
    """Columns in the order in which their keys were met; a cell is empty where an object has no such key."""

    columns: tuple[tuple[Segment, ...], ...]
    rows: tuple[tuple[tuple[Segment, ...], ...], ...]
    more_columns: int
    more_rows: int


def table_of(tree: Tree, limits: Limits) -> Table | None:
    """The table of a tree whose top is an array of objects; None for any other tree."""
    items = _children(tree, 0) if tree.nodes[0].kind == "array" else []
    if not items or any(tree.nodes[item].kind != "object" for item in items):
        return None
    keys: dict[str, None] = {}
    found: list[dict[str, Node]] = []
    for item in items[:_MOST_ROWS]:
        members = {tree.nodes[child].key or "": tree.nodes[child] for child in _children(tree, item)}
        keys.update(dict.fromkeys(members))
        found.append(members)
    columns = list(keys)[:_MOST_COLUMNS]
    return Table(
        columns=tuple(_text(key, limits) for key in columns),
        rows=tuple(
            tuple(_cell(members[key], limits) if key in members else () for key in columns) for members in found
        ),
        more_columns=len(keys) - len(columns),
        more_rows=len(items) - len(found),
    )


def _children(tree: Tree, index: int) -> list[int]:
    """The places of the children of a container."""
    places, at = [], index + 1
    while at < tree.nodes[index].end:
        places.append(at)
        at = tree.nodes[at].end
    return places


def _cell(node: Node, limits: Limits) -> tuple[Segment, ...]:
    return _text(_FOLDED.get(node.kind, node.text), limits)


def _text(text: str, limits: Limits) -> tuple[Segment, ...]:
    shown = show(text, _CELL, limits.max_segments)
    return (*shown.segments, Segment("text", "…")) if shown.rest else shown.segments
