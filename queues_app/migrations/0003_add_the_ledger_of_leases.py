"""Give leases columns of their own for holder, queue and sealed lease id."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0002_make_roles")]

    operations = [
        migrations.AddField("lease", "holder", models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="leases",
                to=settings.AUTH_USER_MODEL,
            )),
        migrations.AddField("lease", "account", models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="leases", to="queues_app.account"
            )),
        migrations.AddField("lease", "queue_id", models.CharField(max_length=32, default=""), preserve_default=False),
        migrations.AddField("lease", "queue_name", models.CharField(max_length=200, default=""), preserve_default=False),
        migrations.AddField("lease", "entry_id", models.BigIntegerField(null=True)),
        migrations.AddField("lease", "sealed_lease_id", models.BinaryField(default=b""), preserve_default=False),
        migrations.AddField("lease", "pulled_at", models.DateTimeField(null=True)),
        migrations.AddField("lease", "visibility_timeout_ms", models.BigIntegerField(null=True)),
        migrations.AddField("lease", "attempts", models.BigIntegerField(null=True)),
        migrations.AddField("lease", "max_retries", models.PositiveIntegerField(null=True)),
        migrations.AddField("lease", "dead_letter_queue", models.CharField(blank=True, max_length=200, default=""), preserve_default=False),
        migrations.AddField("lease", "extensions", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("lease", "settled_by", models.CharField(blank=True, max_length=150, default=""), preserve_default=False),
    ]
