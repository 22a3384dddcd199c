"""Kept copies of what was fetched."""

import uuid
from datetime import datetime

from django.db import models

from queues_app.models.credential import Account
from queues_app.models.user import User


class Mode(models.TextChoices):
    """How a batch was fetched. `preview` is the older, deprecated way to peek."""

    PEEK = "peek", "Peek"
    PREVIEW = "preview", "Preview"
    PULL = "pull", "Pull"


class BatchQuerySet(models.QuerySet["Batch"]):
    def kept(self, now: datetime) -> "BatchQuerySet":
        """Those whose time is not over; the others are gone for every page, pruned or not yet."""
        return self.filter(expires_at__gt=now)

    def expired(self, now: datetime) -> "BatchQuerySet":
        return self.filter(expires_at__lte=now)


class Batch(models.Model):
    """The messages of one peek or pull, compressed and sealed, readable by its owner until it expires."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="batches")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="batches")
    # The audit entry that stands for the call; entries outlive batches, so no foreign key.
    entry_id = models.BigIntegerField()
    queue_id = models.CharField(max_length=32)
    queue_name = models.CharField(max_length=200)
    mode = models.CharField(max_length=8, choices=Mode)
    fetched_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    # Made by a repeated peek and not opened yet: kept for minutes only, until somebody opens it.
    is_offer = models.BooleanField(default=False)
    asked_for = models.PositiveIntegerField()
    message_count = models.PositiveIntegerField()
    sealed_messages = models.BinaryField()
    # What was known of the queue then; null is unknown, never zero.
    backlog_count = models.BigIntegerField(null=True)
    backlog_read_at = models.DateTimeField(null=True)
    visibility_timeout_ms = models.BigIntegerField(null=True)
    max_retries = models.PositiveIntegerField(null=True)
    dead_letter_queue = models.CharField(max_length=200, blank=True)
    message_retention_period = models.PositiveIntegerField(null=True)  # seconds

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ("-fetched_at", "-id")
        indexes = (models.Index(fields=("owner", "account", "queue_id", "-fetched_at"), name="batches_of_a_queue"),)

    def __str__(self) -> str:
        return f"{self.get_mode_display()} of {self.queue_name}, {self.message_count} messages"
