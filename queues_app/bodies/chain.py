"""From a body and its content type to a reading, one named step after the other.

Order (Cloudflare's sources contradict each other, so the content decides): JSON before base64,
because the JSON texts `true`, `null` and `1234` are base64 alphabet too, while no base64 of JSON is
itself JSON. Every failure is a step with a reason; nothing raises.
"""

from dataclasses import dataclass, field

from queues_app.bodies import strict_base64
from queues_app.bodies.binary import recognise
from queues_app.bodies.exact_json import NotJsonError, Tree, parse
from queues_app.bodies.guess import (
    BYTE_ORDER_MARK,
    is_plausible,
    starts_as_container,
    starts_as_json,
    text_of,
)
from queues_app.bodies.reading import Reading
from queues_app.bodies.results import Badge, Kind, Limits, Step
from queues_app.bodies.segments import UNDECODED, is_textual, remarks
from queues_app.bodies.tree_lines import amount_of
from queues_app.bodies.wording import Declared, declared_type, size_text, utf8, utf8_size


@dataclass(slots=True)
class _Chain:
    """A reading in the making. Until a step succeeds, it is the body as text."""

    body: str
    limits: Limits
    text: str | None
    kind: Kind = "text"
    steps: list[Step] = field(default_factory=list)
    data: bytes | None = None
    tree: Tree | None = None
    badges: list[Badge] = field(default_factory=list)
    problem: str = ""
    notes: list[str] = field(default_factory=list)

    def failed(self, name: str, failure: str) -> str:
        self.steps.append(Step(name, "", ok=False, failure=failure))
        return failure

    def done(self, name: str, detail: str) -> None:
        self.steps.append(Step(name, detail, ok=True))


def read(body: str, content_type: str | None, is_string: bool = True, limits: Limits | None = None) -> Reading:
    """Read a body whole. `is_string` is false for a wire value that was bare JSON. Never raises."""
    limits = limits or Limits()
    declared = declared_type(content_type)
    chain = _Chain(body, limits, body)
    if len(body) > limits.max_decode_bytes:
        reason = f"larger than {size_text(max(limits.max_decode_bytes, 0))}, so it is shown as it stood"
        chain.problem = f"Not decoded: {chain.failed('size', reason)}."
    elif not is_string:
        _bare_json(chain)
    else:
        {"text": _text, "json": _json, "bytes": _bytes, "v8": _v8, "unknown": _unknown}[declared](chain)
    return _finished(chain, declared)


def _finished(chain: _Chain, declared: Declared) -> Reading:
    # Recognised bytes, text and JSON count as decoded; everything else is shown as it is.
    decoded = not chain.problem and (chain.text is not None or bool(chain.badges))
    badges = [] if decoded else [UNDECODED]
    badges += chain.badges
    if chain.text is not None:
        badges += remarks(chain.text)
    if chain.tree is not None:
        chain.notes += _tree_notes(chain.tree, chain.limits)
    return Reading(
        declared=declared,
        body=chain.body,
        wire_size=utf8_size(chain.body),
        kind=chain.kind,
        steps=tuple(chain.steps),
        data=utf8(chain.body) if chain.data is None else chain.data,
        text=chain.text,
        tree=chain.tree,
        badges=tuple(badges),
        problem=chain.problem,
        notes=tuple(chain.notes),
        limits=chain.limits,
    )


def _tree_notes(tree: Tree, limits: Limits) -> list[str]:
    notes = []
    if tree.depth > limits.max_depth:
        notes.append(f"Nested {tree.depth:,} deep; shown down to level {max(limits.max_depth, 0):,}.")
    if tree.duplicates:
        notes.append(
            "One key stands twice in the same object; both are shown."
            if tree.duplicates == 1
            else f"{tree.duplicates:,} keys stand again in the same object; all are shown."
        )
    return notes


def _text(chain: _Chain) -> None:
    chain.done("text", "UTF-8")


def _bare_json(chain: _Chain) -> None:
    chain.notes.append("The body stood on the wire as a JSON value, not as a string.")
    if reason := _try_json(chain, chain.body):
        chain.problem = f"Not JSON: {chain.failed('JSON', reason)}."


