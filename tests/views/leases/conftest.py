"""A queue, and browsers of the people who hold messages of it or see that others do."""

import pytest
from django.test import Client

from queues_app.models import Account
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")


@pytest.fixture
def lead(cast: Cast, sandbox: Sandbox, account: Account) -> Client:
    """A Lead's, who has a credential of their own for the owner's account."""
    user = make_user("lead", "Lead")
    make_account(user, secret=sandbox.tokens["full"], account_id=account.account_id, label="lead's")
    return signed_in(user)
