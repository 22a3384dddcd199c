"""Nobody changes the audit unnoticed, not even who owns the database."""

import io
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from queues_app import audit, chain
from queues_app.models import Action, AuditEntry, AuditHead, AuditLink, AuditPending
from queues_app.operations import binding
from queues_app.operations.checkpoints import Checkpoint, NoCheckpointError
from tests.support.audit import behind, run
from tests.support.people import Cast, signed_in
from tests.support.stack import calling


@pytest.fixture
def entries(cast: Cast) -> list[AuditEntry]:
    """Six complete ones, the first four of them bound."""
    return [*write(cast, 4, bound=True), *write(cast, 2)]


def write(cast: Cast, number: int, *, bound: bool = False) -> list[AuditEntry]:
    written = []
    for _ in range(number):
        with audit.record(
            caller=calling(cast.owner),
            action=Action.PULL,
            parameters={"batch_size": 10, "share": 2.0, "names": ["a", "b"]},
            intent=uuid.uuid4(),
        ) as record:
            record.ok(message_ids=["0123456789abcdef"], backlog_count=7, backlog_read_at=timezone.now())
        written.append(record.entry)
    if bound:
        bind()
    return written


def bind(*, later: timedelta = timedelta()) -> int:
    return binding.bind(now=timezone.now() + later)


