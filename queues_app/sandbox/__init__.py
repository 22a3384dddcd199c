"""A faithful stand-in of the Cloudflare Queues API, for the demo, for tests and for rehearsal.

    sandbox = Sandbox(clock=ManualClock(), seed="empty")
    orders = sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")
    orders.push({"order": 1})
    orders.fault("latency", route="pull", seconds=2, count=1)
    client = httpx.Client(transport=sandbox.transport())

Facts come from the fact sheet of the API; where they disagree, `Variants` plays either side.
"""

from queues_app.sandbox.adapters.server import SandboxServer
from queues_app.sandbox.clock import ManualClock, SystemClock
from queues_app.sandbox.faults import Fault
from queues_app.sandbox.handles import Held, QueueHandle
from queues_app.sandbox.service import Sandbox
from queues_app.sandbox.variants import Variants
from queues_app.sandbox.wire import Request, Response

__all__ = [
    "Fault",
    "Held",
    "ManualClock",
    "QueueHandle",
    "Request",
    "Response",
    "Sandbox",
    "SandboxServer",
    "SystemClock",
    "Variants",
]
