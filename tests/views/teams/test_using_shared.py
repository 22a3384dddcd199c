"""What people may do with a credential that somebody else shares with their team."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from queues_app.access import ROLES, SHAREABLE, TEAM_ROLES, Permission
from queues_app.models import (
    Account,
    Action,
    AuditEntry,
    Batch,
    Effect,
    Membership,
    Outcome,
    QueueRule,
    ReadOnlyAccount,
    Share,
    Team,
    User,
)
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.credentials import traces
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.support.teams import LOOKING, make_team, share
from tests.views.messages.acts import delete, peek, peeked, pull, pulled, settle, url_of
from tests.views.messages.conftest import orders
from tests.views.teams.borrowing import mia, shared_with_mia

__all__ = ["mia", "orders"]


ALL = tuple(SHAREABLE)


def _see(browser: Client, account: Account, orders: QueueHandle) -> Any:
    return browser.get(url_of("queue", account, orders))


def _send(browser: Client, account: Account, orders: QueueHandle) -> Any:
    return browser.post(url_of("send", account, orders), {"content_type": "json", "body": '{"order": 1}'})


def _empty(browser: Client, account: Account, orders: QueueHandle) -> Any:
    form = {"name": "orders", "shown_name": "orders", "intent": uuid.uuid4()}
    return browser.post(url_of("queue_empty", account, orders), form)


def _edit(browser: Client, account: Account, orders: QueueHandle) -> Any:
    return browser.post(url_of("queue_pause", account, orders), {"step": "do", "intent": uuid.uuid4()})


def _settle(browser: Client, account: Account, orders: QueueHandle) -> Any:
    return settle(browser, account, orders, Batch.objects.get(mode="pull", owner__username="mia"), 0)


def _delete(browser: Client, account: Account, orders: QueueHandle) -> Any:
    return delete(browser, account, orders, Batch.objects.get(mode="peek", owner__username="mia"), 0)


def _export(browser: Client, account: Account, orders: QueueHandle) -> Any:
    batch = Batch.objects.get(mode="peek", owner__username="mia")
    form = {"step": "do", "format": "zip", "position": "0"}
    return browser.post(url_of("export", account, orders, batch.pk), form)


def _copy(browser: Client, account: Account, orders: QueueHandle) -> Any:
    return browser.get(url_of("batch", account, orders, Batch.objects.get(mode="peek", owner__username="owner").pk))


ACTS: dict[Permission, Callable[[Client, Account, QueueHandle], Any]] = {
    Permission.SEE_QUEUES: _see,
    Permission.PEEK: peek,
    Permission.PULL: pull,
    Permission.SETTLE: _settle,
    Permission.DELETE: _delete,
    Permission.SEND: _send,
    Permission.EXPORT: _export,
    Permission.EDIT: _edit,
    Permission.EMPTY: _empty,
    Permission.SEE_COPIES: _copy,
}
# What must be there before it can be tried at all.
BEFORE = {
    Permission.SETTLE: {Permission.PULL},
    Permission.DELETE: {Permission.PEEK},
    Permission.EXPORT: {Permission.PEEK},
    Permission.SEE_COPIES: {Permission.PEEK},
}


def prepare(act: Permission, account: Account, orders: QueueHandle) -> None:
    """What somebody fetched while everything was allowed."""
    if act == Permission.SETTLE:
        pulled(signed_in(User.objects.get(username="mia")), account, orders)
    elif act in (Permission.DELETE, Permission.EXPORT):
        peeked(signed_in(User.objects.get(username="mia")), account, orders)
    elif act == Permission.SEE_COPIES:
        peeked(signed_in(account.credential.owner), account, orders)


@pytest.mark.parametrize("role", TEAM_ROLES)
@pytest.mark.parametrize("act", ACTS)
def test_only_what_the_role_in_the_team_holds_and_the_owner_allows_may_be_done(
    mia: User, account: Account, orders: QueueHandle, act: Permission, role: str
) -> None:
    browser = shared_with_mia(account, "Lead", ALL)
    prepare(act, account, orders)
    Membership.objects.filter(user=mia).update(role=role)
    needed = {act, *BEFORE.get(act, set())}

    for limit in ((), ("see_queues",), LOOKING, ALL):
        Share.objects.all().delete()
        if limit:
            share(account.credential, Team.objects.get(), **{role: limit})

        status = ACTS[act](browser, account, orders).status_code

        if not limit:
            assert status == 404
        elif needed <= set(limit) and needed <= set(ROLES[role]):
            assert status in (200, 303), limit
        elif act == Permission.SEE_COPIES:
            assert status in (403, 404), limit
        else:
            assert status == 403, limit


@pytest.mark.parametrize("who", ["teammate", "admin", "stranger"])
@pytest.mark.parametrize("act", [act for act in ACTS if act not in BEFORE])
def test_whoever_is_not_in_the_team_reaches_nothing_whatever_their_role(
    cast: Cast, mia: User, account: Account, orders: QueueHandle, act: Permission, who: str
) -> None:
    shared_with_mia(account, "Lead", ALL)
    assert ACTS[act](signed_in(getattr(cast, who)), account, orders).status_code == 404


@pytest.mark.parametrize("closed", ["owner", "mia"])
def test_of_a_closed_account_nothing_is_reached(mia: User, account: Account, orders: QueueHandle, closed: str) -> None:
    browser = shared_with_mia(account)
    assert _see(browser, account, orders).status_code == 200
    User.objects.filter(username=closed).update(is_active=False)
    # Whoever is closed is signed out by the next click.
    assert _see(browser, account, orders).status_code == (302 if closed == "mia" else 404)


def test_two_teams_give_what_either_gives(mia: User, account: Account, orders: QueueHandle) -> None:
    browser = shared_with_mia(account, "Operator", LOOKING)
    share(account.credential, make_team("night", owner="Lead", mia="Viewer"), Viewer=("see_queues", "pull"))
    # Viewers pull nowhere.
    assert pull(browser, account, orders).status_code == 403
    share(account.credential, make_team("weekend", owner="Lead", mia="Operator"), Operator=("see_queues", "pull"))
    assert pull(signed_in(mia), account, orders).status_code == 303
    assert AuditEntry.objects.latest("pk").credential_team == "night, on-call, weekend"


def test_an_own_credential_and_a_shared_one_lend_each_other_nothing(
    cast: Cast, mia: User, account: Account, sandbox: Sandbox, orders: QueueHandle
) -> None:
    browser = shared_with_mia(account, "Operator", ("see_queues", "pull"))
    own = make_account(mia, secret=sandbox.tokens["full"], account_id=account.account_id)
    # Without a role in the deployment her own token does nothing here.
    assert pull(browser, own, orders).status_code == 403
    assert pull(browser, account, orders).status_code == 303
    mia.groups.add(Group.objects.get(name="Operator"))
    assert peek(browser, own, orders).status_code == 303
    assert peek(browser, account, orders).status_code == 403
    assert Batch.objects.get(owner=mia, mode="peek").account == own


@pytest.mark.parametrize(
    "whose", [{}, {"role": "Operator"}, {"role": "Viewer"}], ids=["everybody", "team", "deployment"]
)
def test_a_rule_that_denies_holds_for_a_shared_credential(
    mia: User, account: Account, orders: QueueHandle, whose: dict[str, str]
) -> None:
    mia.groups.add(Group.objects.get(name="Viewer"))
    browser = shared_with_mia(account)
    QueueRule.objects.create(effect=Effect.DENY, permissions=["peek"], pattern="ord*", **whose)
    assert peek(browser, account, orders).status_code == 403
    assert orders.count("peek") + orders.count("preview") == 0


def test_a_queue_that_a_rule_hides_from_a_role_in_the_team_stays_hidden_though_the_owner_saw_it(
    cast: Cast, mia: User, account: Account, orders: QueueHandle
) -> None:
    browser = shared_with_mia(account)
    QueueRule.objects.create(effect=Effect.DENY, permissions=["see_queues"], pattern="orders", role="Viewer")
    QueueRule.objects.create(effect=Effect.DENY, permissions=["see_queues"], pattern="orders", user=mia)
    url = f"/accounts/{account.pk}/queues/"
    assert url_of("queue", account, orders) in signed_in(cast.owner).get(url).text
    assert url_of("queue", account, orders) not in browser.get(url).text


def test_a_rule_that_allows_gives_no_more_than_the_owner(mia: User, account: Account, orders: QueueHandle) -> None:
    browser = shared_with_mia(account)
    QueueRule.objects.create(effect=Effect.ALLOW, permissions=["pull"], pattern="*", user=mia)
    assert pull(browser, account, orders).status_code == 403


def test_a_read_only_account_is_read_only_through_a_share_too(mia: User, account: Account, orders: QueueHandle) -> None:
    browser = shared_with_mia(account, "Lead", ALL)
    ReadOnlyAccount.objects.create(account_id=account.account_id, account_name="acme", created_by="admin")
    assert pull(browser, account, orders).status_code == 403
    assert peek(browser, account, orders).status_code == 303


def test_the_record_names_who_acted_and_whose_credential_it_was(
    mia: User, account: Account, orders: QueueHandle
) -> None:
    browser = shared_with_mia(account)
    peek(browser, account, orders)
    pull(browser, account, orders)
    refused, done = AuditEntry.objects.get(action=Action.PULL), AuditEntry.objects.get(action=Action.PEEK)
    for entry in (refused, done):
        assert (entry.user_name, entry.credential_owner, entry.credential_team) == ("mia", "owner", "on-call")
        assert entry.credential_owner_id == account.credential.owner_id
    assert (refused.outcome, done.outcome) == (Outcome.REFUSED, Outcome.OK)
    named = f"{account.credential.display} of owner, through on-call"
    assert named in browser.get(f"/audit/{done.pk}/").text
    assert "of owner, through on" in browser.get(f"/audit/{done.pk}/markdown/").text
    owner = signed_in(account.credential.owner)
    for page in (f"/credentials/{account.credential.pk}/", "/audit/?kind=lent", f"/audit/{done.pk}/"):
        assert "mia" in owner.get(page).text, page
    assert "What others did with your credentials, or tried to." in owner.get("/audit/?kind=lent").text
    assert "mia" not in owner.get("/audit/").text
    place = url_of("batch", account, orders, Batch.objects.get().pk)
    assert f"by you, with {named}." in browser.get(place).text
    assert f"/audit/{done.pk}/" not in signed_in(make_user("other", "Operator")).get("/audit/?kind=lent").text


def test_what_one_does_with_an_own_credential_names_no_other(cast: Cast, account: Account, orders: QueueHandle) -> None:
    peek(signed_in(cast.owner), account, orders)
    entry = AuditEntry.objects.get(action=Action.PEEK)
    assert (entry.credential_owner_id, entry.credential_owner, entry.credential_team) == (None, "", "")


def test_everything_about_the_credential_itself_is_its_owners_alone(mia: User, account: Account) -> None:
    credential = account.credential
    browser = shared_with_mia(account, "Lead", ALL)
    for path in ("", "rename/", "replace/", "verify/", "default/", "delete/", f"share/{Team.objects.get().pk}/"):
        url = f"/credentials/{credential.pk}/{path}"
        assert browser.get(url).status_code == 404
        assert browser.post(url, {"label": "mine"}).status_code == 404
    assert f"/credentials/{credential.pk}/" not in browser.get("/credentials/").text


def test_no_page_of_a_borrower_holds_the_secret_or_the_check_up(
    cast: Cast, mia: User, account: Account, sandbox: Sandbox, orders: QueueHandle
) -> None:
    credential = account.credential
    credential.email, credential.findings = (
        "owner@example.com",
        [{"subject": "Peek", "finding": "asked", "how": "tell"}],
    )
    credential.save()
    browser = shared_with_mia(account, "Lead", ALL)
    batch = pulled(browser, account, orders)
    entry = AuditEntry.objects.latest("pk")
    place = url_of("batch", account, orders, batch.pk)
    pages = [
        browser.get(url).text
        for url in (
            "/",
            "/you/",
            "/teams/",
            f"/teams/{Team.objects.get().pk}/",
            "/credentials/",
            "/leases/",
            "/audit/",
            "/rules/why/",
            f"/audit/{entry.pk}/",
            f"/audit/{entry.pk}/markdown/",
            f"/accounts/{account.pk}/queues/",
            place,
            f"{place}export/",
            f"{place}messages/0/",
            f"{place}send-again/",
            url_of("queue", account, orders),
            url_of("queue_settings", account, orders),
            url_of("send", account, orders),
            url_of("queue_empty", account, orders),
            url_of("queue_leases", account, orders),
        )
    ]
    assert f"{credential.display} of owner, through on-call" in pages[1]
    secret = sandbox.tokens["full"]
    assert traces(secret, pages) == []
    assert not [page for page in pages if "owner@example.com" in page]
    assert not [page for page in pages if "tell</td>" in page]
