"""Messages on their way into a queue: kept sealed until each has an outcome, so that nothing is sent twice or lost."""

import uuid

from django.db import models

from queues_app.models.credential import Account
from queues_app.models.user import User


class Source(models.TextChoices):
    """Where the messages came from."""

    FORM = "form", "typed"
    FILE = "file", "file"
    AGAIN = "again", "kept copy"


class SendingState(models.TextChoices):
    """`ready` has not begun; `running` goes on by itself; `stopped` waits for a person; `done` has nothing left."""

    READY = "ready", "ready"
    RUNNING = "running", "running"
    STOPPED = "stopped", "stopped"
    DONE = "done", "done"


class Sending(models.Model):
    """One list of messages for one queue.

    `outcomes` holds a word for each: waiting, single (waiting to be sent alone), sent, refused, failed or unknown.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sendings")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sendings")
    queue_id = models.CharField(max_length=32)
    queue_name = models.CharField(max_length=200)
    source = models.CharField(max_length=8, choices=Source)
    file_name = models.CharField(max_length=200, blank=True)
    # The kept copy that they were taken from, for `again`.
    batch_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=8, choices=SendingState, default=SendingState.READY)
    message_count = models.PositiveIntegerField()
    sealed_messages = models.BinaryField()
    outcomes = models.JSONField(default=list)
    # The number of the next call: a form that names another one was submitted before.
    step = models.PositiveIntegerField(default=0)
    # Why it stopped, in a sentence.
    remark = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.message_count} messages to {self.queue_name}, {self.state}"
