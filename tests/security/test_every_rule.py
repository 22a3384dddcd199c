"""Every address about a queue, for every role, under every kind of rule: one table, made from `routes.py`.

What is promised is worked out here by the words of the README, not by `access.py`: read-only comes first, then whatever
denies, then the role, then whatever allows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pytest
from django.db import transaction
from django.http import HttpResponse
from pytest_django import Settings

from queues_app.access import OF_QUEUES, Permission
from queues_app.models import AuditEntry, Effect, Outcome, QueueRule, ReadOnlyAccount, User
from tests.security.conftest import Belongings
from tests.security.routes import ROUTES
from tests.security.test_access import ask, what
from tests.support.people import Cast, make_user, signed_in

OPERATOR: Final = {"see_queues", "peek", "pull", "settle", "delete", "send", "export", "watch"}
HELD: Final[dict[str, set[str]]] = {
    "stranger": set(),
    "viewer": {"see_queues"},
    "owner": OPERATOR,
    "lead": OPERATOR | {"edit", "empty"},
    "admin": OPERATOR | {"edit", "empty"},
    "auditor": set(),
}
# Reading what was pulled takes the right to pull, and changes nothing.
READ_WHAT_IS_KEPT: Final = {
    *("batch", "message", "message_body", "message_picture", "message_decoding", "sightings", "compare", "export"),
    *("find_columns", "filters", "filter_delete"),
}
CHANGES: Final = {"pull", "settle", "delete", "send", "edit", "empty"}


@dataclass(frozen=True, slots=True)
class Case:
    """What holds while somebody asks. A rule is about the permission that the address needs, unless `about` is another.

    A rule is (effect, pattern of the queue's name, for whom): everybody, or the person who asks, or somebody else.
    """

    rules: tuple[tuple[Effect, str, str], ...] = ()
    about: str = ""
    read_only: str = ""
    people: tuple[str, ...] = tuple(HELD)

    def why_not(self, held: set[str], needs: str, *, about: str, route: str) -> str:
        """How the sentence begins why somebody with these permissions may not do what needs this one in the queue
        "orders"; empty for whoever may.
        """
        is_kept = needs == "pull" and route in READ_WHAT_IS_KEPT
        if self.read_only in ("account", "deployment") and needs in CHANGES and not is_kept:
            return f"This {self.read_only} is read-only"
        here = {effect for effect, pattern, whose in self.rules if pattern != "invoices" and whose != "another"}
        if Effect.DENY in here and about in (needs, "see_queues"):
            return "A rule does not let you"
        if needs in held or (Effect.ALLOW in here and about == needs):
            return ""
        return "Your role may not"


DENY, ALLOW = Effect.DENY, Effect.ALLOW
CASES: Final = {
    "denied everywhere": Case(rules=((DENY, "*", "everybody"),)),
    "hidden": Case(rules=((DENY, "orders", "everybody"),), about="see_queues"),
    "of other queues, accounts and people": Case(
        rules=(
            (DENY, "invoices", "everybody"),
            (ALLOW, "invoices", "everybody"),
            (DENY, "orders", "another"),
            (ALLOW, "orders", "another"),
        ),
        read_only="another account",
    ),
    "allowed here": Case(rules=((ALLOW, "orders", "asking"),)),
    "allowed and denied here": Case(rules=((ALLOW, "orders", "everybody"), (DENY, "ord*", "asking"))),
    "allowed in a read-only account": Case(rules=((ALLOW, "*", "everybody"),), read_only="account"),
    # The same but for one sentence, so it is asked by fewer.
    "allowed in a read-only deployment": Case(
        rules=((ALLOW, "orders", "asking"),), read_only="deployment", people=("viewer", "lead")
    ),
}
# A second permission: to know the queue first, and to open what was pulled.
ALSO: Final = {
    ("post", "peek"): "see_queues",
    ("post", "peek_again"): "see_queues",
    ("post", "export"): "pull",
    ("get", "message_body"): "pull",
    ("get", "send_again"): "pull",
    ("post", "send_again"): "pull",
    ("post", "forecast"): "peek",
    ("get", "watch_add"): "see_queues",
    ("post", "watch_add"): "see_queues",
}


def rows(own: Belongings) -> Iterator[tuple[str, str, bool, Permission]]:
    """Each address about a queue, each method of it, that needs what a rule can be about: in full and for htmx where
    those differ, else as pages do it, which open in full and send by htmx.
    """
    for name, route in ROUTES.items():
        if name == "lease_acts" or own.queue_id in route.args(own):
            for method in ("get", "post"):
                for htmx in (False, True) if route.get_part or route.post_part else (method == "post",):
                    right = route.right(method, htmx=htmx)
                    if right.needs in OF_QUEUES:
                        yield name, method, htmx, right.needs


def make(case: Case, needs: str, asking: User, own: Belongings, another: User) -> None:
    whose = {"everybody": None, "asking": asking, "another": another}
    for effect, pattern, who in case.rules:
        permissions = [case.about or needs]
        QueueRule.objects.create(effect=effect, permissions=permissions, pattern=pattern, user=whose[who])
    if case.read_only.endswith("account"):
        account_id = own.account.account_id if case.read_only == "account" else "f" * 32
        ReadOnlyAccount.objects.create(account_id=account_id, account_name="closed")


def refusal(answer: HttpResponse, user: User, whys: set[str]) -> str:
    """What is missing in how somebody was told, and in what is on the record; empty where nothing is."""
    told = answer.content.decode()
    if not any(why in told for why in whys):
        return f"none of {sorted(whys)} is said"
    entry = AuditEntry.objects.filter(user_id=user.pk).latest("pk")
    is_recorded = (entry.outcome, entry.reason) == (Outcome.REFUSED, "not-allowed")
    return "" if is_recorded else f"the record says {entry.outcome} {entry.reason}"


@pytest.mark.parametrize("name", CASES)
def test_each_address_answers_by_role_and_rule(
    cast: Cast, give: Callable[[User], Belongings], settings: Settings, name: str
) -> None:
    case = CASES[name]
    settings.READ_ONLY = case.read_only == "deployment"
    wrong = []
    people = {who: make_user("lead", "Lead") if who == "lead" else getattr(cast, who) for who in case.people}
    belongings = {who: give(user) for who, user in people.items()}
    for who, user in people.items():
        held, own = HELD[who], belongings[who]
        browser = signed_in(user)
        for route, method, htmx, needs in rows(own):
            about = case.about or needs
            is_let = not case.why_not(held, needs, about=about, route=route)
            if is_let and "see_queues" not in {*held, needs}:
                continue  # a rule that lets do more in what cannot be seen: each page decides what it can show
            needed = {needs.value, ALSO.get((method, route), needs.value)}
            whys = {case.why_not(held, each, about=about, route=route) for each in needed} - {""}
            if case.about and not needed <= held:
                whys.add("Your role may not")  # what they may nowhere is asked before which queues are hidden
            around = transaction.atomic()
            # As Django's own test case marks its transactions, so that the record may be written in it.
            around._from_testcase = True  # type: ignore[attr-defined]
            with around:
                make(case, needs, user, own, cast.teammate)
                answer = ask(browser, route, own, method, htmx=htmx)
                got = what(answer)
                missing = refusal(answer, user, whys) if got == 403 and whys else ""
                transaction.set_rollback(True)
            # How it answers whoever may is told by the table of routes; here what one did before may have changed it.
            if (got == 403) != bool(whys) or got == 500 or missing:
                wrong.append(f"{who} {method} {route}{' (htmx)' if htmx else ''}: {got}, and {whys=}; {missing}")
    assert not wrong, "\n".join(wrong)


def test_the_table_asks_for_each_permission_that_a_rule_can_be_about(cast: Cast, mine: Belongings) -> None:
    asked = {needs for *_, needs in rows(mine)}
    assert {needs.value for needs in asked} == HELD["admin"]
    assert len(list(rows(mine))) > 35
