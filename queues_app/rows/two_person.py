"""The rules' page about acts that need a second person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import uuid4

from django.urls import reverse

from queues_app import formats
from queues_app.access import NEED_TWO, Permission
from queues_app.forms.approvals import TwoPersonForm
from queues_app.models import Account, TwoPersonRule
from queues_app.rows.queue_words import Shown, shown
from queues_app.rows.rules import WORDS, Option


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPersonFields:
    """The form of a new one with what was typed, and what is wrong with it."""

    permissions: tuple[Option, ...]
    pattern: str
    accounts: tuple[Option, ...]
    errors: dict[str, str]
    intent: str


def two_person_rows(
    rules: Iterable[TwoPersonRule], accounts: Sequence[Account], *, zone: tzinfo, now: datetime
) -> tuple[TwoPersonRow, ...]:
    """The rules in the order of their patterns."""
    names = {account.account_id: account.name for account in accounts}
    return tuple(
        TwoPersonRow(
            pattern=shown(rule.pattern),
            what=", ".join(WORDS[Permission(each)] for each in rule.permissions),
            account=names.get(rule.account_id, rule.account_id) or "every account",
            made=f"{rule.created_by}, {formats.moment_or_clock(rule.created_at, zone, now=now)}",
            remove_url=reverse("two_person_remove", args=[rule.pk]),
            name=str(rule),
        )
        for rule in rules
    )


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
