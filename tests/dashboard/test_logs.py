"""How a record becomes a line."""

import json
import logging
import sys

import pytest

from dashboard.logs import formatter
from dashboard.request_id import RequestIdFilter

STYLES = pytest.mark.parametrize("style", ["JSON", "LINE"])


def written(style: str, message: str, *args: object, exc_info: bool = False, **extra: object) -> str:
    record = logging.LogRecord(
        "django.request", logging.WARNING, "file", 1, message, args, sys.exc_info() if exc_info else None
    )
    record.created = 1_795_442_602.5
    vars(record).update(extra)
    RequestIdFilter().filter(record)
    return formatter(style).format(record)


def test_a_record_of_another_library_is_an_object_with_time_level_and_request() -> None:
    assert json.loads(written("JSON", "Not Found: %s", "/somewhere/")) == {
        "time": "2026-11-23T14:03:22.500+00:00",
        "level": "warning",
        "logger": "django.request",
        "request_id": "-",
        "event": "Not Found: /somewhere/",
    }


def test_for_people_it_is_a_line() -> None:
    assert written("LINE", "Not Found: %s", "/x/") == (
        "2026-11-23T14:03:22.500+00:00 WARNING django.request [-] Not Found: /x/"
    )


@STYLES
def test_what_is_attached_to_a_record_is_not_written(style: str) -> None:
    assert "secret" not in written(style, "Not Found", request={"body": "secret"}, status_code="secret")


def int_of(secret: str) -> int:
    return len(secret) + None  # type: ignore[operator]  # the mistake that is wanted


@STYLES
def test_an_exception_is_told_without_the_values_in_its_frames(style: str) -> None:
    try:
        int_of("a value " + "of this frame")
    except TypeError:
        text = written(style, "It broke", exc_info=True)
    assert "Traceback (most recent call last)" in text
    assert "TypeError" in text
    assert "a value of this frame" not in text
    assert len(text.splitlines()) == 1 or style == "LINE"


def test_no_field_can_begin_a_line_of_its_own() -> None:
    record = logging.LogRecord("queuescope.request", logging.INFO, "file", 1, "", (), None)
    record.msg = {"event": "request", "path": "/x/\n2026 forged", "status": 200}
    vars(record).update(_logger=logging.getLogger("queuescope.request"), _name="info")
    RequestIdFilter().filter(record)
    line = formatter("LINE").format(record)
    assert line.endswith('request path="/x/\\n2026 forged" status=200')
    assert "\n" not in formatter("JSON").format(record)
