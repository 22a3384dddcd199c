"""Take holder and queue of each lease from its batch."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def fill_from_batches(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    leases = apps.get_model("queues_app", "Lease").objects.using(schema_editor.connection.alias)
    for lease in leases.select_related("batch").defer("batch__sealed_messages").iterator():
        batch = lease.batch
        if batch is None:  # it was closed before, and is filled
            continue
        lease.holder_id, lease.account_id = batch.owner_id, batch.account_id
        lease.queue_id, lease.queue_name = batch.queue_id, batch.queue_name
        lease.entry_id, lease.pulled_at = batch.entry_id, batch.fetched_at
        lease.visibility_timeout_ms = batch.visibility_timeout_ms or 0
        lease.max_retries, lease.dead_letter_queue = batch.max_retries, batch.dead_letter_queue
        # The lease id stands only in the sealed batch, which no migration opens: it lapses by itself.
        lease.sealed_lease_id = b""
        if lease.state == "held":
            lease.state = "unknown"
        lease.save()


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0003_add_the_ledger_of_leases")]

    operations = [migrations.RunPython(fill_from_batches, migrations.RunPython.noop)]
