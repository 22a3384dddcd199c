from collections.abc import Iterator

import httpx
import pytest

from queues_app import cloudflare
from queues_app.cloudflare import CloudflareError
from tests.cloudflare.scripted import (
    ACCOUNT,
    EVERYTHING,
    QUEUE,
    TOKEN,
    Step,
    answer,
    bad,
    good,
    here,
    script,
)

PULL_REFUSED = "messages cannot be pulled unless http_pull mode is enabled"


def failed(step: Step, name: str = "metrics") -> CloudflareError:
    with pytest.raises(CloudflareError) as caught:
        EVERYTHING[name](script(step).client())
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "message", "name", "kind", "reason"),
    [
        (401, 1000, "Invalid API Token", "verify_user_token", "InvalidCredential", "credential-invalid"),
        (400, 1000, "Invalid API Token", "verify_user_token", "InvalidCredential", "credential-invalid"),
        (401, 10000, "Authentication error", "metrics", "InvalidCredential", "credential-invalid"),
        (401, 9109, "Invalid access token", "metrics", "InvalidCredential", "credential-invalid"),
        (400, 6003, "Invalid request headers", "metrics", "InvalidCredential", "credential-malformed"),
        (403, 9103, "Unknown X-Auth-Key or X-Auth-Email", "metrics", "InvalidCredential", "credential-invalid"),
        (403, 10000, "Authentication error", "pull", "NotPermitted", "not-permitted"),
        (403, 9109, "Unauthorized to access requested resource", "queues", "NotPermitted", "not-permitted"),
        (403, 10023, "workers.api.error.unauthorized", "create_queue", "NotPermitted", "not-permitted"),
        (403, None, "", "pull", "NotPermitted", "not-permitted"),
        (404, 7003, "Could not route to", "queues", "NotFound", "not-found"),
        (400, 7003, "Could not route to", "queues", "NotFound", "not-found"),
        (404, 11000, "queue not found", "queue", "NotFound", "queue-not-found"),
        (404, 10104, "QueueNotFound", "peek", "NotFound", "queue-not-found"),
        (400, 10104, "QueueNotFound", "peek", "NotFound", "queue-not-found"),
        (405, 0, PULL_REFUSED, "pull", "PullNotEnabled", "pull-not-enabled"),
        (405, None, "", "settle", "PullNotEnabled", "pull-not-enabled"),
        (405, 10001, "Method not allowed", "pull", "InvalidRequest", "method-not-allowed"),
        (405, 10405, "Method not allowed", "peek", "InvalidRequest", "method-not-allowed"),
        (409, 0, "queue_delivery_paused", "pull", "DeliveryPaused", "delivery-paused"),
        (409, None, "", "pull", "DeliveryPaused", "delivery-paused"),
        (409, 11009, "Queue name 'x' is already taken.", "create_queue", "Conflict", "name-taken"),
        (400, 11009, "Queue name 'x' is already taken.", "create_queue", "Conflict", "name-taken"),
        (400, 11004, "already has a consumer", "create_consumer", "Conflict", "consumer-exists"),
        (409, None, "", "delete_queue", "Conflict", "conflict"),
        (413, None, "", "push", "InvalidRequest", "message-too-large"),
        (429, 971, "Please wait", "metrics", "RateLimited", "rate-limited"),
        (429, None, "", "pull", "RateLimited", "rate-limited"),
        (429, 10250, "QueueOverloaded", "push", "RateLimited", "queue-overloaded"),
        (429, 10251, "QueueStorageLimitExceeded", "push", "RateLimited", "queue-full"),
        (429, 10252, "QueueDisabled", "push", "DeliveryPaused", "queue-disabled"),
        (429, 10253, "FreeTierLimitExceeded", "push", "RateLimited", "plan-limit"),
        (400, 10207, "Expected object, received string", "push", "InvalidRequest", "body-invalid"),
        (400, 10207, "Required at refs", "purge_messages", "InvalidRequest", "invalid-request"),
        (400, 10203, "MessageMetadataInvalid", "push", "InvalidRequest", "delay-invalid"),
        (400, 11003, "invalid name", "replace_queue", "InvalidRequest", "queue-name-invalid"),
        (400, 11001, "no queue handler", "create_consumer", "InvalidRequest", "no-queue-handler"),
        (400, 100127, "invalid settings", "create_consumer", "InvalidRequest", "settings-invalid"),
        (400, 10107, "QueueIDMalformed", "peek", "InvalidRequest", "queue-id-malformed"),
        (418, 31337, "teapot", "metrics", "InvalidRequest", "invalid-request"),
        (500, 15000, "UnknownInternalError", "metrics", "ServerFault", "server-fault"),
        (502, None, "", "metrics", "ServerFault", "gateway-fault"),
        (522, None, "", "metrics", "ServerFault", "gateway-fault"),
        (999, None, "", "metrics", "ServerFault", "server-fault"),
        (200, 10104, "QueueNotFound", "peek", "NotFound", "queue-not-found"),
        (200, 0, PULL_REFUSED, "pull", "PullNotEnabled", "pull-not-enabled"),
        (200, 4711, "who knows", "peek", "Declined", "declined"),
    ],
)
def test_each_refusal_has_its_diagnosis(
    status: int, code: int | None, message: str, name: str, kind: str, reason: str
) -> None:
    error = failed(bad(status, code, message), name)
    assert (type(error).__name__, error.reason, error.status) == (kind, reason, status)
    assert str(error) == error.sentence
    assert error.sentence.endswith(".")
    assert error.came.startswith(f"HTTP {status}")
    assert [item.code for item in error.errors] == ([] if status > 999 or not error.errors else [code])


