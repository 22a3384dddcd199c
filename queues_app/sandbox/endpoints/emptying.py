"""Emptying a whole queue, and how that went (fact sheet, 1.5)."""

from queues_app.sandbox import errors, fields, shapes
from queues_app.sandbox.context import Answer, Call
from queues_app.sandbox.wire import rfc3339

_bad_request = fields.refusing(errors.BAD_REQUEST)


def empty_queue(call: Call) -> Answer:
    body = call.body(errors.BAD_REQUEST, _bad_request)
    if not fields.flag(body, "delete_messages_permanently", _bad_request, default=True):
        raise _bad_request("delete_messages_permanently must be true", "/delete_messages_permanently")
    call.queue.messages.clear()
    call.queue.purged_ms = call.now_ms
    if call.variants.purge_result == "queue":
        return Answer(shapes.queue(call.queue, call.variants))
    return Answer({"started_at": rfc3339(call.now_ms), "complete": True})


def empty_status(call: Call) -> Answer:
    """`completed` is a string, as the schema types it."""
    at = call.queue.purged_ms
    if at is None:
        return Answer({"completed": "", "started_at": ""})
    return Answer({"completed": "true", "started_at": rfc3339(at)})
