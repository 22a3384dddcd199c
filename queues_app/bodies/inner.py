"""JSON inside the strings of a tree: programs that pass each other's messages on write it so."""

from typing import Final

from queues_app.bodies.exact_json import Node, NotJsonError, TooManyValuesError, Tree, parse
from queues_app.bodies.guess import starts_as_container
from queues_app.bodies.results import Limits

INNER: Final = "JSON in strings"
_SHORTEST: Final = 7  # {"a":1}
_MOST_DEPTH: Final = 4


def opened(tree: Tree, limits: Limits) -> tuple[Tree, int]:
    """The tree with each such string as what it holds, and how many were opened.

    Raises TooManyValuesError.
    """
    if not any(_may_hold_json(node) for node in tree.nodes):
        return tree, 0
    nodes, number = _opened(tree.nodes, limits, _MOST_DEPTH)
    depth = max((node.depth + (node.kind in ("object", "array")) for node in nodes), default=0)
    return Tree(tuple(nodes), depth, tree.duplicates), number


def _opened(nodes: tuple[Node, ...], limits: Limits, levels: int) -> tuple[list[Node], int]:
    made: list[Node] = []
    number = 0
    waiting: list[tuple[int, int]] = []  # where a container stands in `made`, and where it ended before
    for index, node in enumerate(nodes):
        while waiting and index >= waiting[-1][1]:
            at, _ = waiting.pop()
            made[at] = made[at]._replace(end=len(made))
        inside = _inside(node, limits) if levels else None
        if inside is None:
            made.append(node._replace(end=len(made) + 1))
            if node.end > index + 1:
                waiting.append((len(made) - 1, node.end))
        else:
            below, more = _opened(inside.nodes, limits, levels - 1)
            start = len(made)
            made += [one._replace(depth=one.depth + node.depth, end=one.end + start) for one in below]
            made[start] = made[start]._replace(key=node.key, type="JSON in a string")
            number += 1 + more
        if len(made) > limits.max_values:
            raise TooManyValuesError
    for at, _ in waiting:
        made[at] = made[at]._replace(end=len(made))
    return made, number


def _may_hold_json(node: Node) -> bool:
    return node.kind == "string" and not node.type and len(node.text) >= _SHORTEST and starts_as_container(node.text)


def _inside(node: Node, limits: Limits) -> Tree | None:
    if not _may_hold_json(node) or len(node.text) > limits.max_json_chars:
        return None
    try:
        tree = parse(node.text, limits.max_json_values)
    except NotJsonError:
        return None
    return tree if tree.nodes[0].children else None
