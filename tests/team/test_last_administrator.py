"""Two administrators who shut each other out at the same moment, on two hosts: one of them stays."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection

from queues_app.models import AuditEntry, Outcome, User
from queues_app.operations import people
from queues_app.operations.people import LastAdministratorError
from tests.support.people import make_user
from tests.support.stack import calling
from tests.support.waiting import LONG_ENOUGH

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ROUNDS = 5


@pytest.mark.parametrize("act", [people.close, partial(people.set_role, role="Viewer")], ids=["close", "role"])
def test_of_two_administrators_who_shut_each_other_out_one_stays(
    act: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    both, require = threading.Barrier(2, timeout=LONG_ENOUGH), people.require

    # Who is shut out before they are asked for their role is refused for that, which is no race.
    def require_then_meet(*asked: Any) -> None:
        require(*asked)
        both.wait()

    monkeypatch.setattr(people, "require", require_then_meet)
    for number in range(ROUNDS):
        User.objects.all().delete()
        pair = [make_user(f"{name}-{number}", "Admin") for name in ("ana", "ben")]

        def shut_out(who: User, whom: User) -> type[Exception] | None:
            try:
                act(caller=calling(who), person=whom)
            except LastAdministratorError as refused:
                return type(refused)
            finally:
                connection.close()
            return None

        with ThreadPoolExecutor(2) as hosts:
            ends = list(hosts.map(shut_out, pair, reversed(pair)))

        assert set(ends) == {None, LastAdministratorError}
        assert User.objects.filter(groups__name="Admin", is_active=True).count() == 1
    outcomes = list(AuditEntry.objects.values_list("outcome", "reason"))
    assert outcomes.count((Outcome.OK, "")) == outcomes.count((Outcome.REFUSED, "last-administrator")) == ROUNDS
