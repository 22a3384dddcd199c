"""Let no lease be without holder, account and pull, and let each outlive its batch; back, drop those that did."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def drop_those_without_a_batch(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("queues_app", "Lease").objects.using(schema_editor.connection.alias).filter(batch=None).delete()


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0004_fill_the_ledger_of_leases")]

    operations = [
        migrations.AlterField("lease", "holder", models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="leases", to=settings.AUTH_USER_MODEL
            )),
        migrations.AlterField("lease", "account", models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="leases", to="queues_app.account"
            )),
        migrations.AlterField("lease", "entry_id", models.BigIntegerField()),
        migrations.AlterField("lease", "pulled_at", models.DateTimeField()),
        migrations.AlterField("lease", "visibility_timeout_ms", models.BigIntegerField()),
        migrations.AlterField(
            "lease",
            "batch",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="leases", to="queues_app.batch"
            ),
        ),
        migrations.AlterModelOptions("lease", {"ordering": ("id",)}),
        migrations.AddIndex("lease", models.Index(fields=("holder", "state", "expires_at"), name="leases_of_a_holder")),
        migrations.AddIndex("lease", models.Index(fields=("queue_id", "state", "expires_at"), name="leases_of_a_queue")),
        migrations.AddIndex("lease", models.Index(fields=("expires_at",), name="leases_by_end")),
        # The last here is the first on the way back: before each lease has to have a batch again.
        migrations.RunPython(migrations.RunPython.noop, drop_those_without_a_batch),
    ]
