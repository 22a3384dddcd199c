"""Reading on by what is there, one named step after the other, until nothing more is recognised or a bound is met."""

import time
from collections.abc import Iterator

from queues_app.bodies.binary import recognise
from queues_app.bodies.decoders import GUESSED, MARKED, OF_BYTES, OF_TEXT, WRITTEN, UndecodableError
from queues_app.bodies.decoders.base import Decoder, TooLargeError
from queues_app.bodies.decoders.written import JSON, parsed
from queues_app.bodies.events import event_of
from queues_app.bodies.exact_json import TooManyValuesError
from queues_app.bodies.guess import starts_as_container, text_of
from queues_app.bodies.inner import INNER, opened
from queues_app.bodies.making import Making, became_text, is_no_text, take
from queues_app.bodies.pixels import pixels
from queues_app.bodies.results import Badge
from queues_app.bodies.segments import is_textual
from queues_app.bodies.wording import utf8


def read_on(making: Making) -> None:
    """Step by step, as long as something is recognised and no bound is met."""
    while may_go_on(making) and _one_more(making):
        pass
    if making.tree is not None:
        _open_strings(making)
        if name := event_of(making.tree):
            making.done(*name)


def may_go_on(making: Making) -> bool:
    if len(making.steps) >= making.limits.max_steps:
        making.notes.append(f"Stopped after {len(making.steps)} steps.")
        making.is_stopped = True
        return False
    if time.perf_counter() - making.began > making.limits.max_seconds:
        making.notes.append(f"Stopped after {making.limits.max_seconds:g} s.")
        making.is_stopped = True
        return False
    return True


def _one_more(making: Making) -> bool:
    """Take one step; whether another may follow."""
    if making.tree is not None:
        return False
    if making.now is None:
        return making.text is not None and _guess(making, WRITTEN, making.text)
    data = making.now
    marked = next(_fitting(making, MARKED, data), None)
    if marked is not None:
        if failure := apply(making, marked.name):
            making.kind, making.text = "binary", None
            making.badges.append(Badge("recognised", recognise(data) or marked.word))
            making.problem = f"It begins as {marked.word} does, but was not read: {failure}."
        return not failure
    if name := recognise(data):
        making.kind, making.text = "binary", None
        size = pixels(data)
        making.done(name, f"{size[0]:,} × {size[1]:,} pixels" if size else "recognised by its first bytes")
        making.badges.append(Badge("recognised", name))
        return False
    text = text_of(data)
    if text is not None and is_textual(text):
        became_text(making, text)
        if may_go_on(making) and _guess(making, WRITTEN, text):
            return True
        if starts_as_container(text):
            _explain_json(making, text)
        return False
    if _guess(making, GUESSED, data):
        return True
    is_no_text(making, data)
    return False


def _explain_json(making: Making, text: str) -> None:
    """What begins as JSON and is none: the reason is worth a line, unless something else reads it."""
    try:
        parsed(text, making.limits)
    except UndecodableError as error:
        if not any(decoder.recognises(text) for decoder in WRITTEN if decoder is not JSON):
            making.notes.append(f"It starts like JSON, but is not: {error}.")


def _fitting[T: (bytes, str)](making: Making, decoders: tuple[Decoder[T], ...], what: T) -> Iterator[Decoder[T]]:
    return (one for one in decoders if one.name not in making.plan.off and one.recognises(what))


def _guess[T: (bytes, str)](making: Making, decoders: tuple[Decoder[T], ...], what: T) -> bool:
    """The first that recognises and reads it; a guess that was wrong leaves no trace."""
    for decoder in _fitting(making, decoders, what):
        try:
            decoded = decoder.decode(what, making.limits)
        except UndecodableError as error:
            making.is_stopped |= isinstance(error, TooLargeError)
            continue
        take(making, decoder.name, decoded)
        return True
    return False


def apply(making: Making, name: str) -> str:
    """Let this decoder read what is there; why it could not."""
    try:
        if name in OF_BYTES:
            data = utf8(making.text or "") if making.now is None else making.now
            decoded = OF_BYTES[name].decode(data, making.limits)
        else:
            text = making.text if making.now is None else text_of(making.now)
            if text is None:
                return making.failed(name, "what is there is no text")
            decoded = OF_TEXT[name].decode(text, making.limits)
    except UndecodableError as error:
        making.is_stopped |= isinstance(error, TooLargeError)
        return making.failed(name, str(error))
    take(making, name, decoded)
    return ""


def _open_strings(making: Making) -> None:
    """JSON inside strings of the tree becomes part of it."""
    if INNER in making.plan.off or making.tree is None:
        return
    try:
        tree, number = opened(making.tree, making.limits)
    except TooManyValuesError:
        making.is_stopped = True
        return
    if number:
        making.tree = tree
        making.done(INNER, f"{number:,} opened")
