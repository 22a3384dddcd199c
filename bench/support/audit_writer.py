"""One of several processes that write the audit at once: `python -m bench.support.audit_writer with|without SECONDS`.

`with` is what the dashboard does; `without` leaves out what makes the audit tamper-evident. Says when it is ready,
begins when it is told, and prints how many entries it completed in so many seconds.
"""

import sys
import time
import uuid
from typing import Final

import django

django.setup()

from django.core.signals import request_finished  # noqa: E402 - the applications have to be there first

from queues_app import audit, chain  # noqa: E402
from queues_app.audit import Caller, Subject  # noqa: E402
from queues_app.models import Action, AuditEntry  # noqa: E402
from queues_app.operations import binding  # noqa: E402

_CALLER: Final = Caller(user=None, user_name="ana", address="127.0.0.1", request_id="bench")
_SUBJECT: Final = Subject(queue_id="0" * 32, queue_name="orders")
_MESSAGES: Final = 10
_WARM_UP: Final = 10


def main(how: str, seconds: float) -> int:
    if how == "without":
        chain.sign_entry = _unsigned
        request_finished.disconnect(binding.bind_after_request)
    for _ in range(_WARM_UP):
        _write()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        _write()
        number += 1
    return number


def _write() -> None:
    with audit.record(
        caller=_CALLER,
        action=Action.PULL,
        subject=_SUBJECT,
        parameters={"batch_size": _MESSAGES, "visibility_timeout_ms": 30_000},
        intent=uuid.uuid4(),
    ) as record:
        record.ok(message_ids=[uuid.uuid4().hex for _ in range(_MESSAGES)])
    request_finished.send(None)


def _unsigned(entry: AuditEntry) -> str:
    return ""


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1], float(sys.argv[2]))}\n")
