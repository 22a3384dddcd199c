"""What is masked in the messages of which queues."""

from django.db import models

from queues_app.models.rule import names_queue


class MaskingRule(models.Model):
    """Masks a field by its path, its key or its form, in the queues that a pattern names."""

    # A word of `masking.Kind`, and its value: empty for the usual ones.
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=200, blank=True)
    # Of a queue's name; a star stands for any characters, also for none.
    pattern = models.CharField(max_length=200)
    # By Cloudflare's own id, so that it holds for whichever credential; empty for every account.
    account_id = models.CharField(max_length=32, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ("pattern", "kind", "value", "id")

    def __str__(self) -> str:
        what = f"{self.kind} {self.value}" if self.value else "the usual"
        return f"{what} in {self.pattern}"

    def matches(self, account_id: str, queue_name: str) -> bool:
        """Whether it holds for this queue. Of a queue whose name is not known, "", each of its account's does."""
        return self.account_id in ("", account_id) and (not queue_name or names_queue(self.pattern, queue_name))
