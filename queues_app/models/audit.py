"""The audit entry. Written before a call leaves, completed after the answer, and then closed for good.

An entry holds copies of names and no foreign keys, so that it outlives the user, the credential and the batch.
It never holds bodies, lease ids or secrets.
"""

from datetime import datetime
from typing import Any, Final, Self

from django.db import models
from django.db.models import Q


class Action(models.TextChoices):
    """What was done: `<subject>.<verb>`. The value is the machine's word, the label the page's."""

    SEE_QUEUES = "queues.see", "See queues"
    PEEK = "messages.peek", "Peek"
    PULL = "messages.pull", "Pull"
    ACK = "messages.ack", "Acknowledge"
    RETRY = "messages.retry", "Retry"
    EXTEND = "messages.extend", "Extend lease"
    DELETE = "messages.delete", "Delete"
    SEND = "messages.send", "Send"
    OPEN_COPY = "messages.open_copy", "Open a copy"
    REVEAL = "messages.reveal", "Reveal a field"
    EXPORT = "messages.export", "Download body"
    EXPORT_MANY = "messages.export_many", "Export messages"
    EMPTY = "queue.empty", "Empty queue"
    PAUSE = "queue.pause", "Pause delivery"
    RESUME = "queue.resume", "Resume delivery"
    QUEUE_EDIT = "queue.edit", "Change queue"
    CONSUMER_ADD = "consumer.add", "Add consumer"
    CONSUMER_EDIT = "consumer.edit", "Change consumer"
    CONSUMER_REMOVE = "consumer.remove", "Remove consumer"
    CREDENTIAL_ADD = "credential.add", "Add credential"
    CREDENTIAL_RENAME = "credential.rename", "Rename credential"
    CREDENTIAL_REPLACE = "credential.replace", "Replace secret"
    CREDENTIAL_VERIFY = "credential.verify", "Check credential"
    CREDENTIAL_DEFAULT = "credential.default", "Choose default credential"
    CREDENTIAL_DELETE = "credential.delete", "Delete credential"
    SHARE = "credential.share", "Share credential"
    SHARE_END = "credential.share_end", "End sharing"
    RULE_ADD = "rule.add", "Add rule"
    RULE_REMOVE = "rule.remove", "Remove rule"
    MASKING_ADD = "masking.add", "Add mask"
    MASKING_REMOVE = "masking.remove", "Remove mask"
    READ_ONLY_ON = "account.read_only_on", "Make account read-only"
    READ_ONLY_OFF = "account.read_only_off", "End read-only"
    ENVIRONMENT = "account.environment", "Mark account"
    TWO_PERSON_ADD = "two_person.add", "Ask for a second person"
    TWO_PERSON_REMOVE = "two_person.remove", "Ask for no second person"
    APPROVAL_ASK = "approval.ask", "Ask for approval"
    APPROVAL_APPROVE = "approval.approve", "Approve"
    APPROVAL_DECLINE = "approval.decline", "Decline"
    APPROVAL_WITHDRAW = "approval.withdraw", "Withdraw request"
    SIGN_IN = "session.sign_in", "Sign in"
    SIGN_OUT = "session.sign_out", "Sign out"
    CONFIRM = "session.confirm", "Confirm who it is"
    SESSIONS_END = "session.end", "End sessions"
    PASSWORD = "person.password", "Change password"
    FACTOR_ADD = "factor.add", "Add second factor"
    FACTOR_REMOVE = "factor.remove", "Remove second factor"
    RECOVERY_CODES = "factor.codes", "Make recovery codes"
    INVITE = "person.invite", "Invite"
    WITHDRAW = "person.withdraw", "Withdraw invitation"
    JOIN = "person.join", "Join"
    ROLE = "person.role", "Change role"
    CLOSE = "person.close", "Close account"
    REOPEN = "person.reopen", "Reopen account"
    TEAM_ADD = "team.add", "Make team"
    TEAM_RENAME = "team.rename", "Rename team"
    TEAM_REMOVE = "team.remove", "Remove team"
    MEMBER_ADD = "team.member_add", "Add to team"
    MEMBER_ROLE = "team.member_role", "Change role in team"
    MEMBER_REMOVE = "team.member_remove", "Take out of team"
    AUDIT_EXPORT = "audit.export", "Export audit"
    EXPLAIN = "audit.explain", "Explain"
    AUDIT_VERIFY = "audit.verify", "Verify audit"
    DIGEST = "audit.digest", "Mail digest"
    ARCHIVE = "audit.archive", "Archive audit"
    PRUNE = "audit.prune", "Prune audit"
    HOLD_ADD = "audit.hold_add", "Hold entries"
    HOLD_LIFT = "audit.hold_lift", "Lift hold"
    FORWARD_TEST = "audit.forward_test", "Test forwarding"
    WATCH_ADD = "watch.add", "Watch queue"
    WATCH_EDIT = "watch.edit", "Change watch"
    WATCH_REMOVE = "watch.remove", "Remove watch"
    WATCH_FIRE = "watch.fire", "Watch fires"
    WATCH_RESOLVE = "watch.resolve", "Watch resolves"
    WATCH_TEST = "watch.test", "Test watch"


class Outcome(models.TextChoices):
    """How it ended. `unknown` until it is known: so a killed process leaves the truth behind."""

    OK = "ok", "ok"
    REFUSED = "refused", "refused"
    FAILED = "failed", "failed"
    UNKNOWN = "unknown", "unknown"


# What may be done to some of the chosen messages and not to others, each for itself.
OF_CHOSEN: Final = (Action.ACK, Action.RETRY, Action.EXTEND, Action.DELETE)
PARTIAL: Final = "partial"
SKIPPED: Final = "skipped"
# How an entry ended as a person is told it, and can ask for it.
WORDS: Final = (*Outcome.values, PARTIAL, SKIPPED)


