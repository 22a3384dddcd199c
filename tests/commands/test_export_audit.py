"""`manage.py export_audit`: the file on the standard output, how far it is on the other one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from queues_app.management.commands import export_audit
from queues_app.models import Action, AuditEntry, Outcome
from queues_app.operations import history

MESSAGE = "d" * 32


@pytest.fixture(autouse=True)
def entries(db: None) -> list[AuditEntry]:
    return [
        AuditEntry.objects.create(
            at=datetime(2026, 11, day, 12, tzinfo=UTC),
            completed_at=datetime(2026, 11, day, 12, tzinfo=UTC),
            action=action,
            outcome=Outcome.OK,
            user_name=who,
            message_ids=ids,
        )
        for day, action, who, ids in ((20, Action.PEEK, "ana", [MESSAGE]), (21, Action.PULL, "ben", []))
    ]


@pytest.mark.parametrize(
    ("options", "days"),
    [
        ({}, [21, 20]),
        ({"since": "2026-11-21"}, [21]),
        ({"until": "2026-11-20"}, [20]),
        ({"who": "ana"}, [20]),
        ({"action": "messages.pull"}, [21]),
        ({"message": MESSAGE}, [20]),
        ({"outcome": "refused"}, []),
    ],
)
def test_the_file_holds_what_fits_and_its_count(
    capsysbinary: pytest.CaptureFixture[bytes], options: dict[str, str], days: list[int]
) -> None:
    call_command("export_audit", **options)

    out, err = capsysbinary.readouterr()
    *lines, last = [json.loads(line) for line in out.splitlines()]
    assert [int(line["at"][8:10]) for line in lines] == days
    assert last == {"end": True, "entries": len(days)}
    assert b"The file is whole." in err
    kept = AuditEntry.objects.get(action=Action.AUDIT_EXPORT)
    assert (kept.user_name, kept.outcome) == ("manage.py", Outcome.OK)


def test_how_far_it_is_goes_to_the_error_output(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_audit, "_EVERY_S", 0)

    call_command("export_audit", format="csv")

    out, err = capsysbinary.readouterr()
    assert b"2 entries so far, back to 2026-11-20 12:00:00 UTC" in err
    assert out.splitlines()[-1].startswith(b"end,2,")


@pytest.mark.parametrize("option", ["since", "queue", "credential", "action", "kind", "outcome"])
def test_a_filter_that_cannot_be_read_is_named(option: str) -> None:
    with pytest.raises(CommandError, match=f"--{option}"):
        call_command("export_audit", **{option: "never"})

    assert not AuditEntry.objects.filter(action=Action.AUDIT_EXPORT).exists()


def test_an_output_that_nobody_reads_is_on_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**asked: object) -> Iterator[history.Stretch]:
        raise BrokenPipeError
        yield

    monkeypatch.setattr(export_audit.Command, "_write", lambda self, export: next(gone()))

    with pytest.raises(CommandError, match="not whole"):
        call_command("export_audit")

    kept = AuditEntry.objects.get(action=Action.AUDIT_EXPORT)
    assert (kept.outcome, kept.reason) == (Outcome.FAILED, "cut-off")
