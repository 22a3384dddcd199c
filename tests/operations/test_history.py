"""Reading the audit log back: what a receipt knows of its messages, and what a page fetches."""

import uuid

from django.db import connection
from django.test.utils import CaptureQueriesContext

from queues_app.models import Account, Action, AuditEntry
from queues_app.operations import export, history, look
from queues_app.operations.audit_streams import Filter
from queues_app.operations.leases import Verb
from queues_app.operations.settle import settle
from queues_app.sandbox import Sandbox
from tests.support.stack import calling


def test_only_a_settling_tells_what_became_of_its_messages(account: Account, sandbox: Sandbox) -> None:
    owner = calling(account.credential.owner)
    queue = sandbox.add_queue("orders")
    queue.push("a")
    batch = look.pull(
        caller=owner,
        account=account,
        queue_id=queue.id,
        batch_size=1,
        visibility_timeout_ms=30_000,
        intent=uuid.uuid4(),
    )
    export.body(caller=owner, batch=batch, position=0, as_it_stood=True)
    settle(caller=owner, batch=batch, positions=[0], verb=Verb.ACK, delay_seconds=None, intent=uuid.uuid4())

    told = {entry.action: len(history.leases_of(entry)) for entry in AuditEntry.objects.all()}

    assert told == {Action.PULL: 0, Action.EXPORT: 0, Action.ACK: 1}


def test_a_page_of_the_log_fetches_no_ids_of_messages(account: Account, sandbox: Sandbox) -> None:
    owner = account.credential.owner
    queue = sandbox.add_queue("orders")
    look.peek(caller=calling(owner), account=account, queue_id=queue.id, batch_size=1)

    with CaptureQueriesContext(connection) as asked:
        page = history.page(user=owner, chosen=Filter())

    assert len(page.runs) == 1
    assert not [query for query in asked.captured_queries if "message_ids" in query["sql"]]
