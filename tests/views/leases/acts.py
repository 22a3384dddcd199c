"""What a person does with leases, as a browser would send it."""

import uuid
from typing import TYPE_CHECKING, Any, Final

from django.test import Client
from django.urls import reverse

from queues_app.models import Account, Batch, Lease
from queues_app.operations import look
from queues_app.sandbox import QueueHandle
from tests.support.stack import calling
from tests.views.messages.acts import Elements

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer

LEASES: Final = "/leases/"


def pull(account: Account, queue: QueueHandle, count: int = 3, *, seconds: int = 60) -> Batch:
    """Send so many messages and pull them."""
    queue.push_many([{"order": number} for number in range(count)])
    return look.pull(
        caller=calling(account.credential.owner),
        account=account,
        queue_id=queue.id,
        batch_size=count,
        visibility_timeout_ms=seconds * 1000,
        intent=uuid.uuid4(),
    )


def numbers() -> list[int]:
    """Of all leases that there are."""
    return list(Lease.objects.values_list("pk", flat=True))


def act(browser: Client, verb: str, /, *chosen: int, **typed: Any) -> "Answer":
    """Send what the selection bar, or the answer to its question, would send."""
    headers = typed.pop("headers", None)
    fields = {"step": "do", "verb": verb, "lease": chosen, "intent": uuid.uuid4(), **typed}
    return browser.post(reverse("lease_acts"), fields, headers=headers)


def ids(page: "Answer") -> list[str]:
    """The messages in the order of the rows."""
    return [str(button["data-copy"]) for button in Elements(page).all("button") if "data-copy" in button]