def _json(chain: _Chain) -> None:
    reason = _try_json(chain, chain.body)
    if not reason:
        return
    if not chain.body:
        chain.problem = f"Declared as JSON, but {chain.failed('JSON', 'it is empty')}."
    elif trouble := strict_base64.trouble(chain.body):
        chain.failed("JSON", reason)
        chain.failed("base64", trouble)
        also = "" if starts_as_json(chain.body) else f" Nor base64: {trouble}."
        chain.problem = f"Declared as JSON, but it is not: {reason}.{also}"
    elif (text := _utf8(chain, _decode(chain))) is None:
        chain.problem = f"Declared as JSON, but base64 gives no text: {chain.steps[-1].failure}."
    elif reason := _try_json(chain, text):
        chain.problem = f"Declared as JSON, but what base64 gives is not: {chain.failed('JSON', reason)}."


def _bytes(chain: _Chain) -> None:
    if trouble := strict_base64.trouble(chain.body):
        chain.problem = f"Declared as bytes, which come as base64, but this is not: {trouble}."
        chain.failed("base64", trouble)
        return
    _payload(chain, _decode(chain))


def _v8(chain: _Chain) -> None:
    if trouble := strict_base64.trouble(chain.body):
        chain.problem = f"Declared as v8, which comes as base64, but this is not: {trouble}."
        chain.failed("base64", trouble)
        return
    data = _decode(chain)
    chain.kind, chain.text = "v8", None
    if len(data) >= 2 and data[0] == 0xFF:
        chain.done("v8", f"format {data[1]}")
        chain.notes.append("A value serialised by V8, shown as its bytes and the text found in them.")
    else:
        reason = "byte 1 is not 0xff, with which V8's format starts" if data else "it is empty"
        chain.problem = f"Declared as v8, but it is not: {chain.failed('v8', reason)}."


def _unknown(chain: _Chain) -> None:
    if not _try_json(chain, chain.body):
        return
    if chain.body and not strict_base64.trouble(chain.body):
        data = strict_base64.decode(chain.body)
        if is_plausible(chain.body, data, text_of(data)):
            _payload(chain, _decode(chain))
            return
    chain.done("text", "UTF-8")


def _decode(chain: _Chain) -> bytes:
    chain.data = strict_base64.decode(chain.body)
    chain.done("base64", size_text(len(chain.data)))
    return chain.data


def _utf8(chain: _Chain, data: bytes) -> str | None:
    """The text of decoded bytes; without one, the reading becomes binary and says where it failed."""
    chain.text = text_of(data)
    if chain.text is not None and is_textual(chain.text):
        chain.done("UTF-8", f"{len(chain.text):,} character{'' if len(chain.text) == 1 else 's'}")
        return chain.text
    chain.failed("UTF-8", _where_no_text(data))
    chain.kind, chain.text = "binary", None
    if name := recognise(data):
        chain.badges.append(Badge("recognised", name))
    return None


def _where_no_text(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1:,} (0x{data[error.start]:02x}) is not UTF-8"
    return "more than a tenth are control characters"


def _payload(chain: _Chain, data: bytes) -> None:
    """Bytes that may be anything: a known kind of file, text, JSON, or just bytes."""
    if name := recognise(data):
        chain.kind, chain.text = "binary", None
        chain.done(name, "recognised by its first bytes")
        chain.badges.append(Badge("recognised", name))
        return
    text = _utf8(chain, data)
    if text is not None and starts_as_container(text) and (reason := _try_json(chain, text)):
        chain.notes.append(f"It starts like JSON, but is not: {reason}.")


def _try_json(chain: _Chain, text: str) -> str:
    """Read `text` as JSON into the chain; why not, when it is none."""
    sound = text.removeprefix(BYTE_ORDER_MARK)
    if len(sound) > chain.limits.max_json_chars:
        return f"more than {max(chain.limits.max_json_chars, 0):,} characters, too many to parse"
    try:
        tree = parse(sound)
    except NotJsonError as error:
        return error.sentence
    chain.kind, chain.text, chain.tree = "json", text, tree
    chain.done("JSON", amount_of(tree.nodes[0]))
    if sound is not text and len(sound) < len(text):
        chain.notes.append("It starts with a byte order mark, which was left out.")
    return ""
