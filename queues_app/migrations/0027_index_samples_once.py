"""Drop the index of a sample's account: both others begin with it, and each sample that is kept paid for three.

By itself, and not as Django would on SQLite, which makes the whole table anew: it is the one that grows all day.
"""

import django.db.models.deletion
from django.db import migrations, models

NAME = "queues_app_queuesample_account_id_a1fdd7ac"


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0026_tell_of_watches_that_ended")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX IF EXISTS {NAME}",
                    f"CREATE INDEX IF NOT EXISTS {NAME} ON queues_app_queuesample (account_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    "queuesample",
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="samples",
                        to="queues_app.account",
                    ),
                )
            ],
        )
    ]
