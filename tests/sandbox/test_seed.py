"""The demo: what it holds, that it is the same each time, and that it lives."""

import gzip
import json
import zlib
from datetime import UTC, datetime

import pytest

from queues_app.sandbox import ManualClock, Sandbox
from queues_app.sandbox.seed.demo import queue_id
from queues_app.sandbox.seed.pictures import jpeg, png
from queues_app.sandbox.seed.v8 import serialise
from tests.sandbox.conftest import Api

DAY_MS = 86_400_000


@pytest.fixture
def demo(clock: ManualClock) -> Sandbox:
    return Sandbox(clock=clock, seed="demo")


def test_ids_and_tokens_are_fixed(demo: Sandbox) -> None:
    assert demo.accounts["acme-logistics"] == "7d1f0c3ab2e94f6d8a55c0e1b9274c1e"
    assert demo.queue("orders-inbound").id == queue_id("acme-logistics", "orders-inbound")
    assert demo.queue("orders-inbound").id == "c16346beae219d2678a6a56370a19c85"
    assert {len(secret) for secret in demo.tokens.values()} == {40}
    assert all(secret.startswith("sandbox-") for secret in demo.tokens.values())
    assert len(set(demo.tokens.values())) == 6


def test_two_demos_are_alike_to_the_last_byte(clock: ManualClock, demo: Sandbox) -> None:
    other = Sandbox(clock=clock, seed="demo")
    for account in demo.store.accounts.values():
        for one in account.queues.values():
            assert demo.queue(one.id).messages == other.queue(one.id).messages


def test_the_demo_has_a_real_company_s_worth(demo: Sandbox, clock: ManualClock) -> None:
    queues = [queue for account in demo.store.accounts.values() for queue in account.queues.values()]
    messages = [message for queue in queues for message in queue.messages.values()]
    assert len(queues) >= 24
    assert 380 <= len(messages) <= 440
    assert {message.content_type for message in messages} == {"json", "text", "bytes", "v8"}
    assert max(message.size for message in messages) == 128_000
    assert sum(message.size > 20_000 for message in messages) >= 5
    assert min(len(name.name) for name in queues) > 3
    ages = [(clock.now_ms() - message.sent_ms) / DAY_MS for message in messages if message.sent_ms]
    assert max(ages) > 3.9
    assert sum(age > 1 for age in ages) > 50
    assert len({message.attempts for message in messages}) > 8


def test_the_states_to_look_at_are_there(demo: Sandbox, clock: ManualClock) -> None:
    api = Api(demo)
    assert len(api.result("GET", f"/accounts/{api.account}/queues")) == 20
    listed = api.result("GET", f"/accounts/{api.account}/queues?per_page=100")
    by_name = {queue["queue_name"]: queue for queue in listed}
    assert by_name["orders-inbound"]["consumers"][0]["settings"]["max_retries"] == 5
    assert by_name["invoices-render"]["settings"]["delivery_paused"] is True
    assert by_name["orders-dlq"]["consumers"] == []
    assert api.refusal("POST", f"{demo.queue('partner-feed').path}/messages/pull", {}) == (409, 0)
    delayed = demo.queue("reminders-delayed")
    assert api.result("GET", f"{delayed.path}/metrics")["backlog_count"] == 8
    assert api.peek(delayed) == []
    oldest = api.result("GET", f"{demo.queue('orders-dlq').path}/metrics")["oldest_message_timestamp_ms"]
    assert oldest + 4 * DAY_MS - clock.now_ms() == 38 * 60_000
    lab = demo.queue("lab-orders")
    assert api.refusal("POST", f"{lab.path}/messages/peek", {}) == (404, 7003)
    assert len(api.result("POST", f"{lab.path}/messages/preview", {"batch_size": 100})["messages"]) == 6
    assert api.result("GET", demo.queue("lab-notify").path)["consumers"][0]["type"] == "notification"
    assert api.result("GET", demo.queue("lab-events").path)["jurisdiction"] == "eu"


def test_every_message_of_the_demo_can_be_peeked(demo: Sandbox) -> None:
    api = Api(demo)
    for account in demo.store.accounts.values():
        account.variants.clear()
        for queue in account.queues.values():
            handle = demo.queue(queue.id)
            handle.vary(peek_delayed=True)
            assert len(api.peek(handle, batch_size=100)) == len(queue.messages)


def test_dead_letter_queues_fill_while_one_watches(demo: Sandbox, clock: ManualClock) -> None:
    names = ("webhooks-out", "media-thumbs", "emails-transactional", "search-index")
    dead = ("webhooks-dlq", "media-dlq", "emails-dlq", "search-dlq")
    before = [len(demo.queue(name).messages) for name in dead]
    for _ in range(60):
        clock.advance(minutes=1)
        assert all(0 < len(demo.queue(name).messages) <= 120 for name in names)
    after = [len(demo.queue(name).messages) for name in dead]
    assert all(now > then for then, now in zip(before, after, strict=True))


def test_the_demo_survives_a_leap_of_weeks(demo: Sandbox, clock: ManualClock) -> None:
    clock.advance(days=30)
    total = sum(
        len(demo.queue(queue.id).messages)
        for account in demo.store.accounts.values()
        for queue in account.queues.values()
    )
    assert total < 1000


def test_the_pictures_are_real() -> None:
    data = png(3, 2, 128)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    packed = data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8]
    assert zlib.decompress(packed) == (
        b"\0" + bytes([0, 0, 128, 85, 0, 128, 170, 0, 128])
        + b"\0" + bytes([0, 127, 128, 85, 127, 128, 170, 127, 128])
    )  # fmt: skip
    photo = jpeg(3, 2, 1)
    assert photo.startswith(b"\xff\xd8\xff\xe0\x00\x10JFIF\0")
    assert photo.endswith(b"\xff\xd9")
    assert b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x18\x01" in photo


def test_packed_bodies_hold_json(demo: Sandbox) -> None:
    packed = [
        held.body
        for held in demo.queue("orders-inbound").messages
        if isinstance(held.body, bytes) and held.content_type == "bytes"
    ]
    assert packed
    for body in packed:
        assert json.loads(gzip.decompress(body))["order"].startswith("A-")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, b"0"),
        (True, b"T"),
        (False, b"F"),
        (0, b"I\x00"),
        (-1, b"I\x01"),
        (150, b"I\xac\x02"),
        (2**31, b"N\x00\x00\x00\x00\x00\x00\xe0A"),
        (2**64, b"Z\x20" + bytes(8) + b"\x01" + bytes(7)),
        (-(2**53), b"Z\x11\x00\x00\x00\x00\x00\x00\x20\x00"),
        (1.5, b"N\x00\x00\x00\x00\x00\x00\xf8?"),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), b"D\x00\x00\x00\x00\x00@\x8f@"),
        ("né", b'"\x02n\xe9'),
        ("☃", b"c\x02\x03&"),
        ({"☃": 1}, b"o\x00c\x02\x03&I\x02{\x01"),
        ([1, "a"], b'A\x02I\x02"\x01a$\x00\x02'),
    ],
)
def test_values_are_written_as_v8_reads_them(value: object, written: bytes) -> None:
    assert serialise(value) == b"\xff\x0f" + written


def test_v8_has_no_form_for_anything_else() -> None:
    with pytest.raises(TypeError, match="object"):
        serialise({"a": object()})
