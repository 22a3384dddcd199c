"""A one-time link by which somebody becomes a person here. Only the hash of its word is kept."""

from datetime import datetime
from typing import Self

from django.db import models

from queues_app.models.user import User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Which of them still open something, and which never will."""

    def open(self, now: datetime) -> Self:
        return self.filter(used_at__isnull=True, expires_at__gt=now)

    def lapsed(self, now: datetime) -> Self:
        """Nobody took them in their time."""
        return self.filter(used_at__isnull=True, expires_at__lte=now)


class Invitation(models.Model):
    """Withdrawn and lapsed ones are deleted; used ones stay, for whom they made is on the record too."""

    # SHA-256 in hexadecimal: the word has 256 bits of chance, so that nothing slower is needed.
    word_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=150)
    full_name = models.CharField(max_length=150, blank=True)
    invited_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    person = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"invitation as {self.role} by {self.invited_by}"
