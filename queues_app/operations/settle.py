"""Settle messages of one kept batch, by their places in it. The work is that of `leases.py`."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from queues_app.access import Permission
from queues_app.audit import Caller
from queues_app.models import Batch
from queues_app.operations import allowed, leases
from queues_app.operations.leases import Asked, Part, Result, Verb


def settle(
    *,
    caller: Caller,
    batch: Batch,
    positions: Sequence[int],
    verb: Verb,
    delay_seconds: int | None = None,
    visibility_timeout_ms: int | None = None,
    intent: uuid.UUID,
) -> Result:
    """Do to the messages at these positions of a pulled batch what `verb` says.

    Raises NotAllowedError, NothingHeldError, LeaseIdsLostError, AlreadySubmittedError, AuditUnavailableError,
    AuditNotClosedError, VaultError, UpstreamBusyError, CloudflareError.
    """
    asked = Asked(verb=verb, delay_seconds=delay_seconds, visibility_timeout_ms=visibility_timeout_ms)
    parts = _parts(caller, batch, positions, asked)
    results = []
    for result in leases.act(caller=caller, parts=parts, asked=asked, intent=intent):
        if isinstance(result, Exception):
            raise result
        results.append(result)
    counts = [result.counted for result in results if result.counted is not None]
    return Result(
        verb=verb,
        chosen=sum(result.chosen for result in results),
        done=sum(result.done for result in results),
        counted=sum(counts) if len(counts) == len(results) else None,
        skipped=tuple(skip for result in results for skip in result.skipped),
    )


def require(*, caller: Caller, batch: Batch, positions: Sequence[int], verb: Verb) -> None:
    """Whether the caller may settle, asked also before the question is put.

    Raises NotAllowedError, after recording the refused attempt.
    """
    asked = Asked(verb=verb)
    leases.require(caller=caller, parts=_parts(caller, batch, positions, asked), asked=asked)


def _parts(caller: Caller, batch: Batch, positions: Sequence[int], asked: Asked) -> list[Part]:
    """Mostly one call. Where nothing was leased it is an empty one: that too leaves its refusal on the record."""
    chosen = list(batch.leases.filter(position__in=positions).select_related("holder", "account__credential"))
    nothing = Part(
        account=batch.account,
        of_account=batch.account,
        queue_id=batch.queue_id,
        queue_names=(batch.queue_name,),
        holder=batch.owner,
        right=Permission.SETTLE if batch.owner_id == allowed.signed_in(caller).pk else Permission.SETTLE_FOR_OTHERS,
        leases=(),
        batch=str(batch.pk),
    )
    first, *others = leases.parts_of(caller=caller, leases=chosen, asked=asked) or [nothing]
    return [replace(first, unleased=len(positions) - len(chosen)), *others]
