"""A queue, and somebody who may settle what others pulled from it; an audit of which some is old."""

from pathlib import Path

import pytest
from pytest_django import Settings

from queues_app.models import Account, AuditEntry, User
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.archiving import LONG_AGO, archive, bind, write
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


@pytest.fixture
def retention(settings: Settings) -> None:
    """Entries are kept for 90 days."""
    settings.AUDIT_RETENTION_DAYS = 90


@pytest.fixture
def entries(retention: None, cast: Cast, tmp_path: Path) -> list[AuditEntry]:
    """Four that are old and archived, by the links 1 to 4, and two that are young, by 6 and 7; 5 is the archiving's."""
    old = write(cast, 4, bound=False)
    bind(later=LONG_AGO)
    archive(tmp_path)
    return [*old, *write(cast, 2)]
