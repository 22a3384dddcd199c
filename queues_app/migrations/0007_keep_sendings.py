"""Keep messages on their way into a queue, with an outcome for each."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0006_keep_deletions")]

    operations = [
        migrations.CreateModel(
            name='Sending',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('queue_id', models.CharField(max_length=32)),
                ('queue_name', models.CharField(max_length=200)),
                ('source', models.CharField(choices=[('form', 'typed'), ('file', 'file'), ('again', 'kept copy')], max_length=8)),
                ('file_name', models.CharField(blank=True, max_length=200)),
                ('batch_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('state', models.CharField(choices=[('ready', 'ready'), ('running', 'running'), ('stopped', 'stopped'), ('done', 'done')], default='ready', max_length=8)),
                ('message_count', models.PositiveIntegerField()),
                ('sealed_messages', models.BinaryField()),
                ('outcomes', models.JSONField(default=list)),
                ('step', models.PositiveIntegerField(default=0)),
                ('remark', models.CharField(blank=True, max_length=500)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sendings', to='queues_app.account')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sendings', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at', '-id'),
            },
        ),
    ]
