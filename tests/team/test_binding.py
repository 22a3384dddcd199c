"""Hosts that bind the audit at the same time neither wait for each other nor bind anything twice."""

import pytest
from django.utils import timezone

from queues_app import audit
from queues_app.audit import Caller
from queues_app.models import Action, AuditLink
from queues_app.operations import binding, verifying
from tests.team.hosts import audit_being_bound

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def write() -> None:
    caller = Caller(user=None, user_name="console", address=None, request_id="test-request")
    with audit.record(caller=caller, action=Action.SIGN_IN) as record:
        record.ok()


def test_who_finds_another_at_it_goes_on_and_writers_do_not_wait() -> None:
    write()
    assert binding.bind(now=timezone.now()) == 1

    with audit_being_bound():
        write()
        assert binding.bind(now=timezone.now()) == 0

    assert binding.bind(now=timezone.now()) == 1
    assert AuditLink.objects.count() == 2
    assert verifying.verify().found == 0
