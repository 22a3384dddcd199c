"""How people look at queues: filters under a name, picked columns, and ways to decode."""

from django.db import models
from django.db.models import Q

from queues_app.models.user import User


class SavedFilter(models.Model):
    """A filter under a name, a person's own or shared with everybody."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="filters")
    name = models.CharField(max_length=80)
    text = models.CharField(max_length=500)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="one_filter_per_name"),
            models.UniqueConstraint(fields=("name",), condition=Q(is_shared=True), name="one_shared_filter_per_name"),
        )

    def __str__(self) -> str:
        return self.name


class QueueView(models.Model):
    """How one person looks at one queue, by Cloudflare's own ids, so that it outlives a credential."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="queue_views")
    account_id = models.CharField(max_length=32)
    queue_id = models.CharField(max_length=32)
    # Paths of the body that stand as columns.
    columns = models.JSONField(default=list)
    # {"off": [decoder names], "forced": [decoder names]}
    decoding = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "account_id", "queue_id"), name="one_view_per_queue_and_person"),
        )

    def __str__(self) -> str:
        return f"{self.queue_id} as {self.user} sees it"
