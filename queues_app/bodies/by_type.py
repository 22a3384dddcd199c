"""From a body and its content type to a reading, one named step after the other.

The first steps follow Cloudflare's content type. Its sources contradict each other, so the content decides: JSON
before base64, because the JSON texts `true`, `null` and `1234` are base64 alphabet too, while no base64 of JSON is
itself JSON. Then the content says how to read on (by_content.py). Every failure is a step with a reason; nothing
raises.
"""

from collections.abc import Callable

from queues_app.bodies import strict_base64
from queues_app.bodies.by_content import apply, may_go_on, read_on
from queues_app.bodies.decoders import DECODERS
from queues_app.bodies.decoders.base import Plan
from queues_app.bodies.exact_json import Tree
from queues_app.bodies.guess import is_plausible, starts_as_json, text_of
from queues_app.bodies.making import Making, decode_base64, no_base64, read_utf8, try_json
from queues_app.bodies.reading import Reading
from queues_app.bodies.results import Limits
from queues_app.bodies.segments import UNDECODED, remarks
from queues_app.bodies.wording import Declared, declared_type, size_text, utf8, utf8_size


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
    making = Making(body, limits, plan or Plan(), body)
    if len(body) > limits.max_decode_bytes:
        reason = f"larger than {size_text(max(limits.max_decode_bytes, 0))}, so it is shown as it stood"
        making.is_stopped = True
        making.problem = f"Not decoded: {making.failed('size', reason)}."
    elif making.plan.forced:
        _by_hand(making, declared if is_string else "text")
    elif not is_string:
        _bare_json(making)
    else:
        _READERS[declared](making)
    return _finished(making, declared)


def _finished(making: Making, declared: Declared) -> Reading:
    # Recognised bytes, text and trees count as decoded; everything else is shown as it is.
    decoded = not making.problem and (making.text is not None or making.tree is not None or bool(making.badges))
    badges = [] if decoded else [UNDECODED]
    badges += making.badges
    if making.text is not None:
        badges += remarks(making.text)
    if making.tree is not None:
        making.notes += _tree_notes(making.tree, making.limits)
    data = utf8(making.body) if making.data is None else making.data
    return Reading(
        declared=declared,
        body=making.body,
        wire_size=utf8_size(making.body),
        kind=making.kind,
        steps=tuple(making.steps),
        data=data,
        text=making.text,
        tree=making.tree,
        badges=tuple(badges),
        problem=making.problem,
        is_stopped=making.is_stopped,
        notes=tuple(making.notes),
        limits=making.limits,
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


def _text(making: Making) -> None:
    making.done("text", "UTF-8")
    read_on(making)


def _bare_json(making: Making) -> None:
    making.notes.append("The body stood on the wire as a JSON value, not as a string.")
    if reason := try_json(making, making.body):
        making.problem = f"Not JSON: {making.failed('JSON', reason)}."
    else:
        read_on(making)


def _json(making: Making) -> None:
    reason = try_json(making, making.body)
    if not reason:
        read_on(making)
        return
    if not making.body:
        making.problem = f"Declared as JSON, but {making.failed('JSON', 'it is empty')}."
    elif trouble := no_base64(making):
        making.failed("JSON", reason)
        making.failed("base64", trouble)
        also = "" if starts_as_json(making.body) else f" Nor base64: {trouble}."
        making.problem = f"Declared as JSON, but it is not: {reason}.{also}"
    elif (text := read_utf8(making, decode_base64(making))) is None:
        making.problem = f"Declared as JSON, but base64 gives no text: {making.steps[-1].failure}."
    elif reason := try_json(making, text):
        making.problem = f"Declared as JSON, but what base64 gives is not: {making.failed('JSON', reason)}."
    else:
        read_on(making)


def _bytes(making: Making) -> None:
    if trouble := no_base64(making):
        making.problem = f"Declared as bytes, which come as base64, but this is not: {trouble}."
        making.failed("base64", trouble)
        return
    decode_base64(making)
    read_on(making)


def _v8(making: Making) -> None:
    if trouble := no_base64(making):
        making.problem = f"Declared as v8, which comes as base64, but this is not: {trouble}."
        making.failed("base64", trouble)
        return
    decode_base64(making)
    making.text = None
    failure = "switched off" if "v8" in making.plan.off else apply(making, "v8")
    making.kind = "v8"
    if failure:
        making.problem = f"Declared as v8, but not read: {failure}."


def _unknown(making: Making) -> None:
    if not try_json(making, making.body):
        read_on(making)
        return
    if making.body and not no_base64(making):
        data = strict_base64.decode(making.body)
        if is_plausible(making.body, data, text_of(data)):
            decode_base64(making)
            read_on(making)
            return
    making.done("text", "UTF-8")
    read_on(making)


_READERS: dict[Declared, Callable[[Making], None]] = {
    "text": _text,
    "json": _json,
    "bytes": _bytes,
    "v8": _v8,
    "unknown": _unknown,
}


def _by_hand(making: Making, declared: Declared) -> None:
    """The decoders that a person named, one after the other, from where reading by itself would begin."""
    if declared != "text" and making.body and not no_base64(making):
        decode_base64(making)
    else:
        making.done("text", "UTF-8")
    for name in making.plan.forced:
        if name not in DECODERS or not may_go_on(making):
            continue
        over = making.failed(name, "the step before left nothing to read on") if making.tree is not None else ""
        if failure := over or apply(making, name):
            making.problem = f"Read as {DECODERS[name]} by hand, but: {failure}."
            break
    if making.now is not None and making.problem:
        making.kind, making.text = "binary", None
    elif not making.problem:
        read_on(making)
