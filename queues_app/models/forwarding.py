"""How far each destination of the audit was told (operations/forwarding.py). The queue is the chain itself."""

from django.db import models


class AuditDestination(models.Model):
    """One destination of the settings by its name, and what stands between it and the head of the chain.

    It stays when the settings do not name it any more, so that one that is named again goes on where it was.
    """

    # Without a user, a password or a path: those may be secret, and change.
    name = models.CharField(max_length=300, unique=True)
    # The position of the last link that it was told; what comes after waits.
    position = models.BigIntegerField()
    told_at = models.DateTimeField(null=True)
    # Since the beginning, for the metrics
    told = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    # Since the last success
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=64, blank=True)
    sentence = models.CharField(max_length=500, blank=True)
    # Who sends now, and until when nobody else does: nothing of the database is held while the network is waited for.
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} was told up to {self.position}"
