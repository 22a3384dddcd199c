"""Keep what was deleted through a kept copy, and what was seen on looking again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0005_close_the_ledger_of_leases")]

    operations = [
        migrations.CreateModel(
            name='Deletion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('message_id', models.CharField(max_length=64)),
                ('entry_id', models.BigIntegerField(db_index=True)),
                ('deleted_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('unknown', 'unknown'), ('deleted', 'deleted'), ('skipped', 'skipped')], default='unknown', max_length=8)),
                ('warning', models.CharField(blank=True, max_length=300)),
                ('seen', models.CharField(blank=True, choices=[('', 'not looked again'), ('gone', 'gone'), ('still_there', 'still there'), ('cannot_tell', 'cannot tell')], default='', max_length=12)),
                ('seen_at', models.DateTimeField(null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deletions', to='queues_app.batch')),
            ],
            options={
                'ordering': ('batch', 'position', 'id'),
                'constraints': [models.UniqueConstraint(fields=('batch', 'position', 'entry_id'), name='one_line_per_deletion')],
            },
        ),
    ]
