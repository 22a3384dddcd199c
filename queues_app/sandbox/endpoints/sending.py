"""Push and push batch (fact sheet, 1.4). Over HTTP only text and json can be sent."""

import json
from typing import Any

from queues_app.sandbox import errors, fields, shapes
from queues_app.sandbox.context import MISSING, Answer, Call
from queues_app.sandbox.endpoints.queues import MAX_DELAY_S
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.wire import Fields

MAX_MESSAGE_BYTES = 128_000
MAX_BATCH_BYTES = 256_000
MAX_BATCH_COUNT = 100

_invalid = fields.refusing(errors.JSON_INVALID)
_bad_metadata = fields.refusing(errors.MESSAGE_METADATA_INVALID)
_bad_delay = fields.refusing(errors.BATCH_DELAY_INVALID)


def push(call: Call) -> Answer:
    message = _message(call.body(errors.JSON_MALFORMED, _invalid), "")
    call.store.add_message(call.queue, call.now_ms, **message)
    return _metrics(call)


def push_batch(call: Call) -> Answer:
    """All or nothing: one message that is wrong refuses the whole batch."""
    body = call.body(errors.JSON_MALFORMED, _invalid)
    items = fields.objects(body, "messages", _invalid)
    if not items:
        raise ApiError(errors.EMPTY_BATCH, pointer="/messages")
    if len(items) > MAX_BATCH_COUNT:
        raise ApiError(errors.BATCH_COUNT, pointer="/messages", what=f"at most {MAX_BATCH_COUNT} messages")
    delay = fields.integer(body, "delay_seconds", _bad_delay, low=0, high=MAX_DELAY_S)
    messages = [_message(item, f"/messages/{at}") for at, item in enumerate(items)]
    if sum(len(message["body"].encode("utf-8", "surrogatepass")) for message in messages) > MAX_BATCH_BYTES:
        raise ApiError(errors.BATCH_SIZE, pointer="/messages", what=f"at most {MAX_BATCH_BYTES} bytes")
    for message in messages:
        if message["delay_s"] is None:
            message["delay_s"] = delay
        call.store.add_message(call.queue, call.now_ms, **message)
    return _metrics(call)


def _message(item: Fields, at: str) -> dict[str, Any]:
    """One message as the arguments of Store.add_message."""
    content_type = item.get("content_type", "json")
    if content_type not in ("text", "json"):
        raise _bad_metadata("content_type is text or json", f"{at}/content_type")
    if "body" not in item:
        raise _invalid('Required at "body"', f"{at}/body")
    body = item["body"]
    wanted = (str,) if content_type == "text" else (dict, list)
    if not isinstance(body, wanted):
        name = "string" if content_type == "text" else "object"
        raise _invalid(f'Expected {name}, received {fields.kind(body)} at "body"', f"{at}/body")
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES:
        raise ApiError(errors.MESSAGE_SIZE, pointer=f"{at}/body", what=f"at most {MAX_MESSAGE_BYTES} bytes")
    delay = fields.integer(item, "delay_seconds", _bad_metadata, low=0, high=MAX_DELAY_S, at=at)
    return {"body": text, "content_type": content_type, "delay_s": delay, "fails": None}


def _metrics(call: Call) -> Answer:
    if call.variants.write_result == "missing":
        return Answer(MISSING)
    if call.variants.write_result == "null":
        return Answer(None)
    return Answer({"metadata": {"metrics": shapes.metrics(call.queue, call.variants, call.now_ms)}})
