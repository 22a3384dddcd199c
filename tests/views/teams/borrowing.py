"""Somebody who has nothing of her own, and what is shared with her."""

import pytest
from django.test import Client

from queues_app.models import (
    Account,
    User,
)
from tests.support.people import Cast, make_user, signed_in
from tests.support.teams import LOOKING, make_team, share


@pytest.fixture
def mia(cast: Cast) -> User:
    """Somebody who has no role in the deployment: only what is shared gives her anything."""
    return make_user("mia")


def shared_with_mia(account: Account, role: str = "Operator", permissions: tuple[str, ...] = LOOKING) -> Client:
    """Her browser, after the owner's credential was shared with her team."""
    share(account.credential, make_team(owner="Lead", mia=role), **{role: permissions})
    return signed_in(User.objects.get(username="mia"))
