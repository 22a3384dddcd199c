"""What was fetched with a shared credential: who reads it, settles it and keeps it when the share ends."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as Grant

from queues_app.access import SHAREABLE
from queues_app.models import (
    Account,
    Action,
    AuditEntry,
    Batch,
    Lease,
    MaskingRule,
    ReadOnlyAccount,
    Share,
    User,
)
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.support.teams import LOOKING
from tests.views.messages.acts import peeked, pull, pulled, settle, url_of
from tests.views.messages.conftest import orders
from tests.views.teams.borrowing import mia, shared_with_mia

__all__ = ["mia", "orders"]


ALL = tuple(SHAREABLE)


def test_after_a_share_is_withdrawn_nothing_of_it_is_reached_and_leases_can_still_be_settled_by_others(
    cast: Cast, mia: User, account: Account, sandbox: Sandbox, orders: QueueHandle
) -> None:
    browser = shared_with_mia(account, "Operator", ALL)
    batch = pulled(browser, account, orders)
    Share.objects.all().delete()

    for url in (
        url_of("queue", account, orders),
        url_of("batch", account, orders, batch.pk),
        url_of("export", account, orders, batch.pk),
        url_of("message", account, orders, batch.pk, 0),
    ):
        assert browser.get(url).status_code == 404, url
    ledger = browser.get("/leases/").text
    assert Lease.objects.first().message_id[:8] in ledger  # type: ignore[union-attr]
    assert url_of("message", account, orders, batch.pk, 0) not in ledger
    leases = {"lease": [lease.pk for lease in Lease.objects.all()], "step": "do", "verb": "ack"}
    assert browser.post("/leases/act/", {**leases, "intent": uuid.uuid4()}).status_code == 403
    assert orders.count("settle") == 0

    lead = make_user("lead", "Lead")
    make_account(lead, secret=sandbox.tokens["full"], account_id=account.account_id)
    signed_in(lead).post("/leases/act/", {**leases, "intent": uuid.uuid4()})
    assert set(Lease.objects.values_list("state", "settled_by")) == {("acked", "lead")}


def test_a_lead_of_the_team_settles_for_others_by_the_shared_credential(
    cast: Cast, mia: User, account: Account, orders: QueueHandle
) -> None:
    browser = shared_with_mia(account, "Lead", ALL)
    mia.user_permissions.add(Grant.objects.get(codename="see_all_leases"))
    pulled(signed_in(cast.owner), account, orders)
    leases = {"lease": [lease.pk for lease in Lease.objects.all()], "step": "do", "verb": "ack"}
    browser.post("/leases/act/", {**leases, "intent": uuid.uuid4()})
    assert set(Lease.objects.values_list("state", "settled_by")) == {("acked", "mia")}


@pytest.mark.parametrize("whole_deployment", [False, True])
def test_what_was_pulled_can_still_be_read_where_nothing_may_be_changed_any_more(
    cast: Cast, mia: User, account: Account, orders: QueueHandle, settings: Any, *, whole_deployment: bool
) -> None:
    borrower, owner = shared_with_mia(account, "Lead", ALL), signed_in(cast.owner)
    for browser in (borrower, owner):
        assert pull(browser, account, orders, batch_size=1).status_code == 303
    theirs, own = Batch.objects.get(owner=mia), Batch.objects.get(owner=cast.owner)
    if whole_deployment:
        settings.READ_ONLY = True
    else:
        ReadOnlyAccount.objects.create(account_id=account.account_id, account_name="acme", created_by="admin")
    for browser, batch in ((owner, own), (borrower, theirs), (borrower, own)):
        assert browser.get(url_of("batch", account, orders, batch.pk)).status_code == 200
        assert browser.get(url_of("message", account, orders, batch.pk, 0)).status_code == 200
    assert url_of("batch", account, orders, own.pk) in borrower.get(url_of("queue", account, orders)).text
    assert pull(owner, account, orders).status_code == settle(owner, account, orders, own, 0).status_code == 403


def test_a_pulled_copy_is_closed_to_whoever_may_only_look_with_a_shared_credential(
    cast: Cast, mia: User, account: Account, orders: QueueHandle
) -> None:
    browser = shared_with_mia(account, "Lead", ALL)
    batch = pulled(browser, account, orders)
    Share.objects.update(permissions=list(LOOKING))
    assert browser.get(url_of("batch", account, orders, batch.pk)).status_code == 403


def test_nobody_reveals_a_masked_field_with_a_shared_credential_and_the_page_says_why(
    cast: Cast, mia: User, account: Account, orders: QueueHandle
) -> None:
    browser = shared_with_mia(account, "Lead", ALL)
    MaskingRule.objects.create(kind="key", value="order", pattern="*", created_by="admin")
    batch = peeked(browser, account, orders)
    page = browser.get(url_of("message", account, orders, batch.pk, 0)).text
    assert "What owner shares lets nobody reveal masked fields." in page
    assert browser.get(url_of("reveal", account, orders, batch.pk, 0, place=0)).status_code == 403


def test_an_owner_settles_what_others_hold_by_their_credential_and_sees_nothing_else_of_others(
    cast: Cast, mia: User, account: Account, sandbox: Sandbox, orders: QueueHandle
) -> None:
    assert not cast.owner.has_perm("queues_app.settle_for_others")
    owner = signed_in(cast.owner)
    pull(shared_with_mia(account, "Operator", ALL), account, orders, batch_size=2)
    apart = make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id)
    pull(signed_in(cast.teammate), apart, orders, batch_size=1)
    lent, foreign = Lease.objects.filter(holder=mia), Lease.objects.get(holder=cast.teammate)

    ledger = owner.get("/leases/").text
    assert "You hold nothing; others hold 2 messages by your credentials." in ledger
    assert "mia" in ledger
    assert foreign.message_id not in ledger
    for verb, lease in zip(("ack", "return"), lent, strict=True):
        form = {"lease": [lease.pk, foreign.pk], "step": "do", "verb": verb, "intent": uuid.uuid4()}
        assert owner.post("/leases/act/", form).status_code == 303
    assert set(lent.values_list("state", "settled_by")) == {("acked", "owner"), ("retried", "owner")}
    foreign.refresh_from_db()
    assert foreign.state == "held"
    entry = AuditEntry.objects.get(action=Action.ACK)
    assert (entry.user_name, entry.credential_owner, entry.parameters["for"]) == ("owner", "", "mia")


def test_an_owner_who_may_not_settle_settles_nothing_that_others_hold_by_their_credential(
    cast: Cast, mia: User, account: Account, orders: QueueHandle
) -> None:
    pulled(shared_with_mia(account, "Operator", ALL), account, orders)
    cast.owner.groups.set([Group.objects.get(name="Viewer")])
    form = {"lease": [Lease.objects.earliest("pk").pk], "step": "do", "verb": "ack", "intent": uuid.uuid4()}
    assert signed_in(cast.owner).post("/leases/act/", form).status_code == 403
    assert orders.count("settle") == 0
