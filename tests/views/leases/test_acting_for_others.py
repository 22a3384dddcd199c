"""Who may act on whose leases, and what is told of it."""

import pytest
from django.test import Client

from queues_app.models import Account, Action, AuditEntry, Outcome
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, make_user, signed_in
from tests.views.leases.acts import LEASES, act, numbers, pull
from tests.views.messages.acts import Elements, text_of


def test_the_result_of_somebody_elses_form_is_not_shown(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    pull(account, orders)
    answer = act(browser, "return", *numbers())
    page = text_of(signed_in(cast.teammate).get(answer["Location"]))
    assert "returned" not in page


def test_a_lead_settles_for_a_colleague_and_all_pages_say_so(
    browser: Client, account: Account, orders: QueueHandle, lead: Client
) -> None:
    pull(account, orders)
    question = act(lead, "ack", *numbers(), step="confirm", next="/leases/all/")
    assert "owner (3)" in text_of(question)
    answer = act(lead, "ack", *numbers(), next="/leases/all/")
    assert answer["Location"].startswith("/leases/all/?settled=")
    assert "3 of 3 acknowledged." in text_of(lead.get(answer["Location"]))
    assert AuditEntry.objects.get(action=Action.ACK).parameters["for"] == "owner"
    assert "by lead" in text_of(browser.get(LEASES))
    assert orders.messages == []


def test_a_lead_without_a_credential_for_the_account_is_told_what_is_missing(
    account: Account, orders: QueueHandle
) -> None:
    pull(account, orders)
    lead = signed_in(make_user("lead", "Lead"))
    page = lead.get("/leases/all/")
    assert "no credential that you may use reaches this account" in text_of(page)
    assert not Elements(page).all("button", name="act")
    answer = act(lead, "return", *numbers(), next="/leases/all/")
    assert "None of your credentials reaches the account acme-logistics" in text_of(lead.get(answer["Location"]))
    assert AuditEntry.objects.get(action=Action.RETRY).outcome == Outcome.REFUSED
    assert orders.count("settle") == 0


@pytest.mark.parametrize("verb", ["ack", "retry", "return", "extend"])
@pytest.mark.parametrize("step", ["confirm", "do"])
def test_others_leases_do_not_exist_without_the_permission_to_see_them(
    cast: Cast, account: Account, orders: QueueHandle, verb: str, step: str
) -> None:
    pull(account, orders)
    for who in (cast.teammate, cast.viewer, cast.stranger, cast.auditor):
        assert act(signed_in(who), verb, *numbers(), step=step).status_code == 404
    assert not AuditEntry.objects.exclude(action=Action.PULL).exists()
    assert {message.state for message in orders.messages} == {"leased"}


@pytest.mark.parametrize("verb", ["ack", "retry", "return", "extend"])
@pytest.mark.parametrize("step", ["confirm", "do"])
def test_whoever_lost_the_right_is_refused_on_the_record(
    cast: Cast, account: Account, orders: QueueHandle, verb: str, step: str
) -> None:
    pull(account, orders)
    cast.owner.groups.clear()
    browser = signed_in(cast.owner)
    assert act(browser, verb, *numbers(), step=step).status_code == 403
    entry = AuditEntry.objects.latest("pk")
    assert (entry.outcome, entry.reason) == (Outcome.REFUSED, "not-allowed")
    assert entry.action == {"ack": Action.ACK, "extend": Action.EXTEND}.get(verb, Action.RETRY)
    page = browser.get(LEASES)
    assert not Elements(page).all("button", name="act")
    assert "Return everything" not in text_of(page)


def test_a_mistake_in_the_form_does_not_get_the_question_shown_without_the_right(
    cast: Cast, account: Account, orders: QueueHandle
) -> None:
    pull(account, orders)
    cast.owner.groups.clear()
    assert act(signed_in(cast.owner), "retry", *numbers(), delay="soon").status_code == 403
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.outcome, entry.reason) == (Action.RETRY, Outcome.REFUSED, "not-allowed")
