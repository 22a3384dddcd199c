"""`manage.py forward_audit`, and what leaves by HTTP and on standard output."""

import base64
import json
import logging
import threading
from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from queues_app.management import loops
from queues_app.management.commands import forward_audit
from queues_app.models import AuditDestination
from queues_app.operations import binding, forwarding
from tests.forwarding.entries import write
from tests.support.receivers import HttpReceiver

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def once(*options: str) -> None:
    call_command("forward_audit", "--once", *options)


def test_without_a_destination_it_says_so(settings: Settings) -> None:
    settings.AUDIT_FORWARD = []

    with pytest.raises(CommandError, match="AUDIT_FORWARD names no destination"):
        once()


def test_once_binds_and_tells_everything_that_waits(
    http: HttpReceiver, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.AUDIT_FORWARD = [http.url]
    write(2, bound=False)
    once()
    assert http.lines == [], "it begins with what comes from then on"
    write(3, bound=False)

    once()

    assert len(http.lines) == 3
    assert f"{http.url}: 0 waiting." in capsys.readouterr().err


def test_what_is_posted_is_json_lines_signed_with_every_key(http: HttpReceiver, settings: Settings) -> None:
    settings.AUDIT_FORWARD = [f"{http.url.replace('//', '//me:p%40ss@')}/in?k=s3cret"]
    settings.AUDIT_FORWARD_SECRET = [SECRET, SECRET]
    write()

    once("--from-start")

    ((headers, body),) = http.taken
    assert http.paths == ["/in?k=s3cret"]
    assert headers["content-type"] == "application/x-ndjson"
    assert headers["webhook-id"].startswith("audit_1_1_")
    assert headers["webhook-signature"].count("v1,") == 2
    assert headers["authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()
    assert body.endswith(b"}\n")


def test_without_a_secret_it_is_not_signed(http: HttpReceiver, settings: Settings) -> None:
    settings.AUDIT_FORWARD = [http.url]
    write()

    once("--from-start")

    assert "webhook-signature" not in http.taken[0][0]


def test_after_a_failure_it_ends_with_1_and_a_sentence_and_no_secret(
    http: HttpReceiver, settings: Settings, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.AUDIT_FORWARD = ["log:", f"{http.url.replace('//', '//me:pa55@')}/t0ken?k=s3cret#siem"]
    settings.AUDIT_FORWARD_SECRET = [SECRET]
    http.answers.append((500, {}))
    write()

    with caplog.at_level(logging.DEBUG), pytest.raises(CommandError, match="Not everything arrived: siem") as ended:
        once("--from-start")

    assert "siem was not told: It answered 500" in caplog.text
    said = f"{caplog.text}{ended.value}{capsys.readouterr()}{list(AuditDestination.objects.values())}"
    assert not [secret for secret in ("pa55", "t0ken", "s3cret", SECRET[6:]) if secret in said]


def test_the_log_is_told_a_line_for_each_as_its_other_lines_are(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.AUDIT_FORWARD = ["log:"]
    settings.LOG_LEVEL = "ERROR"
    write(2, user_name="a\nb")

    once("--from-start")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["position"] for line in lines] == [1, 2]
    assert lines[0]["user_name"] == "a\nb"
    assert {key: lines[0][key] for key in ("level", "logger", "request_id", "event")} == {
        "level": "info",
        "logger": "queuescope.audit",
        "request_id": "test-request",
        "event": "audit",
    }
    assert lines[0]["time"] == lines[0]["completed_at"]


def test_standard_output_that_is_closed_is_a_failure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AUDIT_FORWARD = ["log:"]
    write()

    def broken(_: str) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("sys.stdout.write", broken)
    with pytest.raises(CommandError, match="Not everything arrived: log"):
        once("--from-start")
    monkeypatch.undo()


def test_a_chain_that_cannot_be_bound_is_named_and_what_is_bound_is_told(
    http: HttpReceiver, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_FORWARD = [http.url]
    write()

    def gone(**_: object) -> int:
        raise binding.HeadGoneError

    monkeypatch.setattr(binding, "bind", gone)
    once("--from-start")

    assert len(http.lines) == 1
    assert "The head of the audit's chain is gone" in caplog.text


class Rounds(threading.Event):
    """A stop that comes after so many rounds, and remembers for how long each was waited for."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return len(self.waits) > self.number


def test_a_database_that_is_down_is_waited_for(
    http: HttpReceiver, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_FORWARD = [http.url]
    (destination,) = forwarding.destinations()
    answers: Iterator[int | Exception] = iter([OperationalError("password=hunter2"), 7, 0])
    monkeypatch.setattr(loops, "connection", Mock())

    def forward(_: object) -> int:
        answer = next(answers)
        if isinstance(answer, int):
            return answer
        raise answer

    monkeypatch.setattr(forwarding, "forward", forward)
    stop = Rounds(2)
    forward_audit._forward(destination, stop)

    assert stop.waits == [0, 5, 1]
    assert "waits for the database: OperationalError" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_fault_of_ours_ends_all_of_them(
    http: HttpReceiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_FORWARD = [http.url]
    (destination,) = forwarding.destinations()
    monkeypatch.setattr(loops, "connection", Mock())
    stop = Rounds(2)

    with pytest.raises(AuditDestination.DoesNotExist):
        forward_audit._forward(destination, stop)

    assert stop.is_set()
