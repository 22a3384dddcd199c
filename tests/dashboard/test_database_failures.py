"""A database that is down or locked costs a page with a sentence, wherever it fails."""

from typing import NoReturn

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory

from dashboard.errors import server_error, too_many_requests
from dashboard.middleware import ExpectedFailuresMiddleware
from tests.support.people import Cast, signed_in

LOCKED = OperationalError("database is locked")


def middleware() -> ExpectedFailuresMiddleware:
    return ExpectedFailuresMiddleware(lambda request: HttpResponse())


def test_a_view_that_finds_the_database_locked_answers_503() -> None:
    response = middleware().process_exception(RequestFactory().get("/audit/"), LOCKED)
    assert response is not None
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "The database does not answer" in response.text
    assert "database is locked" not in response.text


def test_htmx_gets_a_part_and_no_second_page() -> None:
    request = RequestFactory().get("/audit/", headers={"HX-Request": "true"})
    response = middleware().process_exception(request, LOCKED)
    assert response is not None
    assert response.status_code == 503
    assert "data-sentence" in response.text
    assert "<html" not in response.text


@pytest.mark.parametrize("unexpected", [IntegrityError("UNIQUE constraint"), ValueError("ours"), KeyError("ours")])
def test_a_mistake_of_ours_stays_one(unexpected: Exception) -> None:
    assert middleware().process_exception(RequestFactory().get("/"), unexpected) is None


def test_a_session_that_cannot_be_read_answers_503_as_well(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in(cast.owner)
    browser.raise_request_exception = False

    def locked(*args: object, **kwargs: object) -> NoReturn:
        raise LOCKED

    with monkeypatch.context() as while_locked:
        while_locked.setattr(connection, "cursor", locked)
        response = browser.get("/audit/")
    assert response.status_code == 503
    assert "The database does not answer" in response.text


def test_anything_else_is_a_page_with_the_number_to_look_for() -> None:
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "Something went wrong here" in response.text
    assert "Traceback" not in response.text


def test_too_many_attempts_to_sign_in_are_told_so() -> None:
    response = too_many_requests(RequestFactory().post("/sign-in/"))
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "60"
    assert "Too many attempts" in response.text
