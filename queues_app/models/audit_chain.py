"""What keeps the audit honest (queues_app/chain.py) and quick to look into, beside the entries themselves.

Triggers of the database fill `AuditPending` and `AuditedMessage`, whoever writes an entry, and refuse what would change
or remove an entry, a link or the head (migrations/_audit_guards.py).
"""

from django.db import models


class AuditPending(models.Model):
    """An entry that is to be bound: complete, or open and perhaps left so."""

    entry_id = models.BigIntegerField(primary_key=True)
    is_complete = models.BooleanField(db_default=False)

    def __str__(self) -> str:
        return f"R-{self.entry_id} is to be bound"


class AuditLink(models.Model):
    """One link of the chain: an entry, bound to all that were bound before it. Never changed.

    An entry that was left open for long is bound so, and once more when it is completed after all.
    """

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField()
    is_open = models.BooleanField()
    bound_at = models.DateTimeField()
    signature = models.CharField(max_length=64)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("entry_id", "is_open"), name="audit_bound_once"),)

    def __str__(self) -> str:
        return f"link {self.position}: R-{self.entry_id}"


class AuditHead(models.Model):
    """Where the chain ends: one row, signed, so that a tail cut off is missed. Whoever binds holds its lock."""

    THE_ONE = 1

    id = models.SmallIntegerField(primary_key=True, default=THE_ONE)
    position = models.BigIntegerField()
    link_signature = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"head of the audit at {self.position}"


class AuditedMessage(models.Model):
    """Which entries are about a message: a look-up, made from the entries."""

    pk = models.CompositePrimaryKey("message_id", "at", "entry_id")
    message_id = models.CharField(max_length=64)
    at = models.DateTimeField()
    entry_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.message_id} in R-{self.entry_id}"


class AuditExplanation(models.Model):
    """Which entry explains which other one, whose outcome was unknown: a look-up, made with the explaining entry."""

    pk = models.CompositePrimaryKey("entry_id", "explained_in")
    entry_id = models.BigIntegerField()
    explained_in = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"R-{self.entry_id} explained in R-{self.explained_in}"


class AuditArchive(models.Model):
    """A stretch of the chain that was written into a file: from the link `first` to the link `last`. Signed.

    `name` is the file's, without its directory, as files are moved. `sha256` is of its lines.
    """

    first = models.BigIntegerField(primary_key=True)
    last = models.BigIntegerField()
    link_signature = models.CharField(max_length=64)
    name = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    signature = models.CharField(max_length=64)

    class Meta:
        ordering = ("first",)

    def __str__(self) -> str:
        return f"links {self.first} to {self.last} in {self.name}"


class AuditPruned(models.Model):
    """The mark up to which the chain was pruned: one row, signed, which only moves forward.

    It is also the door: the database lets an entry or a link go only when its links are at or below this position
    (migrations/_audit_door.py). So whoever opens it by other means leaves a mark that is not signed.
    """

    THE_ONE = 1

    id = models.SmallIntegerField(primary_key=True, default=THE_ONE)
    position = models.BigIntegerField()
    # Of the link at that position, which the first one that is left was signed with.
    link_signature = models.CharField(max_length=64)
    # When the very first link was bound.
    began_at = models.DateTimeField()
    # How many legal holds there were, so that none of them is taken away unnoticed.
    holds = models.BigIntegerField()
    # The time before which links went.
    before = models.DateTimeField()
    pruned_at = models.DateTimeField()
    signature = models.CharField(max_length=64)

    class Meta:
        # A second one would be a second door.
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="audit_pruned_once"),)

    def __str__(self) -> str:
        return f"the audit is pruned up to link {self.position}"
