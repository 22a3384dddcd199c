"""A reading in the making, and the steps that every way of reading takes. One that fails says why; nothing raises."""

import time
from dataclasses import dataclass, field

from queues_app.bodies import strict_base64
from queues_app.bodies.binary import recognise
from queues_app.bodies.decoders import Decoded, UndecodableError
from queues_app.bodies.decoders.base import Plan, TooLargeError
from queues_app.bodies.decoders.written import JSON
from queues_app.bodies.exact_json import Tree
from queues_app.bodies.guess import text_of
from queues_app.bodies.results import Badge, Kind, Limits, Stage, Step
from queues_app.bodies.segments import is_textual
from queues_app.bodies.wording import counted, size_text

_OF_JSON = frozenset({"JSON", "NDJSON"})


@dataclass(slots=True)
class Making:
    """A reading in the making. Until a step succeeds, it is the body as text."""

    body: str
    limits: Limits
    plan: Plan
    text: str | None
    kind: Kind = "text"
    steps: list[Step] = field(default_factory=list)
    data: bytes | None = None
    """The payload: what base64 on the wire stood for."""
    now: bytes | None = None
    """Bytes that wait to be read on; None while `text` or `tree` is what the last step left."""
    tree: Tree | None = None
    badges: list[Badge] = field(default_factory=list)
    problem: str = ""
    is_stopped: bool = False
    """Whether a bound kept something from being read."""
    notes: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    step_began: float = field(default_factory=time.perf_counter)

    def failed(self, name: str, failure: str) -> str:
        self.steps.append(Step(name, "", ok=False, failure=failure, took_ms=self._took()))
        return failure

    def done(self, name: str, detail: str) -> None:
        left = Stage(self.now, None if self.now is not None else self.text, self.tree)
        self.steps.append(Step(name, detail, ok=True, took_ms=self._took(), result=left))

    def _took(self) -> float:
        before, self.step_began = self.step_began, time.perf_counter()
        return (self.step_began - before) * 1000


def no_base64(making: Making) -> str:
    """Why the body is not to be read as base64; empty where it is."""
    return "it is switched off" if "base64" in making.plan.off else strict_base64.trouble(making.body)


def decode_base64(making: Making) -> bytes:
    """Take the payload out of a body that is base64."""
    making.data = making.now = strict_base64.decode(making.body)
    making.done("base64", size_text(len(making.data)))
    return making.data


def read_utf8(making: Making, data: bytes) -> str | None:
    """The text of decoded bytes; without one, the reading becomes binary and says where it failed."""
    text = text_of(data)
    if text is not None and is_textual(text):
        became_text(making, text)
        return text
    is_no_text(making, data)
    return None


def became_text(making: Making, text: str) -> None:
    making.text, making.kind, making.now = text, "text", None
    making.done("UTF-8", counted(len(text), "character"))


def is_no_text(making: Making, data: bytes) -> None:
    making.failed("UTF-8", _where_no_text(data))
    making.kind, making.text = "binary", None
    if name := recognise(data):
        making.badges.append(Badge("recognised", name))


def _where_no_text(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1:,} (0x{data[error.start]:02x}) is not UTF-8"
    return "more than a tenth are control characters"


def try_json(making: Making, text: str) -> str:
    """Read `text` as JSON; why not, when it is none."""
    if "JSON" in making.plan.off:
        return "it is switched off"
    try:
        decoded = JSON.decode(text, making.limits)
    except UndecodableError as error:
        making.is_stopped |= isinstance(error, TooLargeError)
        return str(error)
    take(making, JSON.name, decoded)
    return ""


def take(making: Making, name: str, decoded: Decoded) -> None:
    making.now, making.text, making.tree = decoded.data, decoded.text, decoded.tree
    if decoded.tree is not None:
        making.kind = "json" if name in _OF_JSON else "structured"
    elif decoded.text is not None:
        making.kind = "text"
    making.notes += decoded.notes
    making.done(name, decoded.detail)
