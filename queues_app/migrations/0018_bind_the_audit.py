"""Make the chain that binds the audit, the look-up of messages, and what keeps both from being changed.

Safe beside the version before: it writes entries without a signature, and the triggers do the rest for it.
"""

from typing import Any

from django.db import migrations, models

from queues_app.migrations import _audit_guards as guards


def put_up(apps: Any, schema_editor: Any) -> None:
    guards.put_up(schema_editor)


def take_down(apps: Any, schema_editor: Any) -> None:
    guards.take_down(schema_editor)


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0017_ask_a_second_person")]

    operations = [
        migrations.CreateModel(
            name="AuditedMessage",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "message_id",
                        "at",
                        "entry_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("message_id", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("entry_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("position", models.BigIntegerField()),
                ("link_signature", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="AuditPending",
            fields=[
                ("entry_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("is_complete", models.BooleanField(db_default=False)),
            ],
        ),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry_id", models.BigIntegerField()),
                ("is_open", models.BooleanField()),
                ("bound_at", models.DateTimeField()),
                ("signature", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ("position",),
                "constraints": [models.UniqueConstraint(fields=("entry_id", "is_open"), name="audit_bound_once")],
            },
        ),
        migrations.AddField(
            model_name="auditentry",
            name="signature",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.RunPython(put_up, take_down),
    ]
