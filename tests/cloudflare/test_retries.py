import httpx
import pytest

from queues_app.cloudflare import AnswerLost, CloudflareError, NotSent, RateLimited, ServerFault, TooLarge
from tests.cloudflare.scripted import ACTS, EVERYTHING, READS, TOKEN, Step, answer, bad, good, here, script

LOST = httpx.ReadError("reset")
METRICS = {"backlog_count": 1, "backlog_bytes": 1, "oldest_message_timestamp_ms": 0}
TROUBLE: dict[str, Step] = {
    "lost": LOST,
    "timeout": httpx.ReadTimeout("slow"),
    "not sent": httpx.ConnectError("refused"),
    "500": bad(500, 15000, "UnknownInternalError"),
    "503 with Retry-After": bad(503, Retry_After="0"),
    "429": bad(429, 971, "Please wait", Retry_After="1"),
    "409": bad(409, 0, "queue_delivery_paused"),
    "408": bad(408),
    "html": answer(502, b"<html><title>Bad gateway</title>"),
    "cut": answer(200, b'{"success": true, "result": {"mess'),
    "empty": answer(200, b""),
}


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("name", ACTS)
def test_whatever_acts_is_sent_once_whatever_comes(name: str, trouble: str) -> None:
    played = script(TROUBLE[trouble])
    with pytest.raises(CloudflareError):
        ACTS[name](played.client())
    assert len(played.requests) == 1
    assert played.slept == []


@pytest.mark.parametrize("trouble", sorted(TROUBLE.keys() - {"409"}))
@pytest.mark.parametrize("name", READS)
def test_gets_and_peeks_are_tried_twice_more(name: str, trouble: str) -> None:
    played = script(TROUBLE[trouble])
    with pytest.raises(CloudflareError) as caught:
        READS[name](played.client())
    assert len(played.requests) == 3
    assert not caught.value.may_have_happened


@pytest.mark.parametrize("name", READS)
def test_a_refusal_is_not_asked_again(name: str) -> None:
    for refusal in (bad(403, 10000), bad(404, 7003), bad(400, 6003), bad(409), bad(401, 1000)):
        played = script(refusal)
        with pytest.raises(CloudflareError):
            READS[name](played.client())
        assert len(played.requests) == 1


def test_the_second_try_may_succeed() -> None:
    played = script(LOST, bad(503), good(METRICS))
    assert played.client().metrics(TOKEN, **here()).value.backlog_count == 1
    assert len(played.slept) == 2


def test_the_pauses_grow_and_are_jittered() -> None:
    calm, unlucky = script(LOST), script(LOST)
    for played, chance in ((calm, 0.0), (unlucky, 0.999)):
        with pytest.raises(AnswerLost):
            played.client(chance=lambda chance=chance: chance).metrics(TOKEN, **here())
    assert calm.slept == [0.25, 0.5]
    assert unlucky.slept == pytest.approx([0.49975, 0.9995])


def test_retry_after_is_waited_for_when_short() -> None:
    played = script(bad(503, Retry_After="3"), good(METRICS))
    played.client().metrics(TOKEN, **here())
    assert played.slept == [3]


def test_a_long_retry_after_is_told_and_not_waited_for() -> None:
    played = script(bad(503, Retry_After="120"))
    with pytest.raises(ServerFault) as caught:
        played.client().metrics(TOKEN, **here())
    assert played.slept == []
    assert caught.value.retry_after == 120


def test_a_short_429_is_waited_for_once() -> None:
    played = script(bad(429, 971, "Please wait", Retry_After="2"), good(METRICS))
    played.client().metrics(TOKEN, **here())
    assert played.slept == [2]


def test_all_tries_share_one_deadline() -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        played.now += 8
        raise httpx.ReadTimeout("slow")

    played = script(slow)
    with pytest.raises(AnswerLost):
        played.client(total_timeout=10).metrics(TOKEN, **here())
    assert len(played.requests) == 2


def test_the_time_told_is_that_of_all_tries() -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        played.now += 8
        raise httpx.ReadTimeout("slow")

    played = script(slow)
    with pytest.raises(AnswerLost) as caught:
        played.client(total_timeout=10).metrics(TOKEN, **here())
    assert caught.value.tries == 2
    assert caught.value.duration_ms == pytest.approx(16_250, abs=10)


def test_later_tries_get_only_the_time_that_is_left() -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        played.now += 8
        raise httpx.ReadTimeout("slow")

    played = script(slow)
    with pytest.raises(AnswerLost):
        played.client(total_timeout=10, read_timeout=8).metrics(TOKEN, **here())
    timeouts = [request.extensions["timeout"]["read"] for request in played.requests]
    assert timeouts == pytest.approx([8, 1.75])


def test_what_cannot_get_better_is_not_tried_again() -> None:
    played = script(answer(200, b"x" * 2000))
    with pytest.raises(TooLarge):
        played.client(max_answer_bytes=1000).metrics(TOKEN, **here())
    assert len(played.requests) == 1


def test_the_error_of_the_last_try_is_the_one_told_and_stands_alone() -> None:
    played = script(httpx.ConnectError("refused"), httpx.ConnectError("refused"), bad(429, 971))
    with pytest.raises(RateLimited) as caught:
        played.client().metrics(TOKEN, **here())
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", EVERYTHING)
def test_what_never_left_cannot_have_happened(name: str) -> None:
    played = script(httpx.ConnectTimeout("slow"))
    with pytest.raises(NotSent) as caught:
        EVERYTHING[name](played.client())
    assert not caught.value.may_have_happened
    assert caught.value.status is None


@pytest.mark.parametrize("name", ACTS)
def test_what_left_without_a_good_answer_may_have_happened(name: str) -> None:
    for trouble in ("lost", "timeout", "500", "html", "cut", "empty", "408"):
        with pytest.raises(CloudflareError) as caught:
            ACTS[name](script(TROUBLE[trouble]).client())
        assert caught.value.may_have_happened, trouble
    for trouble in ("429", "409"):
        with pytest.raises(CloudflareError) as caught:
            ACTS[name](script(TROUBLE[trouble]).client())
        assert not caught.value.may_have_happened, trouble
