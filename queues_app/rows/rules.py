"""The page of rules, and the answer to what somebody may do at a queue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import uuid4

from django.http import QueryDict
from django.urls import reverse

from queues_app import formats
from queues_app.access import OF_QUEUES, Decision, Permission
from queues_app.forms.rules import RuleForm, whose_choices
from queues_app.models import Account, Effect, QueueRule, ReadOnlyAccount, User
from queues_app.rows.options import Option
from queues_app.rows.queue_words import Shown, shown
from queues_app.rows.shared import named

WORDS: dict[Permission, str] = {
    Permission.SEE_QUEUES: "see",
    Permission.PEEK: "peek",
    Permission.PULL: "pull",
    Permission.SETTLE: "settle",
    Permission.DELETE: "delete",
    Permission.SEND: "send",
    Permission.EDIT: "edit",
    Permission.EMPTY: "empty",
    Permission.EXPORT: "export",
    Permission.WATCH: "watch",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule."""

    denies: bool
    what: str
    pattern: Shown
    whose: str
    account: str
    note: str
    made: str
    remove_url: str
    # For the ear: which one the button takes away.
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account: whether anything in it may be changed."""

    name: str
    account_id: str
    is_read_only: bool
    since: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The form of a new rule with what was typed, and what is wrong with it."""

    effects: tuple[Option, ...]
    permissions: tuple[Option, ...]
    pattern: str
    accounts: tuple[Option, ...]
    whose: tuple[Option, ...]
    note: str
    errors: dict[str, str]
    intent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One line of what somebody may do, and why."""

    word: str
    allowed: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A credential by which somebody reaches the account, empty for none, and what they may do by it."""

    credential: str
    answers: tuple[Answer, ...]


def rule_rows(
    rules: Iterable[QueueRule], accounts: Sequence[Account], *, zone: tzinfo, now: datetime
) -> tuple[RuleRow, ...]:
    """The rules in the order of their patterns."""
    names = {account.account_id: account.name for account in accounts}
    return tuple(
        RuleRow(
            denies=rule.effect == Effect.DENY,
            what=", ".join(WORDS.get(Permission(each), each) for each in rule.permissions),
            pattern=shown(rule.pattern),
            whose=rule.whose,
            account=names.get(rule.account_id, rule.account_id) or "every account",
            note=rule.note,
            made=f"{rule.created_by}, {formats.moment_or_clock(rule.created_at, zone, now=now)}",
            remove_url=reverse("rule_remove", args=[rule.pk]),
            name=str(rule),
        )
        for rule in rules
    )


def account_rows(
    accounts: Iterable[Account], closed: Iterable[ReadOnlyAccount], *, zone: tzinfo, now: datetime
) -> tuple[AccountRow, ...]:
    """Each account once, by name."""
    by_id = {each.account_id: each for each in closed}
    rows = []
    for account in accounts:
        one = by_id.get(account.account_id)
        rows.append(
            AccountRow(
                name=account.name,
                account_id=account.account_id,
                is_read_only=one is not None,
                since=f"{one.created_by}, {formats.moment_or_clock(one.created_at, zone, now=now)}" if one else "",
                url=reverse("rules_read_only", args=[account.account_id]),
            )
        )
    return tuple(rows)


def fields_of(form: RuleForm | None, accounts: Sequence[Account], begun: QueryDict) -> Fields:
    """A form that came back, or a new one with what the address begins it with."""
    data: QueryDict = form.data if form is not None else begun  # type: ignore[assignment]  # what was sent is one
    chosen = data.getlist("permissions")
    effect, account_id, whose = (data.get(name, "") for name in ("effect", "account_id", "whose"))
    errors = {name: str(each[0]) for name, each in form.errors.items()} if form is not None else {}
    return Fields(
        effects=tuple(
            Option(value=each.value, label=label, chosen=each.value == (effect or Effect.DENY))
            for each, label in ((Effect.DENY, "Deny"), (Effect.ALLOW, "Allow"))
        ),
        permissions=tuple(
            Option(value=each.value, label=WORDS[each], chosen=each.value in chosen) for each in OF_QUEUES
        ),
        pattern=data.get("pattern", ""),
        accounts=tuple(
            Option(value=value, label=label, chosen=value == account_id)
            for value, label in (("", "every account"), *((each.account_id, each.name) for each in accounts))
        ),
        whose=tuple(Option(value=value, label=label, chosen=value == whose) for value, label in whose_choices()),
        note=data.get("note", ""),
        errors=errors,
        intent=str(uuid4()),
    )


def answers(way: Account | None, found: Iterable[tuple[Permission, Decision]], about: User) -> Way:
    """What somebody may do by one way, a line for each."""
    lines = (Answer(word=WORDS[each], allowed=decision.allowed, why=decision.why) for each, decision in found)
    return Way(credential=named(way.credential, about) if way else "", answers=tuple(lines))
