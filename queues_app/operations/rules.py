"""Rules for queues, and accounts in which nothing is changed: who made which stands on the record."""

import uuid
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final

from queues_app import access, audit
from queues_app.access import OF_QUEUES, Decision, Permission, Place
from queues_app.audit import Caller, Record, Subject
from queues_app.models import Account, Action, QueueRule, ReadOnlyAccount, TwoPersonRule, User
from queues_app.operations import allowed

CLOSED: Final = "Nothing in it is changed."
OPENED: Final = "It can be changed again."


def require(*, caller: Caller) -> None:
    """Whether the caller may make rules.

    Raises NotAllowedError, after recording the refused attempt.
    """
    _require(caller, Action.RULE_ADD)


def add(*, caller: Caller, intent: uuid.UUID, **fields: Any) -> QueueRule:
    """Make a rule of these columns of `QueueRule`. It holds from the next request of everybody.

    Raises NotAllowedError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError.
    """
    _require(caller, Action.RULE_ADD)
    rule = QueueRule(**fields, created_by=caller.user_name[:150])
    with _on_the_record(caller, Action.RULE_ADD, rule, intent) as record:
        audit.carry_out(record, rule.save, str(rule))
    return rule


def remove(*, caller: Caller, rule: QueueRule) -> None:
    """Take a rule away.

    Raises NotAllowedError, AuditUnavailableError, AuditNotClosedError.
    """
    _require(caller, Action.RULE_REMOVE)
    with _on_the_record(caller, Action.RULE_REMOVE, rule, None) as record:
        audit.carry_out(record, rule.delete, str(rule))


def add_two_person(*, caller: Caller, intent: uuid.UUID, **fields: Any) -> TwoPersonRule:
    """Let acts need a second person from now on, by these columns of `TwoPersonRule`.

    Raises NotAllowedError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError.
    """
    _require(caller, Action.TWO_PERSON_ADD)
    rule = TwoPersonRule(**fields, created_by=caller.user_name[:150])
    parameters = _two_person(rule)
    with audit.record(caller=caller, action=Action.TWO_PERSON_ADD, parameters=parameters, intent=intent) as record:
        audit.carry_out(record, rule.save, str(rule))
    return rule


def remove_two_person(*, caller: Caller, rule: TwoPersonRule) -> None:
    """Let these acts need no second person any more.

    Raises NotAllowedError, AuditUnavailableError, AuditNotClosedError.
    """
    _require(caller, Action.TWO_PERSON_REMOVE)
    with audit.record(caller=caller, action=Action.TWO_PERSON_REMOVE, parameters=_two_person(rule)) as record:
        audit.carry_out(record, rule.delete, str(rule))


def set_read_only(*, caller: Caller, account: Account, on: bool) -> None:
    """Close an account to every change, by whichever credential, or open it again.

    Raises NotAllowedError, AuditUnavailableError, AuditNotClosedError.
    """
    action = Action.READ_ONLY_ON if on else Action.READ_ONLY_OFF
    _require(caller, action)
    # Without the credential: it is whoever's, and none was used.
    subject = Subject(account=account)
    rows = ReadOnlyAccount.objects.filter(account_id=account.account_id)
    made = {"account_name": account.name, "created_by": caller.user_name[:150]}
    with audit.record(caller=caller, action=action, subject=subject) as record:
        if on:
            audit.carry_out(record, lambda: rows.get_or_create(account_id=account.account_id, defaults=made), CLOSED)
        else:
            audit.carry_out(record, rows.delete, OPENED)


def accounts() -> list[Account]:
    """Every Cloudflare account that somebody's credential reaches, once, by name."""
    known = {account.account_id: account for account in Account.objects.order_by("pk")}
    return sorted(known.values(), key=lambda account: (account.name, account.account_id))


def answers(
    user: User, account_id: str, queue_name: str
) -> list[tuple[Account | None, list[tuple[Permission, Decision]]]]:
    """What a person may do at a queue, and why, for everything that a rule can be about: by each way that they have.

    By their roles alone where no credential that they may use reaches the account.
    """
    reach: list[Account | None] = list(Account.objects.of(user).filter(account_id=account_id))
    found = []
    for way in reach or [None]:
        place = Place.of(way, queue_name) if way else Place(account_id, queue_name)
        found.append((way, [(each, _told(user, each, place)) for each in OF_QUEUES]))
    return found


def _told(user: User, permission: Permission, place: Place) -> Decision:
    decision = access.decide(user, permission, place)
    if not decision.by_role:
        return decision
    roles = " and ".join(access.roles_with(user, permission))
    return replace(decision, why=f"by the role {roles}" if roles else "as a superuser")


def _require(caller: Caller, action: Action) -> None:
    allowed.require(caller, Permission.MANAGE_RULES, action=action, subject=Subject())


def _two_person(rule: TwoPersonRule) -> dict[str, Any]:
    return {
        "permissions": ", ".join(rule.permissions),
        "pattern": rule.pattern,
        "account": rule.account_id or "every account",
    }


def _on_the_record(
    caller: Caller, action: Action, rule: QueueRule, intent: uuid.UUID | None
) -> AbstractContextManager[Record]:
    parameters = {
        "effect": rule.effect,
        "permissions": ", ".join(rule.permissions),
        "pattern": rule.pattern,
        "whose": rule.whose,
        "account": rule.account_id or "every account",
    }
    return audit.record(caller=caller, action=action, parameters=parameters, intent=intent)
