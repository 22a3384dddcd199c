"""Which environment an account is for is said once, for everybody who reaches it: who may say it, and who sees it."""

from typing import Any

import pytest
from django.test import Client

from queues_app.access import Permission
from queues_app.models import (
    Account,
    AccountEnvironment,
    Action,
    AuditEntry,
    Effect,
    Membership,
    Outcome,
    QueueRule,
    ReadOnlyAccount,
    Share,
    Team,
    User,
)
from queues_app.sandbox import Sandbox
from tests.support.credentials import keep
from tests.support.people import Cast, make_account, make_user, mark, signed_in

ACCOUNT_ID = "0123456789abcdef0123456789abcdef"
MAY = ("lead", "admin")
MAY_NOT = ("viewer", "operator", "auditor", "stranger")


@pytest.fixture
def lead(cast: Cast) -> User:
    return make_user("lead", "Lead")


@pytest.fixture
def account(cast: Cast) -> Account:
    """The owner's, an Operator's."""
    return _reach(cast.owner)


def _reach(user: User) -> Account:
    return make_account(user, secret="s" * 40, account_id=ACCOUNT_ID)


def _address(account: Account) -> str:
    return f"/accounts/{account.pk}/environment/"


def _choose(browser: Client, account: Account, environment: str, seen: str = "sandbox") -> Any:
    return browser.post(_address(account), {"environment": environment, "seen": seen})


def _marked() -> str:
    return AccountEnvironment.objects.get(account_id=ACCOUNT_ID).environment


def _entry() -> AuditEntry:
    return AuditEntry.objects.get(action=Action.ENVIRONMENT)


@pytest.mark.parametrize("role", MAY)
def test_a_lead_and_an_administrator_mark_the_account_for_everybody_who_reaches_it(
    role: str, cast: Cast, account: Account, lead: User
) -> None:
    chooser = lead if role == "lead" else cast.admin

    answer = _choose(signed_in(chooser), _reach(chooser), "production")

    assert answer.status_code == 302
    page = signed_in(cast.owner).get(f"/credentials/{account.credential.pk}/").content.decode()
    assert '<html lang="en" data-theme="auto" data-environment="production"' in page
    entry = _entry()
    assert (entry.outcome, entry.user_name, entry.account_id) == (Outcome.OK, chooser.username, ACCOUNT_ID)
    assert entry.parameters == {"environment": "sandbox → production"}
    receipt = signed_in(chooser).get(f"/audit/{entry.pk}/").content.decode()
    assert "said of an account what it is for" in receipt
    assert "production" in receipt


@pytest.mark.parametrize("role", MAY_NOT)
def test_nobody_else_marks_an_account_that_others_reach_too(role: str, cast: Cast, account: Account) -> None:
    user = cast.teammate if role == "operator" else getattr(cast, role)
    browser, own = signed_in(user), _reach(user)

    answer = _choose(browser, own, "production")

    assert answer.status_code == 403
    assert _marked() == "sandbox"
    assert (_entry().outcome, _entry().reason) == (Outcome.REFUSED, "not-allowed")
    page = browser.get(_address(own)).content.decode()
    assert "Ask an administrator for the role Lead or Admin." in page
    assert "Mark for everybody" not in page


@pytest.mark.parametrize("role", ["owner", "viewer", "stranger"])
def test_whoever_is_alone_with_an_account_marks_it_whatever_their_role(role: str, cast: Cast) -> None:
    user = getattr(cast, role)
    own = _reach(user)

    assert "only you reach this account here" in signed_in(user).get(_address(own)).content.decode()
    assert _choose(signed_in(user), own, "staging").status_code == 302
    assert _marked() == "staging"


def test_a_colleague_whose_account_is_closed_is_nobody_to_ask(cast: Cast, account: Account) -> None:
    _reach(cast.teammate)
    User.objects.filter(pk=cast.teammate.pk).update(is_active=False)

    assert _choose(signed_in(cast.owner), account, "staging").status_code == 302


