"""What watches queues: whose turn an account is, the watches of people, and the notices that they make."""

import uuid

from django.db import models
from django.db.models import Q

from queues_app.models.credential import Account
from queues_app.models.user import User


class AccountTurn(models.Model):
    """When the queues of an account row are asked for the next time, by whom now, and how far its samples are thinned.

    Nothing of the database is held while Cloudflare is waited for: whoever asks has claimed the turn for a while.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="turn")
    next_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    # Samples that were kept by turns since the beginning, for the metrics
    kept = models.BigIntegerField(default=0)
    # Its credential is near its limit, so that the next turn comes later.
    is_slowed = models.BooleanField(default=False, db_default=False)
    # Why the last turn could ask nothing; empty when it could.
    problem = models.CharField(max_length=500, blank=True)
    # Up to where one sample was left for each 10 minutes, and for each hour
    thinned_to_10_min = models.DateTimeField(null=True)
    thinned_to_1_h = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"the turn of {self.account}"


class WatchKind(models.TextChoices):
    BACKLOG = "backlog", "Messages waiting"
    OLDEST_AGE = "oldest_age", "Age of the oldest message"
    GROWTH = "growth", "Growth"
    MESSAGE = "message", "A message that matches a filter"


class WatchState(models.TextChoices):
    OK = "ok", "ok"
    FIRING = "firing", "firing"
    UNKNOWN = "unknown", "unknown"


class Watch(models.Model):
    """One person's wish to be told about one queue. It asks with a credential of theirs, and with nobody else's."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="watches")
    # None when the credential was deleted: the watch stays, and says so.
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="watches")
    account_name = models.CharField(max_length=200)
    queue_id = models.CharField(max_length=32)
    queue_name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=WatchKind)
    # Messages, or seconds of the oldest one's age.
    threshold = models.BigIntegerField()
    # As `queues_app.finding` reads it, of a watch for a message.
    query = models.CharField(max_length=500, blank=True)
    # For how long it must be so; of growth, within how long.
    minutes = models.PositiveIntegerField(default=0)
    # In the owner's zone, over midnight too; both or neither.
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    # Who is told
    mail_to = models.EmailField(blank=True)
    # Addresses of webhooks hold secrets: only the place, without a path, is shown.
    sealed_url = models.BinaryField(default=b"")
    webhook_place = models.CharField(max_length=300, blank=True)
    sealed_secret = models.BinaryField(default=b"")
    created_at = models.DateTimeField(auto_now_add=True)
    # One more with each change by its owner, so that a check of what it was before changes nothing.
    revision = models.PositiveIntegerField(default=0, db_default=0)
    # How it stands
    state = models.CharField(max_length=8, choices=WatchState, default=WatchState.UNKNOWN)
    since = models.DateTimeField(null=True)
    # As it was last known: what cannot be checked now neither fires nor resolves, and keeps the state "firing".
    is_firing = models.BooleanField(default=False)
    known_at = models.DateTimeField(null=True)
    # Since when it is beyond the threshold, fired or not yet.
    beyond_since = models.DateTimeField(null=True)
    # From when until when it fired the last time; while it fires, of the time before: it fires since `since`.
    fired_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    value = models.BigIntegerField(null=True)
    message_ids = models.JSONField(default=list)
    checked_at = models.DateTimeField(null=True)
    peeked_at = models.DateTimeField(null=True)
    # Why it could not be checked, in a sentence.
    problem = models.CharField(max_length=500, blank=True)
    # Whether those who are told believe that it fires, and when they were told so or otherwise.
    is_told_firing = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("queue_name", "id")
        verbose_name_plural = "watches"
        constraints = (
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_begin_and_end",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.queue_name}, for {self.owner}"


class NoticeKind(models.TextChoices):
    """What a notice says: the types of the webhook."""

    FIRED = "watch.fired", "fired"
    RESOLVED = "watch.resolved", "resolved"


class NoticeWay(models.TextChoices):
    MAIL = "mail", "e-mail"
    WEBHOOK = "webhook", "webhook"


class NoticeOutcome(models.TextChoices):
    WAITING = "waiting", "waiting"
    TOLD = "told", "told"
    GIVEN_UP = "given_up", "given up"


class WatchNotice(models.Model):
    """One thing to be told in one way, tried until it arrives or is given up.

    Whose it is and where it goes are as they were when it was made: the watch may be changed or removed before it is
    told. What the version before made has no owner, and goes by its watch.
    """

    # None when the watch was removed.
    watch = models.ForeignKey(Watch, on_delete=models.SET_NULL, null=True, related_name="notices")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="watch_notices")
    # None when the credential was deleted.
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="watch_notices")
    mail_to = models.EmailField(blank=True, default="", db_default="")
    # Empty again when it has ended.
    sealed_url = models.BinaryField(default=b"", db_default=b"")
    sealed_secret = models.BinaryField(default=b"", db_default=b"")
    kind = models.CharField(max_length=16, choices=NoticeKind)
    way = models.CharField(max_length=8, choices=NoticeWay)
    # The same in each try, so that a receiver knows what came twice.
    number = models.UUIDField(default=uuid.uuid4)
    # Counts, ids and links; never a body.
    told = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=NoticeOutcome, default=NoticeOutcome.WAITING)
    ended_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    sentence = models.CharField(max_length=500, blank=True)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-made_at", "-id")
        indexes = (models.Index(fields=("outcome", "next_at"), name="notices_due"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.get_way_display()}: {self.outcome}"
