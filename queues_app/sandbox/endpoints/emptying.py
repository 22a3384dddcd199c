"""Emptying a whole queue, and how that went (fact sheet, 1.5)."""

from queues_app.sandbox import errors, fields, shapes
from queues_app.sandbox.context import Answer, Call
from queues_app.sandbox.store import Emptying
from queues_app.sandbox.wire import rfc3339

_bad_request = fields.refusing(errors.BAD_REQUEST)


def empty_queue(call: Call) -> Answer:
    body = call.body(errors.BAD_REQUEST, _bad_request)
    if not fields.flag(body, "delete_messages_permanently", _bad_request, default=True):
        raise _bad_request("delete_messages_permanently must be true", "/delete_messages_permanently")
    call.queue.emptying = begun = Emptying(
        started_ms=call.now_ms,
        until_ms=call.now_ms + call.variants.emptying * 1000,
        held=len(call.queue.messages),
        gradual=call.variants.emptying_pace == "gradual",
    )
    call.settle()  # one that takes no time is done at once
    if call.variants.purge_result == "queue":
        return Answer(shapes.queue(call.queue, call.variants))
    return Answer({"started_at": rfc3339(begun.started_ms), "complete": begun.is_done(call.now_ms)})


def empty_status(call: Call) -> Answer:
    """`completed` is a string, as the schema types it, unless a variant says otherwise."""
    last = call.queue.emptying
    if last is None:
        return Answer({"completed": "", "started_at": ""})
    return Answer({"completed": _completed(call, last), "started_at": rfc3339(last.started_ms)})


def _completed(call: Call, last: Emptying) -> str | bool:
    done = last.is_done(call.now_ms)
    match call.variants.empty_completed:
        case "bool":
            return done
        case "timestamp":
            return rfc3339(last.until_ms) if done else ""
        case "silent":
            return ""
    return "true" if done else "false"
