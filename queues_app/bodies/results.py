"""What a reading is made of: small frozen values of text and numbers, ready for a template.

What is made by the thousand for one page (`Segment`, `Shown`, the tree's `Node` and `Line`) is a named
tuple; the rest are frozen dataclasses.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from queues_app.bodies.exact_json import Tree

type Kind = Literal["json", "text", "binary", "v8", "structured"]


class Segment(NamedTuple):
    """A piece of text. `control` is a character no eye can see, by name: "NUL", "ESC", "U+202E".

    `found` and `shared` are text that whoever shows it marks; nothing here makes them.
    """

    kind: Literal["text", "control", "found", "shared"]
    text: str


class Badge(NamedTuple):
    """A short remark beside a body; `kind` chooses its look, `text` is what it says."""

    kind: Literal["markup", "undecoded", "control", "recognised"]
    text: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What one step left, of which one or two are there: bytes, a text, a tree."""

    data: bytes | None = field(repr=False)
    text: str | None = field(repr=False)
    tree: Tree | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One crumb of the chain from the wire to what is shown.

    `detail` is the size or shape after the step ("1.4 kB", "6 keys"); `failure` says what failed
    and where, and is empty when `ok`. `result` is what the step left.
    """

    name: str
    detail: str
    ok: bool
    failure: str = ""
    took_ms: float = field(default=0.0, compare=False)
    result: Stage | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one reading. A negative bound counts as 0.

    Cloudflare takes messages of up to 128 KB, so only an answer that lies meets the first two.
    """

    max_decode_bytes: int = 4_194_304
    """Longer bodies are shown as they stood, undecoded."""
    max_json_chars: int = 1_048_576
    """Longer text is not parsed as JSON."""
    max_json_values: int | None = None
    """Values of JSON that are read; None: as many as so many characters hold."""
    max_unpacked_bytes: int = 4_194_304
    """What unpacks to more is stopped there."""
    max_value_bytes: int = 262_144
    """Longer bytes are not read value by value (v8, MessagePack, CBOR, Protobuf), where each byte costs far more."""
    max_steps: int = 8
    """Steps of one chain, base64 among them."""
    max_values: int = 200_000
    """Values of a tree that are read; what holds more is not."""
    max_seconds: float = 2.0
    """No step begins after that."""
    max_nodes: int = 1_000
    """Values of a tree that are rendered: forty screens of them."""
    max_depth: int = 64
    """Levels of a tree that are rendered; browsers stop nesting elements at 512."""
    max_string: int = 2_000
    """Characters shown of one string, number or key in a tree."""
    max_text: int = 131_072
    """Characters shown of a text."""
    max_segments: int = 4_000
    """Segments shown of a text: one of nothing but control characters has as many as characters."""
    max_hex_bytes: int = 4_096
    """Bytes shown in a hex dump."""
    max_runs: int = 400
    """Runs of text shown of a binary body."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One line about a body, made from its first few hundred characters.

    It says what the beginning suggests; `read` has the last word.
    """

    kind: Kind
    text_segments: tuple[Segment, ...]
    """Whitespace folded; empty for what could not be decoded."""
    size: int
    """Bytes of the payload (after base64, where there is any), by arithmetic."""
    badges: tuple[Badge, ...] = ()
    cut: bool = False
    """Whether there is more than is shown."""
    note: str = ""
    """For what could not be decoded, or is no text: what it is, in a few words."""
    hex: str = ""
    """The first bytes of a payload that is no text, such as "1f 8b 08 00"."""


class Shown(NamedTuple):
    """Text as segments, up to a bound; `rest` is the number of characters left out."""

    segments: tuple[Segment, ...]
    rest: int