def word_of(action: str, outcome: str, *, chosen: Any, done: int | None) -> str:
    """The outcome in a word; of what went well, whether it was all of what was chosen."""
    if action not in OF_CHOSEN or outcome != Outcome.OK or not isinstance(chosen, int) or done is None:
        return outcome
    return outcome if done >= chosen else PARTIAL if done else SKIPPED


class EntryClosedError(Exception):
    """An entry that is complete cannot be changed, and no entry can be deleted."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Reading only. Changing many entries at once is not offered to the application."""

    def of(self, user_id: int) -> Self:
        return self.filter(user_id=user_id)

    def before(self, at: datetime, entry_id: int) -> Self:
        """The entries after this one in newest-first order (keyset paging, see docs/architecture.md)."""
        return self.filter(at__lte=at).exclude(at=at, id__gte=entry_id)

    def update(self, **kwargs: Any) -> int:
        raise EntryClosedError("Audit entries are not changed in bulk.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise EntryClosedError("Audit entries are not deleted.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise EntryClosedError("Audit entries are not changed in bulk.")


class AuditEntry(models.Model):
    """One touch of a message, a credential or a session."""

    at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    action = models.CharField(max_length=32, choices=Action)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.UNKNOWN)
    # Who, and from where
    user_id = models.BigIntegerField(null=True)
    user_name = models.CharField(max_length=150)
    client_address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    # One deliberate submit has one intent; a second submit of the same form finds the first by it.
    intent = models.UUIDField(null=True)
    # With what, and where
    credential_id = models.BigIntegerField(null=True)
    credential_label = models.CharField(max_length=100, blank=True)
    # Where somebody else's was used: whose it is, and the teams that it is shared with them through.
    credential_owner_id = models.BigIntegerField(null=True)
    credential_owner = models.CharField(max_length=150, blank=True, db_default="")
    credential_team = models.CharField(max_length=200, blank=True, db_default="")
    environment = models.CharField(max_length=16, blank=True)
    account_id = models.CharField(max_length=32, blank=True)
    account_name = models.CharField(max_length=200, blank=True)
    queue_id = models.CharField(max_length=32, blank=True)
    queue_name = models.CharField(max_length=200, blank=True)
    parameters = models.JSONField(default=dict)
    # What came of it
    reason = models.CharField(max_length=64, blank=True)
    remark = models.CharField(max_length=500, blank=True)
    asked = models.CharField(max_length=120, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    code = models.BigIntegerField(null=True)
    message_count = models.PositiveIntegerField(null=True)
    message_ids = models.JSONField(default=list)
    backlog_count = models.BigIntegerField(null=True)
    backlog_read_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    cf_ray = models.CharField(max_length=64, blank=True)
    batch_id = models.UUIDField(null=True)
    # Of all the others, made when it was completed (queues_app/chain.py); empty in entries of versions before.
    signature = models.CharField(max_length=64, blank=True, db_default="", default="")

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index(fields=("-at", "-id"), name="audit_at"),
            models.Index(fields=("queue_id", "-at", "-id"), name="audit_queue_at"),
            models.Index(fields=("user_id", "-at", "-id"), name="audit_user_at"),
            models.Index(fields=("user_id", "queue_id", "-at", "-id"), name="audit_user_queue_at"),
            models.Index(
                fields=("credential_owner_id", "-at", "-id"),
                condition=Q(credential_owner_id__isnull=False),
                name="audit_owner_at",
            ),
            models.Index(fields=("action", "-at", "-id"), name="audit_action_at"),
            models.Index(fields=("user_id", "action", "-at", "-id"), name="audit_user_action_at"),
            models.Index(fields=("queue_id", "action", "-at", "-id"), name="audit_queue_action_at"),
            models.Index(fields=("user_id", "outcome", "-at", "-id"), name="audit_user_outcome_at"),
            models.Index(fields=("queue_id", "outcome", "-at", "-id"), name="audit_queue_outcome_at"),
            models.Index(fields=("user_id", "credential_id", "-at", "-id"), name="audit_user_credential_at"),
            models.Index(fields=("credential_id", "-at", "-id"), name="audit_credential_at"),
            # Of all entries, since SQLite takes an index of some only for a value that is written into the statement.
            models.Index(fields=("outcome", "-at", "-id"), name="audit_outcome_at"),
            models.Index(fields=("cf_ray", "-at", "-id"), name="audit_cf_ray"),
            models.Index(fields=("request_id", "-at", "-id"), name="audit_request"),
        )
        constraints = (
            models.UniqueConstraint(fields=("user_id", "intent"), name="audit_one_entry_per_intent"),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=False) | Q(outcome="unknown"),
                name="audit_open_means_unknown",
            ),
        )

    def __str__(self) -> str:
        return f"{self.receipt} {self.get_action_display()} by {self.user_name}: {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert, or complete an open entry; anything else is refused."""
        if not self._state.adding:
            stored = AuditEntry.objects.filter(pk=self.pk, completed_at__isnull=True)
            if not stored.exists():
                raise EntryClosedError(f"{self.receipt} is complete.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise EntryClosedError("Audit entries are not deleted.")

    @property
    def receipt(self) -> str:
        """The number a person can quote."""
        return f"R-{self.pk}"

    @property
    def word(self) -> str:
        """How it ended, in one of `WORDS`."""
        chosen = self.parameters.get("chosen")
        return word_of(self.action, self.outcome, chosen=chosen, done=self.message_count)

    @property
    def is_complete(self) -> bool:
        return self.completed_at is not None
