"""Trees of values that came from no JSON text: one pass without recursion, each value seen once.

A decoder says what one value is (`Describe`); this module walks. A value that is met again, shared or inside itself,
is a line that points to where it was shown: so nothing circular runs on, and nothing shared grows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from queues_app.bodies import paths
from queues_app.bodies.exact_json import Node, NodeKind, TooManyValuesError, Tree

# Characters of a path that are kept: each branch has one, and a key may be as long as a message.
_LONGEST_PATH: Final = 500


class Leaf(NamedTuple):
    """A value without parts: its text, and what the format calls it where JSON has no name for it."""

    kind: NodeKind
    text: str
    type: str = ""


class Branch(NamedTuple):
    """A value with parts. Keys are None in an array; `type` is what the format calls it."""

    kind: Literal["object", "array"]
    items: Iterable[tuple[str | None, object]]
    type: str = ""


type Describe = Callable[[object], Leaf | Branch]


@dataclass(slots=True)
class _Open:
    """A branch whose end was not met yet."""

    index: int
    branch: Branch
    items: Iterator[tuple[str | None, object]]
    key: str | None
    path: str
    value: object
    children: int = 0


def tree_of(value: object, describe: Describe, *, most_values: int) -> Tree:
    """The tree of a value.

    Raises TooManyValuesError beyond `most_values`, and what `describe` raises.
    """
    nodes: list[Node] = []
    stack: list[_Open] = []
    seen: dict[int, str] = {}
    depth = 0

    def add(key: str | None, one: object, path: str) -> None:
        nonlocal depth
        if len(nodes) >= most_values:
            raise TooManyValuesError
        what = _pointer(seen[id(one)]) if id(one) in seen else describe(one)
        if isinstance(what, Leaf):
            nodes.append(Node(what.kind, len(stack), key, what.text, 0, len(nodes) + 1, what.type))
            return
        seen[id(one)] = path
        nodes.append(Node(what.kind, len(stack), key, "", 0, len(nodes) + 1, what.type))
        # The value is held on to: an id is only good as long as its object lives.
        stack.append(_Open(len(nodes) - 1, what, iter(what.items), key, path, one))
        depth = max(depth, len(stack))

    held: list[object] = [value]
    add(None, value, paths.ROOT)
    while stack:
        top = stack[-1]
        following = next(top.items, None)
        if following is None:
            stack.pop()
            nodes[top.index] = Node(top.branch.kind, len(stack), top.key, "", top.children, len(nodes), top.branch.type)
            held.append(top.value)
            continue
        key, one = following
        place = top.children if key is None else None
        top.children += 1
        add(key, one, _below(top.path, key, place))
    return Tree(tuple(nodes), depth, 0)


def _below(path: str, key: str | None, place: int | None) -> str:
    """The path of a child; one that grew too long is cut, and grows no more."""
    if len(path) > _LONGEST_PATH:
        return path
    below = paths.below(path, key, place)
    return below if len(below) <= _LONGEST_PATH else f"{below[:_LONGEST_PATH]}…"


def _pointer(path: str) -> Leaf:
    return Leaf("literal", f"↻ see {path or 'the top'}", "shown before")


def plain(tree: Tree) -> object:
    """The tree as plain values: dict, list, str, int or Decimal, bool, None. Of a key that stands twice, the last."""
    done: object = None
    stack: list[tuple[Node, dict[str, object] | list[object]]] = []
    for index, node in enumerate(tree.nodes):
        while stack and index >= stack[-1][0].end:
            stack.pop()
        value = node.plain()
        if stack:
            holder = stack[-1][1]
            if isinstance(holder, dict):
                holder[node.key or ""] = value
            else:
                holder.append(value)
        else:
            done = value
        if isinstance(value, dict | list):
            stack.append((node, value))
    return done
