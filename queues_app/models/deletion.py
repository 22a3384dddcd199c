"""What was deleted through a kept copy: what Cloudflare answered, and what was seen on looking again."""

from django.db import models

from queues_app.models.batch import Batch


class DeletionState(models.TextChoices):
    """How the deletion of one message went. `unknown` from before it leaves until the answer is written down."""

    UNKNOWN = "unknown", "unknown"
    DELETED = "deleted", "deleted"
    SKIPPED = "skipped", "skipped"


class Seen(models.TextChoices):
    """What a look after the deletion found."""

    NOT_LOOKED = "", "not looked again"
    GONE = "gone", "gone"
    STILL_THERE = "still_there", "still there"
    CANNOT_TELL = "cannot_tell", "cannot tell"


class Deletion(models.Model):
    """One message of a kept copy that was deleted by its ref. The copy stays, so that it can be sent again."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="deletions")
    position = models.PositiveSmallIntegerField()
    message_id = models.CharField(max_length=64)
    # The audit entry of the deletion; entries outlive batches, so no foreign key.
    entry_id = models.BigIntegerField(db_index=True)
    deleted_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=DeletionState, default=DeletionState.UNKNOWN)
    warning = models.CharField(max_length=300, blank=True)
    seen = models.CharField(max_length=12, choices=Seen, default=Seen.NOT_LOOKED, blank=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("batch", "position", "id")
        constraints = (models.UniqueConstraint(fields=("batch", "position", "entry_id"), name="one_line_per_deletion"),)

    def __str__(self) -> str:
        return f"{self.message_id}, {self.state}"

    @property
    def is_gone(self) -> bool:
        """Whether the message left the queue, by the latest that is known: a look afterwards outweighs the answer."""
        return self.seen == Seen.GONE or (self.state == DeletionState.DELETED and self.seen != Seen.STILL_THERE)

    @property
    def bars_another(self) -> bool:
        """Whether the message must not be deleted once more: it is gone, or whether it is cannot be said yet."""
        return self.is_gone or (self.state == DeletionState.UNKNOWN and self.seen != Seen.STILL_THERE)