def verify(*options: str) -> str:
    """What the command says of an audit that is as it should be."""
    out = io.StringIO()
    call_command("verify_audit", *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def found(*options: str) -> str:
    """What the command says of one that is not."""
    out = io.StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("verify_audit", *options, stdout=out, stderr=io.StringIO())
    assert ended.value.returncode == 1
    return f"{out.getvalue()}{ended.value}"


def test_an_audit_that_nobody_touched_is_sound(entries: list[AuditEntry]) -> None:
    said = verify()

    assert "4 links read, 1 to 4." in said
    assert "2 complete and signed, not bound yet, the oldest since" in said


def test_an_empty_audit_is_sound(db: None) -> None:
    assert "0 links read" in verify()


CHANGES: dict[str, int | str] = {
    "at": "2020-01-01 00:00:00+00:00",
    "completed_at": "2020-01-01 00:00:00+00:00",
    "action": "messages.peek",
    "outcome": "failed",
    "user_id": 4711,
    "user_name": "somebody",
    "client_address": "10.9.8.7",
    "request_id": "another",
    "intent": "0" * 32,
    "credential_id": 4711,
    "credential_label": "another",
    "credential_owner_id": 4711,
    "credential_owner": "another",
    "credential_team": "another",
    "environment": "another",
    "account_id": "another",
    "account_name": "another",
    "queue_id": "another",
    "queue_name": "another",
    "parameters": '{"batch_size": 1}',
    "reason": "another",
    "remark": "another",
    "asked": "another",
    "status": 418,
    "code": 4711,
    "message_count": 4711,
    "message_ids": "[]",
    "backlog_count": 4711,
    "backlog_read_at": "2020-01-01 00:00:00+00:00",
    "duration_ms": 4711,
    "cf_ray": "another",
    "batch_id": "0" * 32,
    "signature": "1.00000000.another",
}


def test_every_column_of_an_entry_is_signed() -> None:
    columns = {field.column for field in AuditEntry._meta.concrete_fields}

    assert columns - {"signature"} == set(chain.COLUMNS[chain.VERSION])
    assert columns - {"id"} == set(CHANGES)


@pytest.mark.parametrize("is_bound", [True, False])
@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_column_is_found(entries: list[AuditEntry], column: str, is_bound: bool) -> None:
    changed = entries[1 if is_bound else 5]
    set_column = f"UPDATE queues_app_auditentry SET {column} = %s WHERE id = %s"  # noqa: S608 - a name of ours
    behind(set_column, CHANGES[column], changed.pk)

    said = found()

    assert f"1 found, first at {changed.receipt}." in said


def take_out_of_bound(entries: list[AuditEntry]) -> None:
    behind("DELETE FROM queues_app_auditentry WHERE id = %s", entries[2].pk)


def take_out_with_link(entries: list[AuditEntry]) -> None:
    behind("DELETE FROM queues_app_auditentry WHERE id = %s", entries[1].pk)
    behind("DELETE FROM queues_app_auditlink WHERE entry_id = %s", entries[1].pk)


def take_out_and_close_up(entries: list[AuditEntry]) -> None:
    take_out_with_link(entries)
    behind("UPDATE queues_app_auditlink SET position = position - 1 WHERE position = 3")
    behind("UPDATE queues_app_auditlink SET position = position - 1 WHERE position = 4")


def swap(entries: list[AuditEntry]) -> None:
    for old, new in ((3, 99), (4, 3), (99, 4)):
        behind("UPDATE queues_app_auditlink SET position = %s WHERE position = %s", new, old)


def take_out_unbound(entries: list[AuditEntry]) -> None:
    behind("DELETE FROM queues_app_auditentry WHERE id = %s", entries[4].pk)


def take_out_unbound_and_bind(entries: list[AuditEntry]) -> None:
    take_out_unbound(entries)
    bind()


def put_in(entries: list[AuditEntry]) -> None:
    copied = ", ".join(column for column in CHANGES if column not in ("intent", "user_name"))
    run(
        f"INSERT INTO queues_app_auditentry (id, user_name, {copied}) "  # noqa: S608 - names of columns
        f"SELECT 90, 'teammate', {copied} FROM queues_app_auditentry WHERE id = %s",
        entries[0].pk,
    )


def put_in_and_bind(entries: list[AuditEntry]) -> None:
    put_in(entries)
    bind()


def put_in_unnoted(entries: list[AuditEntry]) -> None:
    put_in(entries)
    run("DELETE FROM queues_app_auditpending WHERE entry_id = 90")


def unsign_and_bind_later(entries: list[AuditEntry]) -> None:
    behind("UPDATE queues_app_auditentry SET signature = '' WHERE id = %s", entries[4].pk)
    bind(later=timedelta(days=2))


@pytest.mark.parametrize(
    ("tamper", "first", "sentence"),
    [
        (take_out_of_bound, 2, "the entry was removed"),
        (take_out_with_link, 2, "link 2 is missing from the chain just before this entry's"),
        (take_out_and_close_up, 2, "the entry is not what link 2 bound: it, the link or their order was changed"),
        (swap, 3, "the entry is not what link 3 bound: it, the link or their order was changed"),
        (take_out_unbound, 4, "the entry was removed before it was bound"),
        (take_out_unbound_and_bind, 4, "the entry was removed"),
        (put_in, 90, "the entry was changed after it was completed"),
        (put_in_and_bind, 90, "the entry was changed after it was completed"),
        (put_in_unnoted, 90, "the entry was never bound"),
        (unsign_and_bind_later, 4, "the entry has no signature"),
    ],
)
def test_what_is_removed_put_in_or_reordered_is_found(
    entries: list[AuditEntry], tamper: Callable[[list[AuditEntry]], None], first: int, sentence: str
) -> None:
    tamper(entries)

    said = found()

    receipt = f"R-{first}" if first == 90 else entries[first].receipt
    assert f"{receipt}: {sentence}" in said
    assert f"first at {receipt}." in said


def test_the_links_signature_cannot_be_made_without_the_key(entries: list[AuditEntry], settings: Settings) -> None:
    keys = settings.CREDENTIAL_KEYS
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    bind()
    settings.CREDENTIAL_KEYS = keys

    said = found()

    assert f"{entries[4].receipt}: its link cannot be verified: it was signed with a key" in said


def test_a_tail_that_was_cut_off_is_missed_by_the_head(entries: list[AuditEntry]) -> None:
    cut_tail(entries)

    assert "the audit: the end of the chain was cut off: it had 4 links and has 2" in found()


def test_a_head_that_was_changed_or_removed_is_found(entries: list[AuditEntry]) -> None:
    cut_tail(entries)
    last = AuditLink.objects.get(position=2)
    behind("UPDATE queues_app_audithead SET position = 2, link_signature = %s", last.signature)
    assert "the head of the chain was changed" in found()

    behind("DELETE FROM queues_app_audithead")
    assert "the head of the chain was removed" in found()
    with pytest.raises(binding.HeadGoneError):
        bind()


def test_a_checkpoint_kept_elsewhere_finds_a_tail_cut_off_with_its_head(cast: Cast, tmp_path: Path) -> None:
    entries = write(cast, 2, bound=True)
    head = AuditHead.objects.get()
    entries += write(cast, 2, bound=True)
    kept = checkpoint()
    (tmp_path / "kept.log").write_text(f"noise\n{kept}\n", encoding="utf-8")
    assert "4 links read" in verify("--against", kept)

    cut_tail(entries)
    behind(
        "UPDATE queues_app_audithead SET position = %s, link_signature = %s, signature = %s",
        head.position,
        head.link_signature,
        head.signature,
    )

    assert "2 links read" in verify()
    assert "the end of the audit was cut off" in found("--against", str(tmp_path / "kept.log"))


def test_a_chain_that_was_written_anew_is_not_the_checkpoints(cast: Cast, settings: Settings) -> None:
    entries = write(cast, 2, bound=True)
    kept = checkpoint()
    behind("DELETE FROM queues_app_auditlink")
    behind("DELETE FROM queues_app_audithead")
    run("INSERT INTO queues_app_auditpending (entry_id, is_complete) VALUES (%s, %s)", entries[1].pk, True)
    run("INSERT INTO queues_app_auditpending (entry_id, is_complete) VALUES (%s, %s)", entries[0].pk, True)
    bind(later=timedelta(hours=1))

    assert "2 links read" in verify()
    assert "the audit was written anew" in found("--against", kept)


def test_a_checkpoint_that_was_changed_says_so(cast: Cast) -> None:
    write(cast, 2, bound=True)

    assert "was not made by this deployment" in found("--against", checkpoint().replace("Z 2 ", "Z 1 "))


def checkpoint() -> str:
    out = io.StringIO()
    call_command("audit_checkpoint", stdout=out)
    return out.getvalue().strip()


def cut_tail(entries: list[AuditEntry]) -> None:
    """The third and fourth entry never happened."""
    behind("DELETE FROM queues_app_auditlink WHERE position > 2")
    for entry in entries[2:4]:
        behind("DELETE FROM queues_app_auditentry WHERE id = %s", entry.pk)


@given(text=st.text())
def test_any_other_text_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoCheckpointError):
        Checkpoint.read(text)


