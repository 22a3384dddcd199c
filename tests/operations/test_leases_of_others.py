"""Whose leases one sees and settles, and by which credential."""

import pytest
from django.contrib.auth.models import Permission as Grant

from queues_app.access import NotAllowedError
from queues_app.models import Account, Action, AuditEntry, Lease, Outcome, User
from queues_app.operations.leases import (
    Asked,
    NoAccountError,
    Verb,
    parts_of,
    require,
)
from queues_app.sandbox import QueueHandle, Sandbox
from tests.operations.holding import do, mine, pull, states
from tests.support.people import Cast, make_account, make_user
from tests.support.stack import calling


def test_a_colleague_settles_with_a_credential_of_their_own_and_the_record_says_for_whom(
    account: Account, orders: QueueHandle, lead: User
) -> None:
    pull(account, orders, 1)

    (result,) = do(lead, Verb.ACK)

    assert result.sentence == "1 of 1 acknowledged."
    entry = AuditEntry.objects.get(action=Action.ACK)
    assert (entry.user_name, entry.parameters["for"]) == ("lead", "owner")
    assert entry.credential_label.startswith("lead's")
    assert Lease.objects.get().settled_by == "lead"


def test_without_a_way_of_ones_own_to_the_account_nothing_is_sent_for_a_colleague(
    account: Account, orders: QueueHandle
) -> None:
    lead = make_user("lead", "Lead")
    pull(account, orders)

    (refusal,) = do(lead, Verb.RETURN)

    assert isinstance(refusal, NoAccountError)
    assert "None of your credentials reaches the account acme-logistics" in refusal.sentence
    entry = AuditEntry.objects.get(action=Action.RETRY)
    assert (entry.outcome, entry.reason) == (Outcome.REFUSED, "no-account")
    assert orders.count("settle") == 0
    assert states() == ["held"] * 3


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("who", ["teammate", "viewer", "stranger", "auditor"])
def test_whoever_may_not_settle_for_others_is_refused_on_the_record(
    cast: Cast, account: Account, orders: QueueHandle, verb: Verb, who: str
) -> None:
    pull(account, orders)

    with pytest.raises(NotAllowedError):
        do(getattr(cast, who), verb)

    entry = AuditEntry.objects.get(action=verb.action)
    assert (entry.outcome, entry.user_name, entry.parameters["for"]) == (Outcome.REFUSED, who, "owner")
    assert orders.count("settle") + orders.count("extend") == 0
    assert states() == ["held"] * 3


@pytest.mark.parametrize("verb", list(Verb))
def test_whoever_lost_the_right_to_settle_is_refused_for_their_own(
    account: Account, orders: QueueHandle, verb: Verb
) -> None:
    owner = account.credential.owner
    pull(account, orders)
    owner.groups.clear()
    owner = User.objects.get(pk=owner.pk)
    asked = Asked(verb=verb)

    with pytest.raises(NotAllowedError):
        require(
            caller=calling(owner), parts=parts_of(caller=calling(owner), leases=mine(owner), asked=asked), asked=asked
        )

    assert AuditEntry.objects.get(action=verb.action).outcome == Outcome.REFUSED


def test_ones_own_are_reached_by_the_account_they_were_pulled_with(
    account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    owner = account.credential.owner
    pull(account, orders, 1)
    other = make_account(owner, secret=sandbox.tokens["full"], account_id=account.account_id, label="newer")
    owner.credentials.update(is_default=False)
    owner.credentials.filter(pk=other.credential.pk).update(is_default=True)

    do(owner, Verb.ACK)

    assert AuditEntry.objects.get(action=Action.ACK).credential_id == account.credential.pk


def test_own_leases_are_visible_and_others_only_by_permission(
    cast: Cast, account: Account, orders: QueueHandle, lead: User
) -> None:
    pull(account, orders)
    assert len(mine(account.credential.owner)) == 3
    assert len(mine(lead)) == 3
    assert mine(cast.teammate) == []
    cast.teammate.user_permissions.add(Grant.objects.get(codename="see_all_leases"))
    assert len(mine(User.objects.get(pk=cast.teammate.pk))) == 3
