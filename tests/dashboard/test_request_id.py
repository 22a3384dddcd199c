"""Request ids: kept when sane, made when not, in the answer and in the log."""

import logging
import re
import uuid

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from dashboard.middleware import RequestIdMiddleware
from dashboard.request_id import RequestIdFilter, current_request_id
from queues_app.models import Account, AuditEntry
from queues_app.sandbox import Sandbox
from tests.support.people import signed_in

MADE = re.compile(r"[0-9a-f]{32}")


def test_a_sane_id_of_the_proxy_is_kept() -> None:
    response = _answer("proxy-7f3a.42")
    assert response.headers["X-Request-ID"] == "proxy-7f3a.42"


@pytest.mark.parametrize(
    "offered",
    ["", "short", "a" * 65, "with space", "line\nforged", "<script>alert(1)</script>", "-leading-dash", "ümläut-ids"],
)
def test_an_id_that_could_forge_something_is_replaced(offered: str) -> None:
    response = _answer(offered)
    assert MADE.fullmatch(response.headers["X-Request-ID"])


def test_only_a_trusted_proxy_names_the_id_that_goes_on_the_record(
    settings: Settings, account: Account, sandbox: Sandbox
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    queue, browser, offered = sandbox.add_queue("orders"), signed_in(account.credential.owner), "named-by-a-header"
    for peer, is_believed in (("198.51.100.9", False), ("10.0.0.7", True)):
        answer = browser.post(
            reverse("peek", args=[account.pk, queue.id]),
            {"batch_size": 3, "intent": str(uuid.uuid4())},
            headers={"X-Request-ID": offered},
            REMOTE_ADDR=peer,
        )
        assert answer.status_code == 303
        told = answer.headers["X-Request-ID"]
        assert (told == offered) is is_believed
        assert AuditEntry.objects.order_by("-pk")[0].request_id == told


@given(st.text())
def test_whatever_is_offered_the_answer_holds_a_token(offered: str) -> None:
    response = _answer(offered)
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", response.headers["X-Request-ID"])


def test_log_records_carry_the_id_of_their_request() -> None:
    token = current_request_id.set("request-number-one")
    try:
        assert _filtered().request_id == "request-number-one"  # type: ignore[attr-defined]
    finally:
        current_request_id.reset(token)


def test_log_records_outside_a_request_say_so() -> None:
    assert _filtered().request_id == "-"  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_what_django_says_of_an_answer_carries_the_id_as_well(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/nothing/here/")
    record = next(record for record in caplog.records if record.name == "django.request")
    RequestIdFilter().filter(record)
    assert record.request_id == answer.headers["X-Request-ID"]  # type: ignore[attr-defined]


def _answer(offered: str) -> HttpResponse:
    request = RequestFactory().get("/", headers={"X-Request-ID": offered})
    return RequestIdMiddleware(lambda request: HttpResponse())(request)


def _filtered() -> logging.LogRecord:
    record = logging.LogRecord("name", logging.INFO, "file", 1, "message", None, None)
    assert RequestIdFilter().filter(record)
    return record
