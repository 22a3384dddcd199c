"""A body of each kind that producers send: the messages of body-gallery, to see how each is read."""

import base64
import functools
import gzip
import json
import zlib
from datetime import UTC, datetime

import zstandard

from queues_app.sandbox.seed.business import Draft
from queues_app.sandbox.seed.pictures import png
from queues_app.sandbox.seed.v8 import serialise

_ORDER = {"order": "A-88240", "warehouse": "AMS-2", "customer": {"id": 9_007_199_254_740_993}, "lines": [{"qty": 3}]}

# Written once by the libraries cbor2 and msgpack, and by hand after the wire format of Protobuf.
_CBOR = (
    "a6656f7264657267412d38383234306977617265686f75736565414d532d3265746f74616cc482211932be6473656e74c074"
    "323032362d31312d32305430363a30303a30305a63726177430102ff63626967c249400000000000000000"
)
_MSGPACK = (
    "85a56f72646572a7412d3838323430a977617265686f757365a5414d532d32a56c696e65739182a3736b75a754582d343431"
    "30a371747903a765787072657373c3a3726177c4020102"
)
_PROTOBUF = "0a07412d383832343012190a0754582d3434313010031d0000c842210000000000c05e4018c0843d"


@functools.cache
def drafts() -> tuple[Draft, ...]:
    return (*_packed(), *_structured(), *_written(), *_events())


def _packed() -> list[Draft]:
    text = _json(_ORDER).encode()
    return [
        _raw(gzip.compress(text, mtime=0)),
        _raw(zlib.compress(text)),
        _raw(zstandard.compress(text)),
        _raw(gzip.compress(base64.b64encode(gzip.compress(text, mtime=0)), mtime=0)),
        _raw(png(48, 32, 160)),
    ]


def _structured() -> list[Draft]:
    wrapped = {"event": "order.failed", "payload": _json({**_ORDER, "inner": _json({"reason": "no stock"})})}
    return [
        _raw(bytes.fromhex(_MSGPACK)),
        _raw(bytes.fromhex(_CBOR)),
        _raw(bytes.fromhex(_PROTOBUF)),
        {"body": serialise({**_ORDER, "sent": datetime(2026, 11, 20, 6, tzinfo=UTC)}), "content_type": "v8"},
        {"body": _json(wrapped), "content_type": "json"},
    ]


def _written() -> list[Draft]:
    token = ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"ana","exp":1795680000}', b"not a signature")
    )
    return [
        _text(
            "".join(f'{{"line":{number},"sku":"TX-{4410 + number}","qty":{number % 3 + 1}}}\n' for number in range(6))
        ),
        _text('<?xml version="1.0"?><order id="A-88240"><line sku="TX-4410" qty="3">Bracket, steel</line></order>'),
        _text(token),
        _text("order=A-88240&warehouse=AMS-2&note=handle%20with%20care&tag=a&tag=b"),
        _raw("Größe: 42 mm, naïve café".encode("cp1252")),
    ]


def _events() -> list[Draft]:
    cloud = {
        "specversion": "1.0",
        "id": "9f2c41",
        "source": "/orders/AMS-2",
        "type": "com.acme.order.failed",
        "time": "2026-11-20T06:00:00Z",
        "datacontenttype": "application/json",
        "data": _ORDER,
    }
    upload = {
        "account": "7d1f0c3ab2e94f6d8a55c0e1b9274c1e",
        "bucket": "uploads",
        "object": {"key": "invoices/2026/20260007.pdf", "size": 48_211, "eTag": "5d41402abc4b2a76b9719d911017c592"},
        "action": "PutObject",
        "eventTime": "2026-11-20T06:00:01.204Z",
    }
    build = {
        "type": "cf.workersBuilds.worker.build.failed",
        "source": {"type": "workersBuilds.worker", "workerName": "shop-api"},
        "payload": {"buildUuid": "b8d1c2", "status": "failed", "buildOutcome": "fail"},
        "metadata": {
            "accountId": "7d1f0c3ab2e94f6d8a55c0e1b9274c1e",
            "eventSubscriptionId": "1830c4bb",
            "eventSchemaVersion": 1,
            "eventTimestamp": "2026-11-20T06:00:02Z",
        },
    }
    return [{"body": _json(event), "content_type": "json"} for event in (cloud, upload, build)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(body: str) -> Draft:
    return {"body": body, "content_type": "text"}


def _raw(body: bytes) -> Draft:
    return {"body": body, "content_type": "bytes", "source": "worker"}
