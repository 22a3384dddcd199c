"""The database itself refuses what nobody has to do with the audit."""

import importlib

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from queues_app import audit, guards
from queues_app.models import Action, AuditedMessage, AuditEntry, AuditLink
from queues_app.operations import binding
from tests.support.audit import run
from tests.support.people import Cast
from tests.support.stack import calling

MESSAGE = "a" * 32

made = importlib.import_module("queues_app.migrations._audit_guards")


@pytest.fixture
def entry(cast: Cast) -> AuditEntry:
    """A complete one, bound."""
    with audit.record(caller=calling(cast.owner), action=Action.PULL) as record:
        record.ok(message_ids=[MESSAGE, MESSAGE, "b" * 65])
    binding.bind(now=timezone.now())
    return record.entry


def test_all_guards_stand_after_all_migrations(db: None) -> None:
    asked = {
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgenabled = 'O' "
        "AND NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(asked[connection.vendor])
        assert dict(cursor.fetchall()) == guards.NAMES[connection.vendor]


@pytest.mark.parametrize("name", sorted(guards.NAMES["sqlite"].keys() | guards.NAMES["postgresql"].keys()))
def test_a_guard_that_is_gone_is_told(entry: AuditEntry, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Of a database that has it."""
    standing = guards.NAMES[connection.vendor]
    call_command("verify_audit")
    if name in standing:
        run(f"DROP TRIGGER {name}" + (f" ON {standing[name]}" if connection.vendor == "postgresql" else ""))
        with pytest.raises(CommandError, match="The audit is not as Queuescope wrote it: 1 found"):
            call_command("verify_audit")
        assert f"the database's guard {name} is gone" in capsys.readouterr().out


def test_a_guard_that_stands_elsewhere_is_as_good_as_gone(
    entry: AuditEntry, capsys: pytest.CaptureFixture[str]
) -> None:
    run("DROP TRIGGER audit_head_kept" + (" ON queues_app_audithead" if connection.vendor == "postgresql" else ""))
    run(
        "CREATE TRIGGER audit_head_kept BEFORE DELETE ON queues_app_batch FOR EACH ROW "
        + (
            "EXECUTE FUNCTION queuescope_audit_refuse('No.')"
            if connection.vendor == "postgresql"
            else "BEGIN SELECT RAISE(ABORT, 'No.'); END"
        )
    )

    with pytest.raises(CommandError):
        call_command("verify_audit")

    assert "the database's guard audit_head_kept is gone" in capsys.readouterr().out


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE queues_app_auditentry SET remark = 'another'",
        "UPDATE queues_app_auditentry SET completed_at = NULL, outcome = 'unknown'",
        "DELETE FROM queues_app_auditentry",
        "UPDATE queues_app_auditlink SET position = position + 1",
        "DELETE FROM queues_app_auditlink",
        "UPDATE queues_app_audithead SET position = position - 1",
        "UPDATE queues_app_audithead SET signature = ''",
        "DELETE FROM queues_app_audithead",
        "UPDATE queues_app_auditedmessage SET entry_id = 7",
        "DELETE FROM queues_app_auditedmessage",
    ],
)
def test_what_is_complete_cannot_be_changed_or_removed(entry: AuditEntry, statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement)

    assert AuditEntry.objects.filter(pk=entry.pk, remark="", completed_at__isnull=False).exists()
    assert AuditLink.objects.filter(entry_id=entry.pk).exists()


@pytest.mark.parametrize("column", sorted(set(made.OPENING) - {"intent", "at", "client_address"}))
def test_what_an_open_entry_began_with_cannot_be_changed(cast: Cast, column: str) -> None:
    opened = AuditEntry.objects.create(at=timezone.now(), action=Action.PULL, user_name="owner")

    statement = f"UPDATE queues_app_auditentry SET {column} = %s"  # noqa: S608 - a name of ours
    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement, 4711 if column == "id" else "another")

    assert AuditEntry.objects.filter(pk=opened.pk, user_name="owner").exists()


def test_the_messages_of_an_entry_are_noted_whoever_writes_it(entry: AuditEntry) -> None:
    assert [noted.entry_id for noted in AuditedMessage.objects.filter(message_id=MESSAGE)] == [entry.pk]
    assert AuditedMessage.objects.count() == 1


def test_messages_noted_before_the_call_are_looked_up_too(cast: Cast) -> None:
    with audit.record(caller=calling(cast.owner), action=Action.DELETE) as record:
        record.note(message_ids=[MESSAGE])
        assert AuditedMessage.objects.filter(message_id=MESSAGE, entry_id=record.entry.pk).exists()
        record.ok(message_ids=[MESSAGE])
