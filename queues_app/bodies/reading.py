"""The whole reading of one body: how it got from the wire to what is shown, and every view of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from queues_app.bodies import binary, paths, tree_lines
from queues_app.bodies.binary import HexLine, Run
from queues_app.bodies.building import plain
from queues_app.bodies.exact_json import Tree
from queues_app.bodies.results import Badge, Kind, Limits, Shown, Step
from queues_app.bodies.segments import show
from queues_app.bodies.table import Table, table_of
from queues_app.bodies.wording import Declared, size_text, utf8


@dataclass(frozen=True, slots=True)
class Reading:
    """One body, read. Everything that can be long is made when asked for, within `limits`.

    The methods can be called without arguments, so a template can name them like values.
    """

    declared: Declared
    body: str
    """As it stood on the wire. May hold lone surrogates: show it through `raw` only."""
    wire_size: int
    """Bytes of `body` in UTF-8."""
    kind: Kind
    steps: tuple[Step, ...]
    data: bytes
    """The payload, for a download: after base64 where that was undone, else the body in UTF-8."""
    text: str | None
    """The decoded text. May hold lone surrogates: show it through `shown` only."""
    tree: Tree | None
    badges: tuple[Badge, ...]
    problem: str
    """What was tried and where it failed, for the person; empty when the body is what it promised."""
    is_stopped: bool
    """Whether a bound kept something from being read."""
    notes: tuple[str, ...]
    """Sentences that are no failure: depth not shown, keys that stand twice, what was recognised."""
    limits: Limits

    def after(self, place: int) -> "Reading | None":
        """The reading as it stood after step number `place`; None where that step left nothing."""
        stage = self.steps[place].result if 0 <= place < len(self.steps) else None
        if stage is None:
            return None
        data = stage.data if stage.data is not None else utf8(stage.text) if stage.text is not None else self.data
        kind: Kind = "text" if stage.text is not None and stage.tree is None else "binary"
        return replace(
            self,
            text=stage.text,
            tree=stage.tree,
            data=data,
            kind=self.kind if stage.tree is not None else kind,
            steps=self.steps[: place + 1],
            problem="",
            notes=(),
        )

    def value(self) -> object:
        """The tree as plain values (dict, list, str, int or Decimal, True, False, None); else the text; else None."""
        return self.text if self.tree is None else plain(self.tree)

    @property
    def last_bytes(self) -> bytes:
        """What the last step that left bytes left; the payload where there was none."""
        left = [step.result.data for step in self.steps if step.result is not None and step.result.data is not None]
        return left[-1] if left else self.data

    @property
    def payload_kind(self) -> Literal["json", "text", "binary"]:
        """What the payload is by itself, for a download: JSON or text only where no further step was needed."""
        if self.text is None or self.data != utf8(self.text):
            return "binary"
        return "json" if self.kind == "json" and not any(step.name == "NDJSON" for step in self.steps) else "text"

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return len(self.data)

    @property
    def wire_detail(self) -> str:
        """The wire size for people, for the first crumb."""
        return size_text(self.wire_size)

    def lines(self) -> Iterator[tree_lines.Line]:
        """The tree as flat lines; none without a tree."""
        return iter(()) if self.tree is None else tree_lines.lines(self.tree, self.limits)

    def shown(self) -> Shown:
        """The decoded text as segments; empty when it is no text."""
        return show(self.text or "", self.limits.max_text, self.limits.max_segments)

    def raw(self) -> Shown:
        """The body as it stood on the wire, as segments."""
        return show(self.body, self.limits.max_text, self.limits.max_segments)

    def table(self, path: str = paths.ROOT) -> Table | None:
        """What stands at a path of the tree as a table, where it is an array of objects."""
        return None if self.tree is None else table_of(self.tree, self.limits, path)

    def hex_lines(self) -> Iterator[HexLine]:
        """A hex dump of the payload, up to `max_hex_bytes`."""
        return binary.hex_lines(self.data, self.limits.max_hex_bytes)

    @property
    def hex_rest(self) -> int:
        """Bytes the hex dump leaves out."""
        return max(len(self.data) - max(self.limits.max_hex_bytes, 0), 0)

    def runs(self) -> tuple[Run, ...]:
        """Text found inside a binary or v8 payload; none for text and JSON."""
        return binary.text_runs(self.data, self.limits) if self.text is None else ()
