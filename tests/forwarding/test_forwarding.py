"""Every entry reaches every destination, in order and at least once, whoever is away or ends in between."""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from queues_app import forwarding as ways
from queues_app.delivery import DeliveryError, Destination, posting
from queues_app.forwarding import limits
from queues_app.models import AuditDestination, AuditHead, AuditLink
from queues_app.operations import claims, forwarding
from tests.forwarding.entries import write
from tests.support.audit import behind
from tests.support.people import Cast
from tests.support.receivers import HttpReceiver
from tests.support.stack import calling

pytestmark = pytest.mark.django_db


class Clock:
    """Time that stands still until it is told to go."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def siem(http: HttpReceiver, settings: Settings) -> Destination:
    """The receiver as a destination, at the beginning of an empty audit."""
    return named(settings, f"{http.url}/in")


def named(settings: Settings, *texts: str) -> Destination:
    """The first of the destinations that the settings name; all of them begin here."""
    settings.AUDIT_FORWARD = list(texts)
    for destination in forwarding.destinations():
        forwarding.begin(destination)
    return forwarding.destinations()[0]


def forward(destination: Destination, clock: Callable[[], datetime]) -> int:
    return forwarding.forward(destination, clock=clock, jitter=lambda: 1.0)


def state(destination: Destination) -> AuditDestination:
    return AuditDestination.objects.get(name=destination.name)


def positions(receiver: HttpReceiver) -> list[int]:
    return [json.loads(line)["position"] for line in receiver.lines]


def test_what_is_completed_arrives_once_and_in_the_order_of_the_chain(
    siem: Destination, http: HttpReceiver, clock: Clock
) -> None:
    entries = write(3)

    assert forward(siem, clock) == 3
    assert forward(siem, clock) == 0
    assert [json.loads(line)["receipt"] for line in http.lines] == [entry.receipt for entry in entries]
    assert positions(http) == [1, 2, 3]
    assert http.paths == ["/in"]
    assert (state(siem).position, state(siem).told, state(siem).told_at) == (3, 3, clock.now)


def test_a_new_destination_begins_where_the_chain_ends(http: HttpReceiver, settings: Settings, clock: Clock) -> None:
    write(2)
    siem = named(settings, http.url)
    assert forward(siem, clock) == 0

    write(1)

    assert forward(siem, clock) == 1
    assert positions(http) == [3]


def test_or_at_its_start_when_that_is_wished(http: HttpReceiver, settings: Settings, clock: Clock) -> None:
    write(2)
    settings.AUDIT_FORWARD = [http.url]
    (siem,) = forwarding.destinations()
    forwarding.begin(siem, from_start=True)

    assert forward(siem, clock) == 2
    forwarding.begin(siem, from_start=True)
    assert forward(siem, clock) == 0


def test_a_destination_that_is_away_is_told_everything_when_it_is_back(
    siem: Destination, http: HttpReceiver, clock: Clock
) -> None:
    http.answers.extend([(500, {}), (502, {})])
    write(2)
    with pytest.raises(DeliveryError, match=r"It answered 500 \(Internal Server Error\)\."):
        forward(siem, clock)
    assert forward(siem, clock) == 0, "it is left alone for a while"
    write(2)
    clock.go(seconds=1)
    with pytest.raises(DeliveryError, match="502"):
        forward(siem, clock)
    assert (state(siem).failures, state(siem).reason, state(siem).next_at) == (
        2,
        "answered",
        clock.now + timedelta(0, 2),
    )

    clock.go(seconds=2)
    while forward(siem, clock):
        pass

    assert positions(http) == [1, 2, 3, 4]
    assert (state(siem).failures, state(siem).sentence, state(siem).failed) == (0, "", 2)


def test_it_is_tried_less_and_less_often_but_never_given_up(
    siem: Destination, http: HttpReceiver, clock: Clock
) -> None:
    write()
    waits = []
    for _ in range(11):
        http.answers.append((503, {}))
        with pytest.raises(DeliveryError):
            forward(siem, clock)
        until = state(siem).next_at
        assert until
        waits.append((until - clock.now).total_seconds())
        clock.now = until

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert forward(siem, clock) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("40", 40),
        ("0", 1),
        ("999999", 3600),
        ("soon", 1),
        ("-3", 1),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 1),
    ],
)
def test_a_destination_says_when_to_come_again(
    siem: Destination, http: HttpReceiver, clock: Clock, header: str, seconds: int
) -> None:
    http.answers.append((429, {"Retry-After": header}))
    write()

    with pytest.raises(DeliveryError):
        forward(siem, clock)

    assert state(siem).next_at == clock.now + timedelta(seconds=seconds)


def test_a_redirect_is_not_followed(siem: Destination, http: HttpReceiver, clock: Clock) -> None:
    http.answers.append((307, {"Location": f"{http.url}/elsewhere"}))
    write()

    with pytest.raises(DeliveryError, match="Redirects are not followed"):
        forward(siem, clock)

    assert http.paths == ["/in"]


def test_a_destination_that_does_not_answer_is_left_in_time(
    siem: Destination, http: HttpReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "WHOLE_S", 0.1)
    over = threading.Event()
    http.answers.append(lambda: over.wait(5))
    write()

    with pytest.raises(DeliveryError) as failed:
        forward(siem, clock)
    over.set()

    assert failed.value.reason == "timeout"


def test_a_sender_that_ends_in_the_middle_tells_the_same_again(
    siem: Destination, http: HttpReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(2)

    class KilledError(BaseException):
        pass

    def killed(*_: Any) -> None:
        # As after a kill, nothing is tidied up.
        monkeypatch.setattr(claims, "FREE", {})
        raise KilledError

    monkeypatch.setattr(ways, "send", killed)
    with pytest.raises(KilledError):
        forward(siem, clock)
    monkeypatch.undo()

    assert forward(siem, clock) == 0, "for all we know it is still at it"
    clock.go(seconds=60)
    assert forward(siem, clock) == 2
    assert positions(http) == [1, 2]


def test_two_senders_are_never_at_the_same_destination_at_once(
    siem: Destination, http: HttpReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(2)
    meanwhile = []

    def sent(*args: Any) -> None:
        meanwhile.append(forward(siem, clock))
        original(*args)

    original = ways.send
    monkeypatch.setattr(ways, "send", sent)

    assert forward(siem, clock) == 2
    assert meanwhile == [0]
    assert positions(http) == [1, 2]


def test_who_comes_a_moment_later_sends_nothing(
    siem: Destination, http: HttpReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen that the destination is free; the other has even told it meanwhile."""
    write(2)

    def meanwhile() -> uuid.UUID:
        monkeypatch.undo()
        assert forward(siem, clock) == 2
        return uuid.uuid4()

    monkeypatch.setattr("queues_app.operations.forwarding.uuid.uuid4", meanwhile)

    assert forward(siem, clock) == 0
    assert positions(http) == [1, 2]


