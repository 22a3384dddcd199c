"""What a line says, and that nothing in it can end it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.forwarding import Line
from queues_app.forwarding.lines import FIELDS
from queues_app.models import AuditEntry, AuditLink
from tests.forwarding.entries import write

PLACE = ("position", "entry", "receipt", "link", "complete")
AT = datetime(2026, 11, 28, 12, 0, 0, 7, tzinfo=UTC)


def columns(**others: object) -> dict[str, object]:
    given: dict[str, object] = dict.fromkeys(FIELDS)
    return {**given, "at": AT, "completed_at": AT, "action": "messages.pull", "outcome": "ok", **others}


def made(columns: Mapping[str, object], *, entry: int = 1, signature: str = "") -> Line:
    return Line.of_entry(source="queues.example.com", position=1, entry=entry, signature=signature, columns=columns)


def test_every_column_is_told_but_for_what_means_something_here_only() -> None:
    """A new column of the entry is told too, or named here."""
    known = {field.column for field in AuditEntry._meta.concrete_fields}

    assert set(FIELDS) == known - {"id", "intent", "signature"}


@pytest.mark.django_db
def test_a_line_says_what_the_entry_says() -> None:
    (entry,) = write(message_ids=["0123456789abcdef"], remark="done")
    link, kept = AuditLink.objects.get(), AuditEntry.objects.values().get()

    told = json.loads(made(kept, entry=entry.pk, signature=link.signature).text())

    assert (told["version"], told["kind"], told["source"]) == (1, "entry", "queues.example.com")
    assert (told["position"], told["entry"], told["receipt"]) == (1, entry.pk, entry.receipt)
    assert told["link"] == link.signature
    assert told["complete"] is True
    assert (told["action"], told["outcome"], told["user_name"]) == ("messages.pull", "ok", "ana")
    assert told["client_address"] == "192.0.2.7"
    assert told["parameters"] == {"batch_size": 10}
    assert told["message_ids"] == ["0123456789abcdef"]
    assert told["completed_at"] == f"{kept['completed_at']:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert told["status"] is None
    assert list(told) == ["version", "kind", "source", *PLACE, *FIELDS]


@given(st.text())
def test_whatever_a_name_holds_a_line_stays_one_line_of_ascii(name: str) -> None:
    text = made(columns(user_name=name, queue_name="\r\n\0\u2028\U0001f4a3", remark='"}\n{"')).text()

    assert text.isascii()
    assert text.isprintable() or "\x7f" in text
    assert json.loads(text)["user_name"] == name


def test_a_line_that_is_too_long_goes_without_ids_and_then_without_parameters_and_says_so() -> None:
    line = made(columns(message_ids=["a" * 32] * 100, parameters={"x": "y" * 3000}))

    assert json.loads(line.text())["message_ids"] == ["a" * 32] * 100
    shorter, shortest = (json.loads(line.text(most=most)) for most in (4200, 1000))
    assert (shorter["message_ids"], shorter["left_out"]) == (None, ["message_ids"])
    assert (shortest["parameters"], shortest["left_out"]) == (None, ["message_ids", "parameters"])
