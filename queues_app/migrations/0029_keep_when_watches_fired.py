"""Keep of each watch when it fired the last time and when that was resolved, to say how long it fired.

Safe beside the version before: both may be null, and what that version resolves says no span of time.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('queues_app', '0028_mark_accounts_for_everybody'),
    ]

    operations = [
        migrations.AddField(
            model_name='watch',
            name='fired_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='watch',
            name='resolved_at',
            field=models.DateTimeField(null=True),
        ),
    ]
