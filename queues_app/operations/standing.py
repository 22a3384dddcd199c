"""How things stand, for the metrics: what no process has counted, because others did it or it ends by itself."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils import timezone

from queues_app.models import AccountTurn, AuditEntry, Lease, Outcome, Watch, WatchNotice, WatchState
from queues_app.operations import forwarding
from queues_app.telemetry.standing import Forwarded, Standing

DAY: Final = timedelta(days=1)


def read() -> Standing:
    """Asks the database. Who forwards and who watches is another process, on whatever host, and nobody asks it.

    Raises DatabaseError.
    """
    now = timezone.now()
    watches = dict(Watch.objects.values_list("state").annotate(number=Count("pk")))
    notices = WatchNotice.objects.values_list("way", "outcome").annotate(number=Count("pk"))
    return Standing(
        leases_held=Lease.objects.held(now).count(),
        unknown_outcomes=_unknown_outcomes(now),
        forwarded=_forwarded(),
        watches={state.value: watches.get(state.value, 0) for state in WatchState},
        notices={(way, outcome): number for way, outcome, number in notices},
        samples_kept=AccountTurn.objects.aggregate(kept=Sum("kept"))["kept"] or 0,
    )


def _unknown_outcomes(now: datetime) -> int:
    # What takes longer than a request may is no longer under way: its process was killed.
    is_over = Q(completed_at__isnull=False) | Q(at__lt=now - timedelta(seconds=settings.WORKER_TIMEOUT))
    return AuditEntry.objects.filter(is_over, at__gte=now - DAY, outcome=Outcome.UNKNOWN).count()


def _forwarded() -> tuple[Forwarded, ...]:
    return tuple(
        Forwarded(
            destination=delivery.destination.name,
            waiting=delivery.waiting,
            told=delivery.state.told,
            failed=delivery.state.failed,
        )
        for delivery in forwarding.deliveries()
        if delivery.state is not None
    )