def test_a_sender_that_was_overtaken_takes_nothing_back(
    siem: Destination, http: HttpReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim ran out while it sent: another told the same, and more."""
    write(1)
    original = ways.send

    def slow(*args: Any) -> None:
        monkeypatch.setattr(ways, "send", original)
        clock.go(seconds=61)
        write(1)
        assert forward(siem, clock) == 2
        original(*args)

    monkeypatch.setattr(ways, "send", slow)
    forward(siem, clock)

    assert positions(http) == [1, 2, 1]
    assert (state(siem).position, state(siem).told) == (2, 2)


def test_one_that_is_away_holds_up_no_other(http: HttpReceiver, settings: Settings, clock: Clock) -> None:
    away = named(settings, "http://127.0.0.1:1", http.url)
    write()

    with pytest.raises(DeliveryError, match="no connection could be made"):
        forward(away, clock)

    assert forward(forwarding.destinations()[1], clock) == 1
    assert forwarding.lowest_position() == 0


def test_what_comes_twice_has_the_same_number_and_what_does_not_has_another(
    siem: Destination, http: HttpReceiver, clock: Clock, settings: Settings
) -> None:
    write()
    for _ in range(2):
        forward(siem, clock)
        AuditDestination.objects.update(position=0)
    settings.ALLOWED_HOSTS = ["another.example.com"]
    forward(siem, clock)

    first, again, anothers = (headers["webhook-id"] for headers, _ in http.taken)
    assert first == again != anothers


@pytest.mark.parametrize(
    ("allowed", "source"),
    [("queues.example.com", "queues.example.com"), (".example.com", "example.com"), ("*", "localhost")],
)
def test_lines_name_a_host_and_no_pattern(
    siem: Destination, http: HttpReceiver, clock: Clock, settings: Settings, cast: Cast, allowed: str, source: str
) -> None:
    settings.ALLOWED_HOSTS = [allowed, "another.example.com"]
    write(1)
    forward(siem, clock)
    forwarding.send_test(caller=calling(cast.admin), destination=siem)
    assert [json.loads(line)["source"] for line in http.lines] == [source, source]


def test_no_more_than_a_batch_is_sent_at_once_and_after_failures_less(
    siem: Destination, http: HttpReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.AT_ONCE, siem.way, 4)
    http.answers.append((413, {}))
    write(5)

    with pytest.raises(DeliveryError):
        forward(siem, clock)
    clock.go(seconds=1)

    assert [forward(siem, clock) for _ in range(3)] == [2, 3, 0]
    assert positions(http) == [1, 2, 3, 4, 5]


def test_a_batch_is_not_too_long_either(
    siem: Destination, http: HttpReceiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "MOST_BYTES", 10)
    write(2)

    assert [forward(siem, clock) for _ in range(3)] == [1, 1, 0]


def test_an_entry_that_was_left_open_is_told_so_and_again_when_it_is_complete(
    siem: Destination, http: HttpReceiver, clock: Clock
) -> None:
    (entry,) = write(bound=False)
    links = [
        AuditLink(position=place, entry_id=entry.pk, is_open=is_open, bound_at=clock.now, signature="1.a.b")
        for place, is_open in ((1, True), (2, False))
    ]
    AuditLink.objects.bulk_create(links)
    AuditHead.objects.create(position=2, link_signature="", signature="")

    assert forward(siem, clock) == 2
    assert [json.loads(line)["entry"] for line in http.lines] == [entry.pk, entry.pk]


def test_of_an_entry_that_is_gone_it_is_told_that_it_is(siem: Destination, http: HttpReceiver, clock: Clock) -> None:
    first, _ = write(2)
    behind("DELETE FROM queues_app_auditentry WHERE id = %s", first.pk)

    assert forward(siem, clock) == 2
    gone, kept = (json.loads(line) for line in http.lines)
    assert (gone["kind"], gone["position"], gone["entry"]) == ("gone", 1, first.pk)
    assert kept["kind"] == "entry"


def test_what_was_removed_before_it_could_be_told_holds_nothing_up(
    siem: Destination, http: HttpReceiver, clock: Clock
) -> None:
    write(2)
    behind("DELETE FROM queues_app_auditlink WHERE position <= %s", 2)

    assert forward(siem, clock) == 0
    write(1)
    assert forward(siem, clock) == 1
    assert positions(http) == [3]


def test_what_not_everybody_was_told_is_not_to_be_removed(http: HttpReceiver, settings: Settings, clock: Clock) -> None:
    assert forwarding.lowest_position() is None
    settings.AUDIT_FORWARD = [http.url]
    assert forwarding.lowest_position() is None, "nothing forwards to it"
    siem = named(settings, http.url, f"{http.url}#second")
    write(2)
    forward(siem, clock)

    assert forwarding.lowest_position() == 0
    settings.AUDIT_FORWARD = [http.url]
    assert forwarding.lowest_position() == 2


def test_how_each_stands(siem: Destination, http: HttpReceiver, clock: Clock) -> None:
    write(2)
    bound_at = AuditLink.objects.get(position=1).bound_at

    (before,) = forwarding.deliveries()
    forward(siem, clock)
    (after,) = forwarding.deliveries()

    assert (before.waiting, before.waiting_since) == (2, bound_at)
    assert (after.waiting, after.waiting_since) == (0, None)