def test_an_error_carries_everything_the_answer_said() -> None:
    refusal = answer(
        405,
        {
            "success": False,
            "errors": [
                {
                    "code": 0,
                    "message": PULL_REFUSED,
                    "documentation_url": "https://developers.cloudflare.com/queues/",
                    "source": {"pointer": "/x"},
                    "error_chain": [{"code": 6111, "message": "deeper"}],
                },
                "and a bare text",
            ],
        },
        {"cf-ray": "8f2a1b\x1b-FRA", "retry-after": "7"},
    )
    error = failed(refusal, "pull")
    assert error.sentence == "This queue has no HTTP pull consumer, so nothing can be pulled from it."
    assert error.errors[0].documentation_url == "https://developers.cloudflare.com/queues/"
    assert error.errors[0].pointer == "/x"
    assert error.errors[0].chain[0].code == 6111
    assert error.errors[1].message == "and a bare text"
    assert error.cf_ray == "8f2a1b -FRA"
    assert error.retry_after == 7
    assert error.duration_ms is not None


def test_an_answer_that_says_no_with_status_200_is_a_refusal() -> None:
    assert failed(answer(200, {"success": False})).reason == "declined"
    assert failed(answer(200, {"errors": [{"code": 10000}], "result": None})).reason == "not-permitted"


def test_a_missing_success_with_a_result_is_a_success() -> None:
    played = script(answer(200, {"result": {"backlog_count": 1}}))
    assert played.client().metrics(TOKEN, **here()).value.backlog_count == 1


@pytest.mark.parametrize(
    ("body", "reason", "came"),
    [
        (b"", "empty", "HTTP 200, no content"),
        (b"<!doctype html><title>Sign in</title>", "html", "HTTP 200, a web page titled “Sign in”"),
        (b"<html><body>hello", "html", "HTTP 200, a web page"),
        (b'{"success": true, "result": {"messa', "not-json", "HTTP 200, damaged JSON"),
        (b"upstream connect error", "not-json", "HTTP 200, something that is not JSON"),
        (b'{"success": true}', "no-result", "HTTP 200, without a result"),
        (b'{"success": true, "result": null}', "no-result", "HTTP 200, without a result"),
        (b'{"success": true, "result": [1]}', "wrong-shape", "HTTP 200, with an unknown result"),
        (b'{"success": true, "result": {}}', "wrong-shape", "HTTP 200, with an unknown result"),
        (b'{"success": true, "result": ' + b"[" * 200_000, "not-json", "HTTP 200, damaged JSON"),
    ],
)
def test_an_answer_that_cannot_be_read_says_what_came(body: bytes, reason: str, came: str) -> None:
    error = failed(answer(200, body), "pull")
    assert isinstance(error, cloudflare.Unreadable)
    assert (error.reason, error.came) == (reason, came)
    assert error.may_have_happened
    assert "may have been done" in error.usually_means


