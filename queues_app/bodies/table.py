"""A table of an array whose items are objects, as of the lines of NDJSON or of an order."""

from dataclasses import dataclass

from queues_app.bodies import paths
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


def is_table(tree: Tree, index: int) -> bool:
    """Whether an array of objects stands here."""
    node = tree.nodes[index]
    return (
        node.kind == "array"
        and node.children > 0
        and all(tree.nodes[item].kind == "object" for item in _children(tree, index))
    )


def table_of(tree: Tree, limits: Limits, path: str = paths.ROOT) -> Table | None:
    """The table of the array of objects at a path, as the tree's lines write it; None where none stands there."""
    index = _at(tree, path)
    if index is None or not is_table(tree, index):
        return None
    items = _children(tree, index)
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


def _at(tree: Tree, wanted: str) -> int | None:
    """The first value at a path. Only what the path can lead through is walked."""
    due = [(0, paths.ROOT)]
    while due:
        index, path = due.pop()
        if path == wanted:
            return index
        is_array = tree.nodes[index].kind == "array"
        below = [
            (child, paths.below(path, tree.nodes[child].key, place if is_array else None))
            for place, child in enumerate(_children(tree, index))
        ]
        due += [each for each in reversed(below) if wanted.startswith(each[1])]
    return None


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
