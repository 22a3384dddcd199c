"""The ledger of leases: what pulls of this dashboard hold on the server, and what became of it.

A lease outlives the batch it came with, so that a message is never held by something that nobody can see any more.
"""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from queues_app.models.batch import Batch
from queues_app.models.credential import Account
from queues_app.models.user import User


class LeaseState(models.TextChoices):
    """What became of a lease. A held one whose time is over has lapsed; no row changes for that.

    An extended lease is held on, under a new lease id.
    """

    HELD = "held", "held"
    ACKED = "acked", "acknowledged"
    RETRIED = "retried", "retried"
    SKIPPED = "skipped", "skipped"
    UNKNOWN = "unknown", "unknown"


class LeaseQuerySet(models.QuerySet["Lease"]):
    def of(self, user: User) -> Self:
        """Those that a person holds, and those that others hold by that person's credentials."""
        return self.filter(Q(holder=user) | Q(account__in=Account.objects.filter(credential__owner=user)))

    def held(self, now: datetime) -> Self:
        """Those that the server surely still holds for us."""
        return self.filter(state=LeaseState.HELD, expires_at__gt=now)

    def perhaps_held(self, now: datetime) -> Self:
        """Those held, and those of which it is unknown whether they were settled; of neither the time is over."""
        return self.filter(state__in=(LeaseState.HELD, LeaseState.UNKNOWN), expires_at__gt=now)

    def of_queue(self, account_id: str, queue_id: str) -> Self:
        """Those of one queue, by whichever credential its account was reached."""
        return self.filter(account__account_id=account_id, queue_id=queue_id)


class Lease(models.Model):
    """One pulled message, held until `expires_at`. The lease id is sealed by `vault.py`, and empty where it is lost."""

    holder = models.ForeignKey(User, on_delete=models.CASCADE, related_name="leases")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="leases")
    queue_id = models.CharField(max_length=32)
    queue_name = models.CharField(max_length=200)
    # The kept copy and the message's place in it, as long as there is one.
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, related_name="leases")
    position = models.PositiveSmallIntegerField()
    # The audit entry of the pull; entries are never deleted, so no foreign key is needed.
    entry_id = models.BigIntegerField()
    message_id = models.CharField(max_length=64)
    sealed_lease_id = models.BinaryField()
    pulled_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    visibility_timeout_ms = models.BigIntegerField()
    # As the pull found it; null is unknown, never zero.
    attempts = models.BigIntegerField(null=True)
    max_retries = models.PositiveIntegerField(null=True)
    dead_letter_queue = models.CharField(max_length=200, blank=True)
    # How often it was held on under a new lease id.
    extensions = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=LeaseState, default=LeaseState.HELD)
    settled_at = models.DateTimeField(null=True)
    # Who settled it, where that was not the holder.
    settled_by = models.CharField(max_length=150, blank=True)
    warning = models.CharField(max_length=300, blank=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("batch", "position"), name="one_lease_per_message"),)
        indexes = (
            models.Index(fields=("holder", "state", "expires_at"), name="leases_of_a_holder"),
            models.Index(fields=("queue_id", "state", "expires_at"), name="leases_of_a_queue"),
            models.Index(fields=("expires_at",), name="leases_by_end"),
        )

    def __str__(self) -> str:
        return f"{self.message_id}, {self.state}"
