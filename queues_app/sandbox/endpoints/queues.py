"""Queues and their metrics (fact sheet, 1.2 and 1.6)."""

import re

from queues_app.sandbox import errors, fields, shapes
from queues_app.sandbox.context import MISSING, Answer, Call, paged
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.store import DEFAULT_RETENTION_S, Account, Queue
from queues_app.sandbox.wire import Fields

MAX_DELAY_S = 86_400
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}\Z")
_JURISDICTIONS = {"eu", "us", "fedramp"}

_bad_request = fields.refusing(errors.BAD_REQUEST)
_bad_settings = fields.refusing(errors.BAD_QUEUE_SETTINGS)


def list_queues(call: Call) -> Answer:
    page, per_page = call.page(per_page=call.variants.queues_per_page, low=1, high=100)
    names = call.request.parameters().get("name")
    found = [queue for queue in call.account.queues.values() if not names or queue.name in names]
    found.sort(key=lambda queue: queue.name)

    def shape(queue: Queue) -> Fields:
        return shapes.queue(queue, call.store.variants_for(call.account, queue))

    return paged(found, page, per_page, shape)


def get_queue(call: Call) -> Answer:
    return Answer(shapes.queue(call.queue, call.variants))


def create_queue(call: Call) -> Answer:
    body = call.body(errors.BAD_REQUEST, _bad_request)
    name = _name(call.account, body, None)
    settings = _settings(body)
    jurisdiction = _jurisdiction(body)
    queue = call.store.add_queue(call.account, name, call.now_ms)
    queue.jurisdiction = jurisdiction
    _apply(queue, settings)
    return Answer(shapes.short_queue(queue))


def replace_queue(call: Call) -> Answer:
    """Not partial: settings that are left out fall back to their defaults."""
    defaults = {"delivery_delay": 0, "delivery_paused": False, "message_retention_period": DEFAULT_RETENTION_S}
    return _changed(call, defaults)


def edit_queue(call: Call) -> Answer:
    return _changed(call, {})


def delete_queue(call: Call) -> Answer:
    del call.account.queues[call.queue.id]
    return Answer(MISSING if call.variants.write_result == "missing" else None)


def get_metrics(call: Call) -> Answer:
    return Answer(shapes.metrics(call.queue, call.variants, call.now_ms))


def add_named(call: Call, name: str) -> None:
    """Make the dead-letter queue that a consumer names, where there is none yet."""
    if name and call.account.named(name) is None:
        _check_name(name)
        queue = call.store.add_queue(call.account, name, call.now_ms)
        queue.jurisdiction = call.queue.jurisdiction


def _changed(call: Call, defaults: Fields) -> Answer:
    body = call.body(errors.BAD_REQUEST, _bad_request)
    queue = call.queue
    name = _name(call.account, body, queue) if "queue_name" in body else queue.name
    settings = {**defaults, **_settings(body)}
    jurisdiction = _jurisdiction(body)
    if jurisdiction not in {None, queue.jurisdiction}:
        raise _bad_request("jurisdiction cannot be changed", "/jurisdiction")
    queue.name = name
    queue.modified_ms = call.now_ms
    _apply(queue, settings)
    return Answer(shapes.short_queue(queue))


def _name(account: Account, body: Fields, queue: Queue | None) -> str:
    name = fields.text(body, "queue_name", _bad_request)
    _check_name(name)
    taken = account.named(name)
    if taken is not None and taken is not queue:
        raise ApiError(errors.NAME_TAKEN, name=name)
    return name


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise ApiError(errors.BAD_QUEUE_NAME, pointer="/queue_name")


def _settings(body: Fields) -> Fields:
    """The settings that are given, checked; absent and null ones are left out."""
    given = fields.mapping(body, "settings", _bad_settings)
    at = "/settings"
    read = {
        "delivery_delay": fields.integer(given, "delivery_delay", _bad_settings, low=0, high=MAX_DELAY_S, at=at),
        "message_retention_period": fields.integer(
            given, "message_retention_period", _bad_settings, low=60, high=1_209_600, at=at
        ),
    }
    settings = {name: value for name, value in read.items() if value is not None}
    if given.get("delivery_paused") is not None:
        settings["delivery_paused"] = fields.flag(given, "delivery_paused", _bad_settings, default=False, at=at)
    return settings


def _jurisdiction(body: Fields) -> str | None:
    jurisdiction = fields.text(body, "jurisdiction", _bad_request)
    if jurisdiction and jurisdiction not in _JURISDICTIONS:
        raise _bad_request("jurisdiction is eu, us or fedramp", "/jurisdiction")
    return jurisdiction or None


def _apply(queue: Queue, settings: Fields) -> None:
    for name, value in settings.items():
        setattr(queue, name, value)