def test_an_entry_that_was_left_open_is_bound_so_and_again_when_it_is_completed(cast: Cast) -> None:
    with audit.record(caller=calling(cast.owner), action=Action.PULL) as record:
        assert bind() == 0
        assert "1 under way or left open" in verify()
        assert bind(later=timedelta(minutes=11)) == 1
        record.ok()
    bind()

    assert list(AuditLink.objects.values_list("entry_id", "is_open")) == [
        (record.entry.pk, True),
        (record.entry.pk, False),
    ]
    assert not AuditPending.objects.exists()
    assert "2 links read" in verify()


@pytest.mark.parametrize("when", ["young", "left open"])
def test_an_open_entry_that_was_removed_is_found(cast: Cast, when: str) -> None:
    opened = AuditEntry.objects.create(at=timezone.now(), action=Action.PULL, user_name="owner")
    if when == "left open":
        bind(later=timedelta(minutes=11))
    behind("DELETE FROM queues_app_auditentry WHERE id = %s", opened.pk)

    assert f"first at {opened.receipt}" in found()


def test_entries_of_a_version_before_are_bound_as_they_were(cast: Cast) -> None:
    old = AuditEntry.objects.create(
        at=timezone.now(), completed_at=timezone.now(), action=Action.PEEK, user_name="owner"
    )
    bind()
    assert "1 of their entries are from before entries were signed" in verify()

    behind("UPDATE queues_app_auditentry SET user_name = 'teammate' WHERE id = %s", old.pk)

    assert f"{old.receipt}: the entry is not what link 1 bound" in found()


def test_an_old_key_verifies_and_one_that_is_gone_is_named(cast: Cast, settings: Settings) -> None:
    old, new = settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    write(cast, 1, bound=True)
    settings.CREDENTIAL_KEYS = [new, old]
    write(cast, 1, bound=True)
    assert "2 links read" in verify()

    settings.CREDENTIAL_KEYS = [new]
    assert "that this server does not have; put it back into AUDIT_KEYS" in found()

    settings.AUDIT_KEYS = [old]
    write(cast, 1, bound=True)
    assert "3 links read" in verify()


def test_a_part_of_the_chain_is_verified_by_position_or_moment(cast: Cast) -> None:
    first, *_ = write(cast, 3, bound=True)
    write(cast, 2)
    bind(later=timedelta(days=1))
    behind("UPDATE queues_app_auditentry SET remark = 'another' WHERE id = %s", first.pk)
    tomorrow = (datetime.now(UTC) + timedelta(hours=12)).isoformat()

    assert "4 links read, 2 to 5." in verify("--from", "2")
    assert "2 links read, 4 to 5." in verify("--from", tomorrow)
    assert "3 links read, 1 to 3." in found("--to", tomorrow)
    assert "Nothing of the audit is bound in this range" in found("--from", "6")
    assert "neither a position nor a moment" in found("--from", "yesterday")


def test_requests_bind_what_was_completed(cast: Cast, settings: Settings) -> None:
    settings.AUDIT_BOUND_EVERY = timedelta(0)
    write(cast, 3)

    signed_in(cast.owner).get("/audit/")

    assert AuditHead.objects.get().position >= 3
    assert "not bound yet" not in verify()


def test_many_are_bound_a_bounded_number_at_a_time(cast: Cast) -> None:
    write(cast, 3)

    assert [binding.bind(now=timezone.now(), at_most=2) for _ in range(3)] == [2, 1, 0]
    assert "3 links read" in verify()


def test_what_is_noted_twice_is_bound_once(entries: list[AuditEntry]) -> None:
    run("INSERT INTO queues_app_auditpending (entry_id, is_complete) VALUES (%s, %s)", entries[0].pk, True)
    bind()

    assert "6 links read" in verify()


def test_the_command_binds_all(entries: list[AuditEntry]) -> None:
    out = io.StringIO()
    call_command("bind_audit", stdout=out)

    assert out.getvalue() == "2 entries bound.\n"
    assert "6 links read" in verify()
