"""Request ids: kept when sane, made when not, in the answer and in the log."""

import logging
import re

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from dashboard.middleware import RequestIdMiddleware
from dashboard.request_id import RequestIdFilter, current_request_id

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
    client.get("/nothing/here/", headers={"X-Request-ID": "request-number-two"})
    record = next(record for record in caplog.records if record.name == "django.request")
    RequestIdFilter().filter(record)
    assert record.request_id == "request-number-two"  # type: ignore[attr-defined]


def _answer(offered: str) -> HttpResponse:
    request = RequestFactory().get("/", headers={"X-Request-ID": offered})
    return RequestIdMiddleware(lambda request: HttpResponse())(request)


def _filtered() -> logging.LogRecord:
    record = logging.LogRecord("name", logging.INFO, "file", 1, "message", None, None)
    assert RequestIdFilter().filter(record)
    return record
