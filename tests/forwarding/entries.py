"""Entries of the audit, written and bound as requests do it."""

from typing import Any

from django.utils import timezone

from queues_app import audit
from queues_app.models import Action, AuditEntry
from queues_app.operations import binding


def write(number: int = 1, *, user_name: str = "ana", bound: bool = True, **ok: Any) -> list[AuditEntry]:
    """So many entries, oldest first."""
    caller = audit.Caller(user=None, user_name=user_name, address="192.0.2.7", request_id="test-request")
    written = []
    for _ in range(number):
        with audit.record(caller=caller, action=Action.PULL, parameters={"batch_size": 10}) as record:
            record.ok(**ok)
        written.append(record.entry)
    if bound:
        binding.bind(now=timezone.now())
    return written
