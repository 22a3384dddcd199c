"""From a body and its content type to a reading, one named step after the other.

The first steps follow Cloudflare's content type. Its sources contradict each other, so the content decides: JSON
before base64, because the JSON texts `true`, `null` and `1234` are base64 alphabet too, while no base64 of JSON is
itself JSON. Then the content says how to read on (decoders/), until nothing more is recognised or a bound is met. Every
failure is a step with a reason; nothing raises.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from queues_app.bodies import strict_base64
from queues_app.bodies.binary import recognise
from queues_app.bodies.building import TooManyValuesError
from queues_app.bodies.decoders import DECODERS, GUESSED, MARKED, OF_BYTES, OF_TEXT, WRITTEN, Decoded, UndecodableError
from queues_app.bodies.decoders.base import Decoder, Plan
from queues_app.bodies.decoders.written import JSON, parsed
from queues_app.bodies.events import event_of
from queues_app.bodies.exact_json import Tree
from queues_app.bodies.guess import is_plausible, starts_as_container, starts_as_json, text_of
from queues_app.bodies.inner import INNER, opened
from queues_app.bodies.pixels import pixels
from queues_app.bodies.reading import Reading
from queues_app.bodies.results import Badge, Kind, Limits, Stage, Step
from queues_app.bodies.segments import UNDECODED, is_textual, remarks
from queues_app.bodies.wording import Declared, counted, declared_type, size_text, utf8, utf8_size

_OF_JSON = frozenset({"JSON", "NDJSON"})


@dataclass(slots=True)
class _Chain:
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
    notes: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    mark: float = field(default_factory=time.perf_counter)

    def failed(self, name: str, failure: str) -> str:
        self.steps.append(Step(name, "", ok=False, failure=failure, took_ms=self._took()))
        return failure

    def done(self, name: str, detail: str) -> None:
        left = Stage(self.now, None if self.now is not None else self.text, self.tree)
        self.steps.append(Step(name, detail, ok=True, took_ms=self._took(), result=left))

    def _took(self) -> float:
        before, self.mark = self.mark, time.perf_counter()
        return (self.mark - before) * 1000


def read(
    body: str,
    content_type: str | None,
    is_string: bool = True,
    limits: Limits | None = None,
    plan: Plan | None = None,
) -> Reading:
    """Read a body whole. `is_string` is false for a wire value that was bare JSON. Never raises.

    `plan` switches decoders off, or names those that are to be used instead of what the content says.
    """
    limits = limits or Limits()
    declared = declared_type(content_type)
    chain = _Chain(body, limits, plan or Plan(), body)
    if len(body) > limits.max_decode_bytes:
        reason = f"larger than {size_text(max(limits.max_decode_bytes, 0))}, so it is shown as it stood"
        chain.problem = f"Not decoded: {chain.failed('size', reason)}."
    elif chain.plan.forced:
        _by_hand(chain, declared if is_string else "text")
    elif not is_string:
        _bare_json(chain)
    else:
        _READERS[declared](chain)
    return _finished(chain, declared)


def _finished(chain: _Chain, declared: Declared) -> Reading:
    # Recognised bytes, text and trees count as decoded; everything else is shown as it is.
    decoded = not chain.problem and (chain.text is not None or chain.tree is not None or bool(chain.badges))
    badges = [] if decoded else [UNDECODED]
    badges += chain.badges
    if chain.text is not None:
        badges += remarks(chain.text)
    if chain.tree is not None:
        chain.notes += _tree_notes(chain.tree, chain.limits)
    data = utf8(chain.body) if chain.data is None else chain.data
    return Reading(
        declared=declared,
        body=chain.body,
        wire_size=utf8_size(chain.body),
        kind=chain.kind,
        steps=tuple(chain.steps),
        data=data,
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


# By the content type


def _text(chain: _Chain) -> None:
    chain.done("text", "UTF-8")
    _read_on(chain)


def _bare_json(chain: _Chain) -> None:
    chain.notes.append("The body stood on the wire as a JSON value, not as a string.")
    if reason := _try_json(chain, chain.body):
        chain.problem = f"Not JSON: {chain.failed('JSON', reason)}."
    else:
        _read_on(chain)


def _json(chain: _Chain) -> None:
    reason = _try_json(chain, chain.body)
    if not reason:
        _read_on(chain)
        return
    if not chain.body:
        chain.problem = f"Declared as JSON, but {chain.failed('JSON', 'it is empty')}."
    elif trouble := _no_base64(chain):
        chain.failed("JSON", reason)
        chain.failed("base64", trouble)
        also = "" if starts_as_json(chain.body) else f" Nor base64: {trouble}."
        chain.problem = f"Declared as JSON, but it is not: {reason}.{also}"
    elif (text := _utf8(chain, _decode(chain))) is None:
        chain.problem = f"Declared as JSON, but base64 gives no text: {chain.steps[-1].failure}."
    elif reason := _try_json(chain, text):
        chain.problem = f"Declared as JSON, but what base64 gives is not: {chain.failed('JSON', reason)}."
    else:
        _read_on(chain)


def _bytes(chain: _Chain) -> None:
    if trouble := _no_base64(chain):
        chain.problem = f"Declared as bytes, which come as base64, but this is not: {trouble}."
        chain.failed("base64", trouble)
        return
    _decode(chain)
    _read_on(chain)


def _v8(chain: _Chain) -> None:
    if trouble := _no_base64(chain):
        chain.problem = f"Declared as v8, which comes as base64, but this is not: {trouble}."
        chain.failed("base64", trouble)
        return
    _decode(chain)
    chain.text = None
    failure = "switched off" if "v8" in chain.plan.off else _apply(chain, "v8")
    chain.kind = "v8"
    if failure:
        chain.problem = f"Declared as v8, but not read: {failure}."


def _unknown(chain: _Chain) -> None:
    if not _try_json(chain, chain.body):
        _read_on(chain)
        return
    if chain.body and not _no_base64(chain):
        data = strict_base64.decode(chain.body)
        if is_plausible(chain.body, data, text_of(data)):
            _decode(chain)
            _read_on(chain)
            return
    chain.done("text", "UTF-8")
    _read_on(chain)


_READERS: dict[Declared, Callable[[_Chain], None]] = {
    "text": _text,
    "json": _json,
    "bytes": _bytes,
    "v8": _v8,
    "unknown": _unknown,
}


def _no_base64(chain: _Chain) -> str:
    return "it is switched off" if "base64" in chain.plan.off else strict_base64.trouble(chain.body)


def _decode(chain: _Chain) -> bytes:
    chain.data = chain.now = strict_base64.decode(chain.body)
    chain.done("base64", size_text(len(chain.data)))
    return chain.data


def _utf8(chain: _Chain, data: bytes) -> str | None:
    """The text of decoded bytes; without one, the reading becomes binary and says where it failed."""
    text = text_of(data)
    if text is not None and is_textual(text):
        _became_text(chain, text)
        return text
    _is_no_text(chain, data)
    return None


def _became_text(chain: _Chain, text: str) -> None:
    chain.text, chain.kind, chain.now = text, "text", None
    chain.done("UTF-8", counted(len(text), "character"))


def _is_no_text(chain: _Chain, data: bytes) -> None:
    chain.failed("UTF-8", _where_no_text(data))
    chain.kind, chain.text = "binary", None
    if name := recognise(data):
        chain.badges.append(Badge("recognised", name))


def _where_no_text(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1:,} (0x{data[error.start]:02x}) is not UTF-8"
    return "more than a tenth are control characters"


def _try_json(chain: _Chain, text: str) -> str:
    """Read `text` as JSON into the chain; why not, when it is none."""
    if "JSON" in chain.plan.off:
        return "it is switched off"
    try:
        decoded = JSON.decode(text, chain.limits)
    except UndecodableError as error:
        return str(error)
    _take(chain, JSON.name, decoded)
    return ""


# By the content


def _read_on(chain: _Chain) -> None:
    """Step by step, as long as something is recognised and no bound is met."""
    while _may_go_on(chain) and _one_more(chain):
        pass
    if chain.tree is not None:
        _open_strings(chain)
        if name := event_of(chain.tree):
            chain.done(*name)


def _may_go_on(chain: _Chain) -> bool:
    if len(chain.steps) >= chain.limits.max_steps:
        chain.notes.append(f"Stopped after {len(chain.steps)} steps.")
        return False
    if time.perf_counter() - chain.began > chain.limits.max_seconds:
        chain.notes.append(f"Stopped after {chain.limits.max_seconds:g} s.")
        return False
    return True


def _one_more(chain: _Chain) -> bool:
    """Take one step; whether another may follow."""
    if chain.tree is not None:
        return False
    if chain.now is None:
        return chain.text is not None and _guess(chain, WRITTEN, chain.text)
    data = chain.now
    marked = next(_fitting(chain, MARKED, data), None)
    if marked is not None:
        if failure := _apply(chain, marked.name):
            chain.kind, chain.text = "binary", None
            chain.badges.append(Badge("recognised", recognise(data) or marked.word))
            chain.problem = f"It begins as {marked.word} does, but was not read: {failure}."
        return not failure
    if name := recognise(data):
        chain.kind, chain.text = "binary", None
        size = pixels(data)
        chain.done(name, f"{size[0]:,} × {size[1]:,} pixels" if size else "recognised by its first bytes")
        chain.badges.append(Badge("recognised", name))
        return False
    text = text_of(data)
    if text is not None and is_textual(text):
        _became_text(chain, text)
        if _may_go_on(chain) and _guess(chain, WRITTEN, text):
            return True
        if starts_as_container(text):
            _explain_json(chain, text)
        return False
    if _guess(chain, GUESSED, data):
        return True
    _is_no_text(chain, data)
    return False


def _explain_json(chain: _Chain, text: str) -> None:
    """What begins as JSON and is none: the reason is worth a line, unless something else reads it."""
    try:
        parsed(text, chain.limits)
    except UndecodableError as error:
        if not any(decoder.recognises(text) for decoder in WRITTEN if decoder is not JSON):
            chain.notes.append(f"It starts like JSON, but is not: {error}.")


def _fitting[T: (bytes, str)](chain: _Chain, decoders: tuple[Decoder[T], ...], what: T) -> Iterator[Decoder[T]]:
    return (one for one in decoders if one.name not in chain.plan.off and one.recognises(what))


def _guess[T: (bytes, str)](chain: _Chain, decoders: tuple[Decoder[T], ...], what: T) -> bool:
    """The first that recognises and reads it; a guess that was wrong leaves no trace."""
    for decoder in _fitting(chain, decoders, what):
        try:
            decoded = decoder.decode(what, chain.limits)
        except UndecodableError:
            continue
        _take(chain, decoder.name, decoded)
        return True
    return False


def _apply(chain: _Chain, name: str) -> str:
    """Let this decoder read what is there; why it could not."""
    try:
        if name in OF_BYTES:
            data = utf8(chain.text or "") if chain.now is None else chain.now
            decoded = OF_BYTES[name].decode(data, chain.limits)
        else:
            text = chain.text if chain.now is None else text_of(chain.now)
            if text is None:
                return chain.failed(name, "what is there is no text")
            decoded = OF_TEXT[name].decode(text, chain.limits)
    except UndecodableError as error:
        return chain.failed(name, str(error))
    _take(chain, name, decoded)
    return ""


def _take(chain: _Chain, name: str, decoded: Decoded) -> None:
    chain.now, chain.text, chain.tree = decoded.data, decoded.text, decoded.tree
    if decoded.tree is not None:
        chain.kind = "json" if name in _OF_JSON else "structured"
    elif decoded.text is not None:
        chain.kind = "text"
    chain.notes += decoded.notes
    chain.done(name, decoded.detail)


def _open_strings(chain: _Chain) -> None:
    """JSON inside strings of the tree becomes part of it."""
    if INNER in chain.plan.off or chain.tree is None:
        return
    try:
        tree, number = opened(chain.tree, chain.limits)
    except TooManyValuesError:
        return
    if number:
        chain.tree = tree
        chain.done(INNER, f"{number:,} opened")


def _by_hand(chain: _Chain, declared: Declared) -> None:
    """The decoders that a person named, one after the other, from where reading by itself would begin."""
    if declared != "text" and chain.body and not _no_base64(chain):
        _decode(chain)
    else:
        chain.done("text", "UTF-8")
    for name in chain.plan.forced:
        if name not in DECODERS or not _may_go_on(chain):
            continue
        over = chain.failed(name, "the step before left nothing to read on") if chain.tree is not None else ""
        if failure := over or _apply(chain, name):
            chain.problem = f"Read as {DECODERS[name]} by hand, but: {failure}."
            break
    if chain.now is not None and chain.problem:
        chain.kind, chain.text = "binary", None
    elif not chain.problem:
        _read_on(chain)
