"""Legal holds: which audit entries stay, however old they are, until the hold is lifted."""

from collections.abc import Mapping
from typing import Any, Self

from django.db import models

from queues_app.models.rule import names_queue


class AuditHoldQuerySet(models.QuerySet["AuditHold"]):
    def in_force(self) -> Self:
        return self.filter(lifted_at=None)


class AuditHold(models.Model):
    """What fits all that it names is held; one that names nothing holds every entry.

    Numbered without gaps and signed, and the database refuses to change it but once, to lift it: so that nobody lifts
    one behind the application's back (operations/holds.py).
    """

    number = models.BigIntegerField(primary_key=True)
    reason = models.CharField(max_length=200)
    # Of a queue's name; a star stands for any characters, also for none. Empty for whatever is held.
    queue = models.CharField(max_length=200, blank=True)
    person = models.CharField(max_length=150, blank=True)
    # Of the entry's time; `until` is the first moment that is not held.
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=150, blank=True)
    lifted_at = models.DateTimeField(null=True)
    signature = models.CharField(max_length=64)

    objects = AuditHoldQuerySet.as_manager()

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"hold {self.number}: {self.reason}"

    def holds(self, entry: Mapping[str, Any]) -> bool:
        """Whether it is about an entry with these columns."""
        return (
            (self.since is None or entry["at"] >= self.since)
            and (self.until is None or entry["at"] < self.until)
            and self._is_about_queue(entry)
            and self._is_about_person(entry)
        )

    def _is_about_queue(self, entry: Mapping[str, Any]) -> bool:
        """An entry whose queue's name could not be read is held with every queue."""
        if not self.queue or (entry["queue_id"] and not entry["queue_name"]):
            return True
        return names_queue(self.queue, entry["queue_name"])

    def _is_about_person(self, entry: Mapping[str, Any]) -> bool:
        """What they did, what was done with a credential of theirs, and what was done about them."""
        parameters = entry["parameters"] if isinstance(entry["parameters"], dict) else {}
        about = (entry["user_name"], entry["credential_owner"], parameters.get("person"))
        return not self.person or self.person in about
