"""What is told of each call of the upstream. The client calls this in the middle of its work, so it never raises."""

import logging

import structlog

from queues_app import spending
from queues_app.cloudflare import Tried
from queues_app.telemetry import metrics, traces

log = structlog.stdlib.get_logger("queuescope.upstream")
logger = logging.getLogger(__name__)


def observe(tried: Tried) -> None:
    """Count a try, and write a line about it."""
    try:
        _count(tried)
        if not tried.was_held_back:
            spending.note(tried)
        _tell(tried)
    except Exception:
        # An answer that is here already must not be lost for want of a number.
        logger.exception("A call of the upstream could not be told.")


def _count(tried: Tried) -> None:
    if tried.was_held_back:
        metrics.UPSTREAM_REFUSALS.labels("rate").inc()
        return
    metrics.UPSTREAM_CALLS.labels(tried.operation, tried.came.value).inc()
    metrics.UPSTREAM_SECONDS.labels(tried.operation).observe(tried.duration_ms / 1000)


def _tell(tried: Tried) -> None:
    outcome = "held back" if tried.was_held_back else tried.came.value
    told = {"status": tried.status, "outcome": outcome, "reason": tried.error.reason if tried.error else None}
    log.info("call", operation=tried.operation, duration_ms=tried.duration_ms, **told)
    traces.call(tried.operation, tried.duration_ms, **told)
