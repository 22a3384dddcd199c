"""Mark each Cloudflare account once for everybody who reaches it, where each credential had a mark of its own.

Where credentials of one account disagreed, the most careful mark counts: production before staging before sandbox.
Safe beside the version before: its column stays, and is filled without it. What is chosen while both run is not seen by the
version before, for which a new credential leads to production.
"""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

CAREFUL = ("production", "staging", "sandbox")


def take_over(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    marks: dict[str, str] = {}
    found = apps.get_model("queues_app", "Account").objects.using(database)
    for account_id, mark in found.values_list("account_id", "credential__environment").distinct():
        marks[account_id] = min(mark, marks.get(account_id, mark), key=_care)
    rows = apps.get_model("queues_app", "AccountEnvironment")
    now = timezone.now()
    rows.objects.using(database).bulk_create(
        (rows(account_id=account_id, environment=mark, chosen_at=now) for account_id, mark in marks.items()),
        batch_size=500,
    )


def give_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """To each credential the most careful mark of its accounts; one without accounts keeps what it had."""
    database = schema_editor.connection.alias
    marks = dict(
        apps.get_model("queues_app", "AccountEnvironment").objects.using(database).values_list("account_id", "environment")
    )
    whose: dict[int, str] = {}
    accounts = apps.get_model("queues_app", "Account").objects.using(database)
    for credential, account_id in accounts.values_list("credential_id", "account_id"):
        mark = marks.get(account_id, CAREFUL[0])
        whose[credential] = min(mark, whose.get(credential, mark), key=_care)
    credentials: Any = apps.get_model("queues_app", "Credential").objects.using(database)
    for mark in CAREFUL:
        ids = [credential for credential, found in whose.items() if found == mark]
        for first in range(0, len(ids), 500):
            credentials.filter(pk__in=ids[first : first + 500]).update(environment=mark)


def _care(mark: str) -> int:
    return CAREFUL.index(mark) if mark in CAREFUL else 0


class Migration(migrations.Migration):

    dependencies = [
        ('queues_app', '0027_index_samples_once'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountEnvironment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_id', models.CharField(max_length=32, unique=True)),
                ('environment', models.CharField(choices=[('production', 'Production'), ('staging', 'Staging'), ('sandbox', 'Sandbox')], max_length=16)),
                ('chosen_by', models.CharField(blank=True, max_length=150)),
                ('chosen_at', models.DateTimeField()),
            ],
            options={
                'ordering': ('account_id',),
            },
        ),
        migrations.RunPython(take_over, give_back),
        # The version before still reads and writes the column; a later one takes it away.
        migrations.AlterField(
            model_name='credential',
            name='environment',
            field=models.CharField(choices=[('production', 'Production'), ('staging', 'Staging'), ('sandbox', 'Sandbox')], db_default='production', default='production', max_length=16),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name='credential', name='environment')],
        ),
        migrations.AlterField(
            model_name='approvalrequest',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('queue.edit', 'Change queue'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('credential.share', 'Share credential'), ('credential.share_end', 'End sharing'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('account.environment', 'Mark account'), ('two_person.add', 'Ask for a second person'), ('two_person.remove', 'Ask for no second person'), ('approval.ask', 'Ask for approval'), ('approval.approve', 'Approve'), ('approval.decline', 'Decline'), ('approval.withdraw', 'Withdraw request'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account'), ('team.add', 'Make team'), ('team.rename', 'Rename team'), ('team.remove', 'Remove team'), ('team.member_add', 'Add to team'), ('team.member_role', 'Change role in team'), ('team.member_remove', 'Take out of team'), ('audit.export', 'Export audit'), ('audit.explain', 'Explain'), ('audit.verify', 'Verify audit'), ('audit.digest', 'Mail digest'), ('audit.archive', 'Archive audit'), ('audit.prune', 'Prune audit'), ('audit.hold_add', 'Hold entries'), ('audit.hold_lift', 'Lift hold'), ('audit.forward_test', 'Test forwarding'), ('watch.add', 'Watch queue'), ('watch.edit', 'Change watch'), ('watch.remove', 'Remove watch'), ('watch.fire', 'Watch fires'), ('watch.resolve', 'Watch resolves'), ('watch.test', 'Test watch')], max_length=32),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('queue.edit', 'Change queue'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('credential.share', 'Share credential'), ('credential.share_end', 'End sharing'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('account.environment', 'Mark account'), ('two_person.add', 'Ask for a second person'), ('two_person.remove', 'Ask for no second person'), ('approval.ask', 'Ask for approval'), ('approval.approve', 'Approve'), ('approval.decline', 'Decline'), ('approval.withdraw', 'Withdraw request'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account'), ('team.add', 'Make team'), ('team.rename', 'Rename team'), ('team.remove', 'Remove team'), ('team.member_add', 'Add to team'), ('team.member_role', 'Change role in team'), ('team.member_remove', 'Take out of team'), ('audit.export', 'Export audit'), ('audit.explain', 'Explain'), ('audit.verify', 'Verify audit'), ('audit.digest', 'Mail digest'), ('audit.archive', 'Archive audit'), ('audit.prune', 'Prune audit'), ('audit.hold_add', 'Hold entries'), ('audit.hold_lift', 'Lift hold'), ('audit.forward_test', 'Test forwarding'), ('watch.add', 'Watch queue'), ('watch.edit', 'Change watch'), ('watch.remove', 'Remove watch'), ('watch.fire', 'Watch fires'), ('watch.resolve', 'Watch resolves'), ('watch.test', 'Test watch')], max_length=32),
        ),
    ]
