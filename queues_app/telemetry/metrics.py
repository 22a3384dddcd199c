"""What is counted. docs/operations.md explains each; label values come from short lists, whatever is asked.

The command line counts too, in its own memory, which nobody asks.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# Our own, so that nothing of another library is told by accident.
REGISTRY: Final = CollectorRegistry()

# Seconds. A page is quick or waits for Cloudflare, which is given up after 25 by default.
_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0)

REQUESTS: Final = Counter("queuescope_requests", "Requests answered.", ("view", "method", "status"), registry=REGISTRY)
REQUEST_SECONDS: Final = Histogram(
    "queuescope_request_seconds", "Seconds until the answer.", ("view",), buckets=_BUCKETS, registry=REGISTRY
)
UPSTREAM_CALLS: Final = Counter(
    "queuescope_upstream_calls", "Requests sent to Cloudflare.", ("operation", "outcome"), registry=REGISTRY
)
UPSTREAM_SECONDS: Final = Histogram(
    "queuescope_upstream_call_seconds",
    "Seconds until Cloudflare's answer was read.",
    ("operation",),
    buckets=_BUCKETS,
    registry=REGISTRY,
)
UPSTREAM_SLOTS_IN_USE: Final = Gauge(
    "queuescope_upstream_slots_in_use",
    "Threads that wait for Cloudflare now.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
UPSTREAM_REFUSALS: Final = Counter(
    "queuescope_upstream_refusals",
    "Calls that were not made: no slot free, or near the rate limit.",
    ("reason",),
    registry=REGISTRY,
)
FACTS: Final = Counter(
    "queuescope_facts",
    "Facts of queues wanted: taken from the cache, shared with one who asked at that moment, or asked of Cloudflare.",
    ("facts", "source"),
    registry=REGISTRY,
)
FACTS_WAITING: Final = Gauge(
    "queuescope_facts_waiting",
    "Threads that wait for what another who asks the same will find.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
DATABASE_CONNECTIONS: Final = Gauge(
    "queuescope_database_connections",
    "Connections that the pools hold, in use or free, as of each process's last request.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
DATABASE_CONNECTIONS_FREE: Final = Gauge(
    "queuescope_database_connections_free",
    "Those of them that nobody used at that moment.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
DATABASE_WAITING: Final = Gauge(
    "queuescope_database_waiting",
    "Threads that waited for a connection at that moment.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
AUDIT_ENTRIES: Final = Counter(
    "queuescope_audit_entries", "Audit entries completed.", ("action", "outcome"), registry=REGISTRY
)