def test_a_server_fault_with_a_page_keeps_the_title() -> None:
    error = failed(answer(502, b"<html><head><title>Bad \x00gateway</title>"))
    assert isinstance(error, cloudflare.ServerFault)
    assert error.came == "HTTP 502, a web page titled “Bad gateway”"


def test_a_redirect_is_not_followed() -> None:
    played = script(httpx.Response(307, headers={"location": "https://evil.test/"}))
    with pytest.raises(cloudflare.Redirected) as caught:
        played.client().pull(TOKEN, **here(), batch_size=1, visibility_timeout_ms=1)
    assert len(played.requests) == 1
    assert "evil" not in f"{caught.value} {caught.value.came}"


@pytest.mark.parametrize("name", EVERYTHING)
def test_what_was_asked_is_told_without_an_id(name: str) -> None:
    asked = failed(bad(500), name).asked
    assert asked.split()[0] in ("GET", "POST", "PUT", "PATCH", "DELETE")
    assert ACCOUNT not in asked
    assert QUEUE not in asked
    assert "{" not in asked


def test_what_was_asked_reads_well() -> None:
    assert failed(bad(500), "pull").asked == "POST …/queues/…/messages/pull"
    assert failed(bad(500), "queues").asked == "GET …/queues"
    assert failed(bad(500), "accounts").asked == "GET /accounts"


@pytest.mark.parametrize(
    ("exception", "kind", "reason"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "NotSent", "not-reached"),
        (httpx.ConnectTimeout("timed out"), "NotSent", "connect-timeout"),
        (httpx.PoolTimeout("full"), "NotSent", "no-connection-free"),
        (httpx.UnsupportedProtocol("ftp"), "NotSent", "not-sendable"),
        (httpx.ReadTimeout("timed out"), "AnswerLost", "read-timeout"),
        (httpx.WriteTimeout("timed out"), "AnswerLost", "read-timeout"),
        (httpx.WriteError("broken pipe"), "AnswerLost", "connection-lost"),
        (httpx.RemoteProtocolError("disconnected"), "AnswerLost", "connection-lost"),
        (httpx.DecodingError("bad"), "AnswerLost", "connection-lost"),
        (ConnectionResetError("reset"), "AnswerLost", "connection-lost"),
    ],
)
def test_no_answer_says_whether_anything_left(exception: Exception, kind: str, reason: str) -> None:
    error = failed(exception, "pull")
    assert (type(error).__name__, error.reason) == (kind, reason)
    assert error.came == str(exception).removeprefix("[Errno 111] ")
    assert "., " not in error.came_back


def test_a_refusal_whose_words_were_lost_is_still_a_refusal() -> None:
    class Cut(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'{"errors": [{"co'
            raise httpx.ReadError("reset")

    error = failed(lambda _: httpx.Response(403, stream=Cut()), "pull")
    assert isinstance(error, cloudflare.NotPermitted)
    assert not error.may_have_happened
    assert isinstance(failed(lambda _: httpx.Response(200, stream=Cut()), "pull"), cloudflare.AnswerLost)


def test_results_may_be_missing_where_none_is_needed() -> None:
    for bare in (answer(200, {"success": True}), good(None), httpx.Response(204)):
        client = script(bare).client()
        client.delete_queue(TOKEN, **here())
        client.delete_consumer(TOKEN, **here(), consumer_id="c" * 32)
        assert client.push(TOKEN, **here(), message=cloudflare.Outgoing(body="x")).value.metrics is None
        assert client.settle(TOKEN, **here(), acks=("x",)).value.ack_count is None
