"""The counts that were kept of a queue over a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from queues_app.audit import Caller
from queues_app.charts import Span
from queues_app.models import Account, QueueSample
from queues_app.operations import queues


class Count(NamedTuple):
    """A sample, as much of it as is drawn: a month has thousands."""

    at: datetime
    messages: int | None
    bytes: int | None
    oldest_at: datetime | None


def counts(*, caller: Caller, account: Account, queue_id: str, span: Span) -> Sequence[Count]:
    """The samples of this account row, oldest first.

    Raises NotAllowedError.
    """
    queues.require_queue(caller=caller, account=account, queue_id=queue_id)
    found = QueueSample.objects.filter(account=account, queue_id=queue_id, at__range=(span.since, span.until))
    return [Count(*row) for row in found.order_by("at").values_list(*Count._fields)]
