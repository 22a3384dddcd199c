"""Acts that need a second person: which they are, by queue, and what was asked for and decided."""

from datetime import datetime
from typing import Self

from django.db import models

from queues_app.models.audit import Action
from queues_app.models.credential import Account
from queues_app.models.rule import names_queue
from queues_app.models.user import User


class TwoPersonRule(models.Model):
    """At the queues that a pattern names, these acts are carried out only after somebody else approved each."""

    # Words of `access.NEED_TWO`.
    permissions = models.JSONField(default=list)
    # As of a `QueueRule`.
    pattern = models.CharField(max_length=200)
    account_id = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ("pattern", "id")

    def __str__(self) -> str:
        return f"a second person for {', '.join(self.permissions)} on {self.pattern}"

    def matches(self, account_id: str, queue_name: str) -> bool:
        """Whether it is about this queue."""
        return self.account_id in ("", account_id) and names_queue(self.pattern, queue_name)


class ApprovalState(models.TextChoices):
    WAITING = "waiting", "waiting"
    APPROVED = "approved", "approved"
    DECLINED = "declined", "declined"
    WITHDRAWN = "withdrawn", "withdrawn"
    RUN = "run", "carried out"


class ApprovalRequestQuerySet(models.QuerySet["ApprovalRequest"]):
    def waiting(self, now: datetime) -> Self:
        return self.filter(state=ApprovalState.WAITING, expires_at__gt=now)

    def approved(self, now: datetime) -> Self:
        return self.filter(state=ApprovalState.APPROVED, expires_at__gt=now)


class ApprovalRequest(models.Model):
    """One act that somebody wants to carry out, frozen as it was asked for, and what came of that.

    Nothing of a message is in it: messages are named by their places in a kept copy, as in the audit log.
    """

    asker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="approval_requests")
    # The asker's way to the queue: with this credential it is carried out, and with no other.
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="approval_requests")
    action = models.CharField(max_length=32, choices=Action)
    queue_id = models.CharField(max_length=32)
    queue_name = models.CharField(max_length=200)
    # Exactly what would be done, for the machine, and the same for who decides: pairs of label and value.
    parameters = models.JSONField(default=dict)
    told = models.JSONField(default=list)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=16, choices=ApprovalState, default=ApprovalState.WAITING)
    asked_at = models.DateTimeField()
    # Of the wait for a second person; after the approval, of the time to carry it out.
    expires_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    remark = models.CharField(max_length=500, blank=True)
    # The audit entry of the run.
    entry_id = models.BigIntegerField(null=True)

    objects = ApprovalRequestQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-id")
        indexes = (models.Index(fields=("state", "expires_at"), name="approval_state_expires"),)

    def __str__(self) -> str:
        return f"request {self.pk} by {self.asker.get_username()}: {self.get_action_display()} {self.queue_name}"

    def is_over(self, now: datetime) -> bool:
        """Whether its time ended before it was carried out or decided."""
        return self.state in (ApprovalState.WAITING, ApprovalState.APPROVED) and self.expires_at <= now
