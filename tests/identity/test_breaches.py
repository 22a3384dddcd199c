"""A new password that is known from a breach is refused; what leaves is five digits of a hash."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from queues_app.identity import breaches
from queues_app.operations import invitations, people
from tests.identity.provider import served

BREACHED = "purple-elephants-dance-at-noon"
FRESH = "nobody-ever-used-this-one-here"


def digest_of(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


class Ranges:
    """The range API of Have I Been Pwned."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.body = f"{'0' * 35}:3\r\n{digest_of(BREACHED)[5:]}:1,234\r\n{digest_of(FRESH)[5:]}:0\r\n"
        self.status = "200 OK"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ)
        start_response(self.status, [("Content-Type", "text/plain")])
        return [self.body.encode()]


@pytest.fixture
def ranges(settings: Settings) -> Iterator[Ranges]:
    ranges = Ranges()
    with served(ranges) as address:
        settings.BREACHED_PASSWORDS = True
        settings.BREACHED_PASSWORDS_URL = f"{address}/range"
        yield ranges


def test_a_password_of_a_breach_is_refused_and_five_digits_leave(ranges: Ranges) -> None:
    with pytest.raises(ValidationError, match="known from a breach"):
        validate_password(BREACHED)

    (asked,) = ranges.asked
    assert (asked["PATH_INFO"], asked["QUERY_STRING"]) == (f"/range/{digest_of(BREACHED)[:5]}", "")
    assert asked["HTTP_ADD_PADDING"] == "true"
    assert digest_of(BREACHED)[5:] not in str(asked)


def test_a_fresh_password_is_taken_also_where_the_padding_names_it(ranges: Ranges) -> None:
    validate_password(FRESH)

    assert len(ranges.asked) == 1


def test_switched_off_nobody_is_asked(ranges: Ranges, settings: Settings) -> None:
    settings.BREACHED_PASSWORDS = False
    validate_password(BREACHED)

    assert ranges.asked == []


@pytest.mark.parametrize("trouble", ["down", "rude", "endless"])
def test_when_nobody_answers_the_common_list_decides_and_the_log_says_so(
    ranges: Ranges, settings: Settings, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    if trouble == "down":
        settings.BREACHED_PASSWORDS_URL = "http://127.0.0.1:9/range"
    elif trouble == "rude":
        ranges.status = "503 Down"
    else:
        ranges.body = "F" * 2_000_000
    with caplog.at_level(logging.DEBUG):
        validate_password(BREACHED)
        with pytest.raises(ValidationError, match="too common"):
            validate_password("password1234")

    told = [record.getMessage() for record in caplog.records if record.name == "queues_app.identity.breaches"]
    assert len(told) == 2
    assert "Only the list of common passwords was looked at" in told[0]
    for line in told:
        assert BREACHED not in line
        assert digest_of(BREACHED)[:5] not in line


def test_an_address_that_is_not_encrypted_is_not_asked(ranges: Ranges, settings: Settings) -> None:
    settings.HTTPS_ONLY = True
    settings.BREACHED_PASSWORDS_URL = "http://ranges.example.com/range"
    validate_password(BREACHED)


@pytest.mark.django_db
def test_joining_with_a_password_of_a_breach_is_told_so_at_the_field(ranges: Ranges) -> None:
    word = invitations.invite(caller=people.CONSOLE, role="Operator")
    answer = Client().post("/join/", {"word": word, "name": "zoe", "new": BREACHED})

    assert answer.status_code == 422
    assert b"known from a breach of another site" in answer.content


@given(st.text())
def test_whatever_is_answered_is_read(body: str) -> None:
    assert breaches.is_among(body, digest_of(BREACHED)[5:]) in (True, False)
