"""A queue, and somebody who may settle what others pulled from it."""

import pytest

from queues_app.models import Account, User
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("orders", max_retries=5)


@pytest.fixture
def lead(cast: Cast, sandbox: Sandbox, account: Account) -> User:
    """Somebody who may settle for the owner, with a credential of their own for the same account."""
    lead = make_user("lead", "Lead")
    make_account(lead, secret=sandbox.tokens["full"], account_id=account.account_id, name="acme", label="lead's")
    return lead
