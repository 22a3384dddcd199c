"""Event subscriptions: events of the account that go to a queue (fact sheet, 1.7)."""

from queues_app.sandbox import errors, fields, shapes
from queues_app.sandbox.context import MISSING, Answer, Call, paged
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.store import Subscription
from queues_app.sandbox.wire import Fields

_bad_request = fields.refusing(errors.BAD_REQUEST)

# type of the source → what names its resource, and the events it knows. The list of types is open upstream.
SOURCES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "images": ((), ("image.uploaded", "image.deleted")),
    "kv": ((), ("namespace.created", "namespace.deleted")),
    "r2": ((), ("bucket.created", "bucket.deleted")),
    "superSlurper": ((), ("job.started", "job.paused", "job.resumed", "job.completed", "job.aborted")),
    "vectorize": ((), ("index.created", "index.deleted")),
    "workersAi.model": (("model_name",), ("batch.queued", "batch.succeeded", "batch.failed")),
    "workers.script": (("script_tag",), ("version.created", "deployment.created", "script.deleted")),
    "workersBuilds.worker": (("worker_name",), ("build.started", "build.succeeded", "build.failed", "build.canceled")),
    "workflows.workflow": (
        ("workflow_name",),
        ("instance.queued", "instance.started", "instance.paused", "instance.errored", "instance.completed"),
    ),
}
_ORDERS = ("created_at", "name", "enabled", "source")


def list_subscriptions(call: Call) -> Answer:
    page, per_page = call.page(per_page=20, low=1, high=100)
    given = call.request.parameters()
    order, direction = given.get("order", ["name"])[-1], given.get("direction", ["asc"])[-1]
    if order not in _ORDERS or direction not in ("asc", "desc"):
        raise _bad_request(f"order is one of {', '.join(_ORDERS)}, direction is asc or desc", "")
    wanted = given.get("queue_id")
    found = [one for one in call.account.subscriptions.values() if not wanted or one.queue_id in wanted]
    found.sort(key=lambda one: _key(one, order), reverse=direction == "desc")
    return paged(found, page, per_page, shapes.subscription)


def get_subscription(call: Call) -> Answer:
    return Answer(shapes.subscription(_one(call)))


def create_subscription(call: Call) -> Answer:
    body = call.body(errors.BAD_REQUEST, _bad_request)
    name = _name(body)
    source = _source(body)
    events = _events(body, source)
    queue_id = _destination(call, body)
    if any(one.source == source for one in call.account.subscriptions.values()):
        raise ApiError(errors.SUBSCRIBED)
    made = call.store.add_subscription(
        call.account,
        call.now_ms,
        name=name,
        source=source,
        events=events,
        queue_id=queue_id,
        enabled=fields.flag(body, "enabled", _bad_request, default=True),
    )
    return Answer(shapes.subscription(made))


def edit_subscription(call: Call) -> Answer:
    """Partial; everything but the source."""
    one = _one(call)
    body = call.body(errors.BAD_REQUEST, _bad_request)
    if "source" in body:
        raise _bad_request("source cannot be changed", "/source")
    name = _name(body) if "name" in body else one.name
    events = _events(body, one.source) if "events" in body else one.events
    queue_id = _destination(call, body) if "destination" in body else one.queue_id
    one.enabled = fields.flag(body, "enabled", _bad_request, default=one.enabled)
    one.name, one.events, one.queue_id, one.modified_ms = name, events, queue_id, call.now_ms
    return Answer(shapes.subscription(one))


def delete_subscription(call: Call) -> Answer:
    """The answer is what there was, says the schema."""
    ended = call.account.subscriptions.pop(_one(call).id)
    if call.variants.write_result == "full":
        return Answer(shapes.subscription(ended))
    return Answer(MISSING if call.variants.write_result == "missing" else None)


def _one(call: Call) -> Subscription:
    found = call.account.subscriptions.get(call.found["subscription"])
    if found is None:
        raise ApiError(errors.SUBSCRIPTION_UNKNOWN)
    return found


def _name(body: Fields) -> str:
    name = fields.text(body, "name", _bad_request)
    if not name:
        raise _bad_request("name is required", "/name")
    return name


def _source(body: Fields) -> Fields:
    given = fields.mapping(body, "source", _bad_request)
    kind = fields.text(given, "type", _bad_request, at="/source")
    if kind not in SOURCES:
        raise _bad_request(f"unknown source type {kind!r}", "/source/type")
    source = {"type": kind}
    for member in SOURCES[kind][0]:
        source[member] = fields.text(given, member, _bad_request, at="/source")
        if not source[member]:
            raise _bad_request(f"{member} is required", f"/source/{member}")
    return source


def _events(body: Fields, source: Fields) -> list[str]:
    given = body.get("events")
    if not isinstance(given, list) or not given or not all(isinstance(event, str) for event in given):
        raise _bad_request("events must hold at least one name", "/events")
    unknown = [event for event in given if event not in SOURCES[source["type"]][1]]
    if unknown:
        raise ApiError(errors.UNKNOWN_EVENTS, names=", ".join(unknown))
    return given


def _destination(call: Call, body: Fields) -> str:
    given = fields.mapping(body, "destination", _bad_request)
    if given.get("type") != "queues.queue":
        raise _bad_request("the type of a destination is queues.queue", "/destination/type")
    queue_id = fields.text(given, "queue_id", _bad_request, at="/destination")
    if queue_id not in call.account.queues:
        raise ApiError(errors.QUEUE_UNKNOWN)
    return queue_id


def _key(one: Subscription, order: str) -> tuple[object, str]:
    values = {"created_at": one.created_ms, "name": one.name, "enabled": one.enabled, "source": one.source["type"]}
    return values[order], one.id
