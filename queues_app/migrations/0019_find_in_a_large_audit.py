"""Index what the audit page filters by, and take the entries of before into the chain and into the look-up of messages.

Nothing is locked meanwhile: PostgreSQL makes the indexes beside its other work, entries are taken in by the thousand.
One that was cut off can be started again; on PostgreSQL, an index that it left unfinished is dropped first.
"""

from typing import Any, Final

from django.db import migrations, models

from queues_app.guards import ENTRY, LINK, MESSAGE, PENDING

STEP: Final = 10_000

_MESSAGES: Final = {
    "sqlite": (
        f"INSERT INTO {MESSAGE} (message_id, at, entry_id) SELECT DISTINCT one.value, entry.at, entry.id "
        f"FROM {ENTRY} AS entry, json_each(entry.message_ids) AS one "
        "WHERE entry.id BETWEEN %s AND %s AND length(one.value) BETWEEN 1 AND 64 ON CONFLICT DO NOTHING"
    ),
    "postgresql": (
        f"INSERT INTO {MESSAGE} (message_id, at, entry_id) SELECT DISTINCT one, entry.at, entry.id "
        f"FROM {ENTRY} AS entry, jsonb_array_elements_text(entry.message_ids) AS one "
        "WHERE entry.id BETWEEN %s AND %s AND length(one) BETWEEN 1 AND 64 ON CONFLICT DO NOTHING"
    ),
}
_PENDING: Final = (
    f"INSERT INTO {PENDING} (entry_id, is_complete) SELECT id, completed_at IS NOT NULL FROM {ENTRY} "
    f"WHERE id BETWEEN %s AND %s AND id NOT IN (SELECT entry_id FROM {LINK} WHERE entry_id BETWEEN %s AND %s) "
    "ON CONFLICT DO NOTHING"
)


class AddIndexBeside(migrations.AddIndex):
    """Add an index; on PostgreSQL without keeping writers from the table."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor != "postgresql":
            schema_editor.add_index(model, self.index)
            return
        schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{self.index.name}"')
        schema_editor.add_index(model, self.index, concurrently=True)


def take_in(apps: Any, schema_editor: Any) -> None:
    entries = apps.get_model("queues_app", "AuditEntry").objects
    newest = entries.order_by("-pk").values_list("pk", flat=True).first() or 0
    with schema_editor.connection.cursor() as cursor:
        for first in range(1, newest + 1, STEP):
            ids = (first, first + STEP - 1)
            cursor.execute(_MESSAGES[schema_editor.connection.vendor], ids)
            cursor.execute(_PENDING, ids * 2)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("queues_app", "0018_bind_the_audit")]

    operations = [
        AddIndexBeside(
            "auditentry", models.Index(fields=("action", "-at", "-id"), name="audit_action_at")
        ),
        AddIndexBeside(
            "auditentry", models.Index(fields=("user_id", "action", "-at", "-id"), name="audit_user_action_at")
        ),
        AddIndexBeside(
            "auditentry", models.Index(fields=("queue_id", "action", "-at", "-id"), name="audit_queue_action_at")
        ),
        AddIndexBeside(
            "auditentry", models.Index(fields=("user_id", "outcome", "-at", "-id"), name="audit_user_outcome_at")
        ),
        AddIndexBeside(
            "auditentry", models.Index(fields=("queue_id", "outcome", "-at", "-id"), name="audit_queue_outcome_at")
        ),
        AddIndexBeside(
            "auditentry",
            models.Index(fields=("user_id", "credential_id", "-at", "-id"), name="audit_user_credential_at"),
        ),
        AddIndexBeside(
            "auditentry", models.Index(fields=("credential_id", "-at", "-id"), name="audit_credential_at")
        ),
        AddIndexBeside(
            "auditentry",
            models.Index(fields=("outcome", "-at", "-id"), name="audit_outcome_at"),
        ),
        AddIndexBeside(
            "auditentry",
            models.Index(fields=("cf_ray", "-at", "-id"), name="audit_cf_ray"),
        ),
        AddIndexBeside(
            "auditentry",
            models.Index(fields=("request_id", "-at", "-id"), name="audit_request"),
        ),
        migrations.RunPython(take_in, migrations.RunPython.noop),
    ]