@pytest.mark.parametrize(
    ("role", "limit", "status"),
    [
        ("Lead", [Permission.SEE_QUEUES, Permission.EDIT], 302),
        ("Lead", [Permission.SEE_QUEUES], 403),
        ("Operator", [Permission.SEE_QUEUES, Permission.EDIT], 403),
    ],
)
def test_with_a_shared_credential_the_role_in_the_team_counts_within_what_the_owner_lets_it_do(
    role: str, limit: list[str], status: int, cast: Cast, account: Account
) -> None:
    team = Team.objects.create(name="night", created_by="admin")
    Membership.objects.create(team=team, user=cast.owner, role="Lead")
    Membership.objects.create(team=team, user=cast.teammate, role=role)
    Share.objects.create(credential=account.credential, team=team, role=role, permissions=limit)
    browser = signed_in(cast.teammate)

    assert 'data-environment="sandbox"' in browser.get(_address(account)).content.decode()
    assert _choose(browser, account, "production").status_code == status
    # Its owner is not alone any more.
    assert _choose(signed_in(cast.owner), account, "staging", seen=_marked()).status_code == 403


def test_a_rule_about_some_queues_gives_no_say_about_the_account(cast: Cast, account: Account) -> None:
    _reach(cast.teammate)
    QueueRule.objects.create(effect=Effect.ALLOW, permissions=["edit"], pattern="dev-*", user=cast.owner)

    assert _choose(signed_in(cast.owner), account, "staging").status_code == 403


def test_a_read_only_account_can_be_marked(account: Account, lead: User) -> None:
    ReadOnlyAccount.objects.create(account_id=ACCOUNT_ID, account_name="acme", created_by="admin")

    assert _choose(signed_in(lead), _reach(lead), "production").status_code == 302


def test_an_account_out_of_reach_does_not_exist(account: Account, cast: Cast) -> None:
    browser = signed_in(cast.admin)

    assert browser.get(_address(account)).status_code == 404
    assert _choose(browser, account, "production").status_code == 404
    assert _marked() == "sandbox"


def test_who_looked_at_an_older_mark_does_not_undo_the_newer_one(cast: Cast, account: Account) -> None:
    mark(ACCOUNT_ID, "production")

    answer = _choose(signed_in(cast.owner), account, "staging", seen="sandbox")

    assert answer.status_code == 409
    assert "Somebody else chose for this account meanwhile" in answer.content.decode()
    assert _marked() == "production"
    assert _entry().outcome == Outcome.REFUSED


@pytest.mark.parametrize("form", [{}, {"environment": "moon", "seen": "sandbox"}])
def test_a_choice_that_there_is_not_is_told_at_its_field(form: dict[str, str], cast: Cast, account: Account) -> None:
    answer = signed_in(cast.owner).post(_address(account), form)

    assert answer.status_code == 422
    assert "Choose what the account is for." in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_where_nobody_chose_it_counts_as_production(cast: Cast, account: Account) -> None:
    AccountEnvironment.objects.all().delete()
    browser = signed_in(cast.owner)

    page = browser.get(_address(account)).content.decode()
    assert "nobody chose yet, so it counts as production" in page
    assert 'data-environment="production"' in page
    assert _choose(browser, account, "staging", seen="production").status_code == 302
    assert _marked() == "staging"


@pytest.mark.usefixtures("upstream_url")
def test_a_new_credential_marks_what_nobody_marked_and_leaves_the_rest(cast: Cast, sandbox: Sandbox) -> None:
    mark(sandbox.accounts["acme-labs"], "production")

    keep(cast.owner, sandbox.tokens["full"])

    marks = dict(AccountEnvironment.objects.values_list("account_id", "environment"))
    assert marks[sandbox.accounts["acme-labs"]] == "production"
    assert marks[sandbox.accounts["acme-logistics"]] == "sandbox"
    assert "marked sandbox: 1" in AuditEntry.objects.get(action=Action.CREDENTIAL_ADD).remark


def test_the_page_after_a_new_credential_says_which_account_kept_its_mark(
    cast: Cast, sandbox: Sandbox, upstream_url: str
) -> None:
    mark(sandbox.accounts["acme-labs"], "production")
    typed = {"label": "main", "kind": "token", "environment": "staging", "secret": sandbox.tokens["full"]}

    page = signed_in(cast.owner).post("/credentials/add/", typed, follow=True).content.decode()

    assert "acme-labs is marked production here already; that stays, for everybody who reaches it." in page
