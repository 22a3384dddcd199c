"""What Queuescope remembers of queues over time: counts, by the account row that they were read with, and visits.

Counts are as the credential of that row was answered, so they are shown to whoever may use the row, and to nobody else.
"""

from django.db import models

from queues_app.models.credential import Account
from queues_app.models.user import User


class QueueSample(models.Model):
    """The counts of a queue at a moment. None is what Cloudflare did not say; no row at all is a gap, and not zero."""

    # Both indexes below begin with it.
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="samples", db_index=False)
    queue_id = models.CharField(max_length=32)
    at = models.DateTimeField()
    messages = models.BigIntegerField(null=True)
    bytes = models.BigIntegerField(null=True)
    oldest_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("account", "queue_id", "at")
        # The order of all that is asked, and none twice.
        constraints = (models.UniqueConstraint(fields=("account", "queue_id", "at"), name="one_sample_at_a_moment"),)
        # For thinning and pruning.
        indexes = (models.Index(fields=("account", "at"), name="samples_of_account_at"),)

    def __str__(self) -> str:
        return f"{self.queue_id} at {self.at:%Y-%m-%d %H:%M:%S}"


class QueueVisit(models.Model):
    """That a person looked at a queue, last when, and whether it is pinned."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="queue_visits")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="visits")
    queue_id = models.CharField(max_length=32)
    # As it was called then, for a list that asks nobody.
    queue_name = models.CharField(max_length=200)
    visited_at = models.DateTimeField()
    pinned_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-visited_at",)
        constraints = (
            models.UniqueConstraint(fields=("user", "account", "queue_id"), name="one_visit_per_queue_and_person"),
        )
        indexes = (
            models.Index(fields=("user", "-visited_at"), name="visits_of_person"),
            models.Index(fields=("-visited_at",), name="visits_latest"),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.queue_name}"
