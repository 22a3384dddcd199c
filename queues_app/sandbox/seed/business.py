"""Bodies as a company's own programs would write them. Each maker takes a source of chance and a number."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from queues_app.sandbox.seed.pictures import jpeg, png
from queues_app.sandbox.seed.v8 import serialise

type Draft = dict[str, Any]
"""Arguments of Store.add_message: body, content_type, and what differs from the usual."""
type Maker = Callable[[Random, int], Draft]

_WAREHOUSES = ("AMS-1", "AMS-2", "BER-1", "LIS-3")
_NAMES = ("Ana Kovač", "Ben Okafor", "Chloé Martin", "Dmitri Ilyin", "Emre Yılmaz", "Fumiko 森", "Grace Obi")
_GOODS = (
    ("TX-4410", "Bracket, steel"),
    ("RB-0092", "Rubber seal 12 mm"),
    ("LM-7781", "Lamp “Öresund”"),
    ("KB-1203", "Keyboard, Ελληνικά"),
)
_DAY = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def order(chance: Random, number: int) -> Draft:
    """An order; now and then one of hundreds of lines. Those for AMS-2 are the ones that get stuck."""
    lines = chance.choices((1, 2, 3, 6, 340), (40, 30, 18, 10, 2))[0]
    stuck = chance.random() < 0.35
    shape = {
        "order": f"A-{88_200 + number}",
        "warehouse": "AMS-2" if stuck else chance.choice(_WAREHOUSES),
        "customer": {
            "id": 9_007_199_254_740_993 + number,
            "name": chance.choice(_NAMES),
            "tier": chance.choice(("gold", "silver", "none")),
        },
        "lines": [_line(chance) for _ in range(lines)],
        "express": chance.random() < 0.3,
        "note": None,
    }
    if number % 9 == 4:
        packed = gzip.compress(_text(shape).encode(), mtime=0)
        return {"body": packed, "content_type": "bytes", "source": "worker", "fails": stuck}
    if number % 11 == 7:
        sent = {**shape, "sent": _DAY + timedelta(minutes=number)}
        return {"body": serialise(sent), "content_type": "v8", "source": "worker", "fails": stuck}
    return {"body": _text(shape), "content_type": "json", "source": "worker", "fails": stuck}


def invoice(chance: Random, number: int) -> Draft:
    """A page to render; one in seven is as large as a message may be."""
    rows = "".join(
        f"<tr><td>{sku}</td><td>{title}</td><td>{chance.randrange(1, 90)}</td></tr>\n"
        for sku, title in chance.choices(_GOODS, k=chance.randrange(6, 60))
    )
    page = f"<html><body><h1>Invoice {20_260_000 + number}</h1><table>\n{rows}</table></body></html>\n"
    if number % 7 == 3:
        page += "<!-- terms and conditions -->\n" * ((127_500 - len(page.encode())) // 30)
    return {"body": page, "content_type": "text", "source": "worker", "fails": number % 7 == 3}


def webhook(chance: Random, number: int) -> Draft:
    host = chance.choice(("hooks.partner.example", "api.shop.example", "old-erp.example"))
    shape = {
        "id": f"evt_{chance.randrange(16**12):012x}",
        "type": chance.choice(("order.shipped", "order.paid", "stock.low", "return.received")),
        "url": f"https://{host}/v2/events",
        "payload": {"order": f"A-{88_000 + number}", "amount": f"{chance.randrange(500, 90_000) / 100:.2f}"},
        "signature": f"t={1_795_400_000 + number},v1={chance.randrange(16**32):032x}",
    }
    return {"body": _text(shape), "content_type": "json", "source": "worker", "fails": host == "old-erp.example"}


def email(chance: Random, number: int) -> Draft:
    name = chance.choice(_NAMES)
    bounced = chance.random() < 0.1
    shape = {
        "to": f"customer{number}@{'no-such-host.invalid' if bounced else 'mail.example'}",
        "template": chance.choice(("order-confirmed", "parcel-on-its-way", "password-reset", "receipt")),
        "locale": chance.choice(("en", "de", "pt-BR", "ja")),
        "variables": {"name": name, "order": f"A-{88_100 + number}"},
    }
    return {"body": _text(shape), "content_type": "json", "source": "worker", "fails": bounced}


def bill(chance: Random, number: int) -> Draft:
    shape = {
        "invoice": 20_260_000 + number,
        "amount_cents": chance.randrange(100, 2_000_000),
        "currency": chance.choice(("EUR", "USD", "JPY")),
        "rate": 1.10,
        "iban": f"NL00ACME{chance.randrange(10**10):010d}",
        "due": (_DAY + timedelta(days=number % 30)).date().isoformat(),
        "lines": [_line(chance) for _ in range(chance.randrange(1, 8))],
    }
    return {"body": _text(shape), "content_type": "json", "fails": chance.random() < 0.2}


def picture(chance: Random, number: int) -> Draft:
    if number % 3:
        body = png(chance.randrange(24, 96), chance.randrange(24, 96), chance.randrange(256))
    else:
        body = jpeg(chance.randrange(3, 14), chance.randrange(3, 14), number)
    # Every sixth was cut off on its way: those never become thumbnails.
    broken = number % 6 == 5
    return {
        "body": body[: len(body) // 2] if broken else body,
        "content_type": "bytes",
        "source": "worker",
        "fails": broken,
    }


def search_entry(chance: Random, number: int) -> Draft:
    sku, title = chance.choice(_GOODS)
    shape = {
        "op": chance.choice(("upsert", "upsert", "delete")),
        "sku": sku,
        "title": title,
        "price": chance.randrange(100, 90_000) / 100,
        "stock": chance.randrange(-2, 5000),
        "updated": _DAY + timedelta(minutes=7 * number),
        "tags": chance.sample(["new", "sale", "fragile", "heavy", "日本"], 2),
        "supplier": None,
        "serial": 2**63 + number,
    }
    return {"body": serialise(shape), "content_type": "v8", "source": "worker", "fails": number % 23 == 22}


def stock(chance: Random, number: int) -> Draft:
    counts = {sku: chance.randrange(0, 900) for sku, _ in _GOODS}
    shape = {"warehouse": chance.choice(_WAREHOUSES), "seq": 5_000_000_000 + number, "counts": counts}
    return {"body": _text(shape), "content_type": "json"}


def telemetry(chance: Random, number: int) -> Draft:
    """Lines of readings, packed; the plain ones show what is inside."""
    readings = "\n".join(
        _text({"at": 1_795_400_000 + second, "belt": number % 4, "speed": round(chance.uniform(0.4, 1.6), 3)})
        for second in range(chance.choice((20, 200, 1500)))
    )
    if number % 4:
        return {"body": gzip.compress(readings.encode(), mtime=0), "content_type": "bytes", "source": "worker"}
    return {"body": readings, "content_type": "text", "source": "worker"}


def upload_event(chance: Random, number: int) -> Draft:
    shape = {
        "type": "cf.r2.object.created",
        "source": {"type": "r2", "bucket": "uploads"},
        "payload": {"key": f"scans/{number:05d}.pdf", "size": chance.randrange(10_000, 9_000_000)},
        "metadata": {"eventSchemaVersion": 1, "eventTimestamp": (_DAY + timedelta(hours=number)).isoformat()},
    }
    return {"body": _text(shape), "content_type": "json", "source": "r2"}


def _line(chance: Random) -> dict[str, object]:
    sku, title = chance.choice(_GOODS)
    price = chance.randrange(100, 90_000) / 100
    return {"sku": sku, "qty": chance.randrange(1, 12), "title": title, "price": price}


def _text(shape: object) -> str:
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":"))
