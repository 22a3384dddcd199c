"""What a look-up notes on its way: the account visited last."""

from django.test import Client
from django.urls import reverse

from queues_app.models import Account
from tests.support.people import signed_in


def visit(browser: Client, account: Account, **headers: str) -> object:
    browser.get(reverse("queue_facts", args=[account.pk, "0" * 32]), headers=headers)
    return browser.session.get("account")


def test_a_page_is_a_visit_to_its_account(account: Account) -> None:
    assert visit(signed_in(account.credential.owner), account) == account.pk


def test_a_part_that_refreshes_itself_is_no_visit(account: Account) -> None:
    assert visit(signed_in(account.credential.owner), account, hx_request="true") is None
