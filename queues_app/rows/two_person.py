"""The rules' page about acts that need a second person."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import uuid4

from django.urls import reverse

from queues_app import formats
from queues_app.access import NEED_TWO, Permission
from queues_app.forms.approvals import TwoPersonForm
from queues_app.models import Account, Effect, QueueRule, TwoPersonRule
from queues_app.rows.options import Option
from queues_app.rows.queue_words import Shown, shown
from queues_app.rows.rules import WORDS

# Without either of these nobody takes a message out by acknowledging it.
_AROUND: Final = {Permission.PULL, Permission.SETTLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPersonRow:
    """One of these rules."""

    pattern: Shown
    what: str
    account: str
    made: str
    remove_url: str
    # For the ear: which one the button takes away.
    name: str
    # Where a rule begins that takes away the way around this one; empty where there is none.
    deny_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPersonFields:
    """The form of a new one with what was typed, and what is wrong with it."""

    permissions: tuple[Option, ...]
    pattern: str
    accounts: tuple[Option, ...]
    errors: dict[str, str]
    intent: str


def two_person_rows(
    rules: Iterable[TwoPersonRule],
    queue_rules: Iterable[QueueRule],
    accounts: Sequence[Account],
    *,
    zone: tzinfo,
    now: datetime,
) -> tuple[TwoPersonRow, ...]:
    """The rules in the order of their patterns. `queue_rules`: what is denied already."""
    denied = {
        (rule.pattern, rule.account_id)
        for rule in queue_rules
        if rule.effect == Effect.DENY and rule.user_id is None and not rule.role and _AROUND & set(rule.permissions)
    }
    names = {account.account_id: account.name for account in accounts}
    return tuple(
        TwoPersonRow(
            pattern=shown(rule.pattern),
            what=", ".join(WORDS[Permission(each)] for each in rule.permissions),
            account=names.get(rule.account_id, rule.account_id) or "every account",
            made=f"{rule.created_by}, {formats.moment_or_clock(rule.created_at, zone, now=now)}",
            remove_url=reverse("two_person_remove", args=[rule.pk]),
            name=str(rule),
            deny_url=_deny_url(rule, denied),
        )
        for rule in rules
    )


def _deny_url(rule: TwoPersonRule, denied: Container[tuple[str, str]]) -> str:
    """Whoever may pull and acknowledge takes messages out alone: the form of a rule that lets nobody."""
    if Permission.DELETE not in rule.permissions or (rule.pattern, rule.account_id) in denied:
        return ""
    begun = {
        "effect": Effect.DENY.value,
        "permissions": [Permission.PULL.value, Permission.SETTLE.value],
        "pattern": rule.pattern,
        "account_id": rule.account_id,
    }
    return f"{reverse('rules', query=begun)}#rule"


def two_person_fields(form: TwoPersonForm | None, accounts: Sequence[Account]) -> TwoPersonFields:
    """An empty form, or one that came back."""
    data = form.data if form is not None else {}
    chosen = form.data.getlist("permissions") if form is not None else []  # type: ignore[attr-defined]  # a QueryDict
    return TwoPersonFields(
        permissions=tuple(
            Option(value=each.value, label=WORDS[each], chosen=each.value in chosen) for each in NEED_TWO
        ),
        pattern=data.get("pattern", ""),
        accounts=tuple(
            Option(value=value, label=label, chosen=value == data.get("account_id", ""))
            for value, label in (("", "every account"), *((each.account_id, each.name) for each in accounts))
        ),
        errors={name: str(each[0]) for name, each in form.errors.items()} if form is not None else {},
        intent=str(uuid4()),
    )
