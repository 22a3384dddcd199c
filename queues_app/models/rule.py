"""What restricts or widens the roles for some queues, and the accounts in which nothing may be changed."""

from django.db import models

from queues_app import stars
from queues_app.models.user import User


class Effect(models.TextChoices):
    ALLOW = "allow", "allow"
    DENY = "deny", "deny"


def names_queue(pattern: str, queue_name: str) -> bool:
    """Whether a pattern names this queue: a star stands for any characters, and case counts."""
    return stars.fits(pattern.split("*"), queue_name)


class QueueRule(models.Model):
    """Lets some people do more, or less, with the queues that a pattern names. Where two say both, deny wins.

    It is for one person, for whoever has a role, or for everybody where it names neither.
    """

    effect = models.CharField(max_length=8, choices=Effect)
    # Words of `access.OF_QUEUES`.
    permissions = models.JSONField(default=list)
    # Of a queue's name; a star stands for any characters, also for none.
    pattern = models.CharField(max_length=200)
    # By Cloudflare's own id, so that it holds for whichever credential; empty for every account.
    account_id = models.CharField(max_length=32, blank=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="queue_rules")
    role = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ("pattern", "effect", "id")

    def __str__(self) -> str:
        return f"{self.effect} {', '.join(self.permissions)} on {self.pattern} to {self.whose}"

    @property
    def whose(self) -> str:
        """Whom it is for, in words."""
        if self.user is not None:
            return self.user.get_username()
        return f"the role {self.role}" if self.role else "everybody"

    def matches(self, account_id: str, queue_name: str) -> bool:
        """Whether it is about this queue. Case counts, as it does in names of queues."""
        return self.account_id in ("", account_id) and names_queue(self.pattern, queue_name)


class ReadOnlyAccount(models.Model):
    """A Cloudflare account in which nothing is changed through this deployment, by whichever credential."""

    account_id = models.CharField(max_length=32, unique=True)
    account_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ("account_name", "id")

    def __str__(self) -> str:
        return self.account_name
