"""Peek and purge by refs, and the older pair preview and preview/ack. None of them leases or counts."""

from queues_app.sandbox import errors, fields, opaque, shapes
from queues_app.sandbox.context import Answer, Call
from queues_app.sandbox.endpoints.leasing import batch_size
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.store import Message
from queues_app.sandbox.wire import Fields

_invalid = fields.refusing(errors.JSON_INVALID)


def peek(call: Call) -> Answer:
    _needs_peek(call)
    return Answer({"messages": _shown(call, "ref", "ref")})


def purge_messages(call: Call) -> Answer:
    """Remove by refs. Refs that fit nothing make warnings, and the call is still a success."""
    _needs_peek(call)
    body = call.body(errors.JSON_MALFORMED, _invalid)
    if "refs" not in body:
        raise _invalid('Required at "refs"', "/refs")
    warnings: dict[str, str] = {}
    for item in fields.objects(body, "refs", _invalid):
        _remove(call, fields.text(item, "ref", _invalid), "ref", warnings)
    return Answer({"errors": [], "warnings": warnings})


def preview(call: Call) -> Answer:
    return Answer({"messages": _shown(call, "preview", "lease_id")})


def preview_settle(call: Call) -> Answer:
    """The acknowledged ones go; a retry of something that was never leased changes nothing."""
    body = call.body(errors.JSON_MALFORMED, _invalid)
    fields.objects(body, "retries", _invalid)
    warnings: dict[str, str] = {}
    for item in fields.objects(body, "acks", _invalid):
        _remove(call, fields.text(item, "lease_id", _invalid), "preview", warnings)
    return Answer({"warnings": warnings})


def _needs_peek(call: Call) -> None:
    if call.variants.peek == "absent":
        raise ApiError(errors.NO_ROUTE, path=call.request.path)


def _shown(call: Call, kind: str, name: str) -> list[Fields]:
    size = batch_size(call.body(errors.JSON_MALFORMED, _invalid), call.queue.consumer)
    states = {"ready"}
    if call.variants.peek_leased:
        states.add("leased")
    if call.variants.peek_delayed:
        states.add("delayed")
    seen = [one for one in call.queue.messages.values() if one.state(call.now_ms) in states][:size]
    return [shapes.message(one, call.variants, **{name: _handle(call, one, kind)}) for one in seen]


def _handle(call: Call, message: Message, kind: str) -> str:
    return opaque.seal(opaque.Handle(kind, call.queue.id, message.id, 0))


def _remove(call: Call, sealed: str, kind: str, warnings: dict[str, str]) -> None:
    handle = opaque.unseal(sealed)
    if handle is None or handle.kind != kind or handle.queue_id != call.queue.id:
        warnings[sealed] = "invalid reference"
    elif (message := call.queue.messages.pop(handle.message_id, None)) is None:
        warnings[sealed] = "message not found"
    else:
        call.queue.history.went(message, call.now_ms)
