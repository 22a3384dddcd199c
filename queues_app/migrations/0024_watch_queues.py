"""Watch queues: whose turn an account is, watches, notices, and who may watch.

Safe beside the version before: it adds tables and an index that that version does not miss.
"""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = ("Operator", "Lead", "Admin")


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    content_type = apps.get_model("contenttypes", "ContentType").objects.using(database).get(
        app_label="queues_app", model="deploymentpermission"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.using(database).get_or_create(
        content_type=content_type, codename="watch", defaults={"name": "Watch queues, and be told"}
    )
    for role in ROLES:
        group, _ = apps.get_model("auth", "Group").objects.using(database).get_or_create(name=role)
        group.permissions.add(permission)


def withdraw(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    apps.get_model("auth", "Permission").objects.using(database).filter(
        content_type__app_label="queues_app", codename="watch"
    ).delete()



class Migration(migrations.Migration):

    dependencies = [
        ('queues_app', '0023_remember_counts_and_visits'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountTurn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('next_at', models.DateTimeField(null=True)),
                ('claim', models.UUIDField(null=True)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('kept', models.BigIntegerField(default=0)),
                ('problem', models.CharField(blank=True, max_length=500)),
                ('thinned_to_10_min', models.DateTimeField(null=True)),
                ('thinned_to_1_h', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_name', models.CharField(max_length=200)),
                ('queue_id', models.CharField(max_length=32)),
                ('queue_name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('backlog', 'Messages waiting'), ('oldest_age', 'Age of the oldest message'), ('growth', 'Growth'), ('message', 'A message that matches a filter')], max_length=16)),
                ('threshold', models.BigIntegerField()),
                ('query', models.CharField(blank=True, max_length=500)),
                ('minutes', models.PositiveIntegerField(default=0)),
                ('quiet_from', models.TimeField(null=True)),
                ('quiet_until', models.TimeField(null=True)),
                ('mail_to', models.EmailField(blank=True, max_length=254)),
                ('sealed_url', models.BinaryField(default=b'')),
                ('webhook_place', models.CharField(blank=True, max_length=300)),
                ('sealed_secret', models.BinaryField(default=b'')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('ok', 'ok'), ('firing', 'firing'), ('unknown', 'unknown')], default='unknown', max_length=8)),
                ('since', models.DateTimeField(null=True)),
                ('is_firing', models.BooleanField(default=False)),
                ('known_at', models.DateTimeField(null=True)),
                ('beyond_since', models.DateTimeField(null=True)),
                ('value', models.BigIntegerField(null=True)),
                ('message_ids', models.JSONField(default=list)),
                ('checked_at', models.DateTimeField(null=True)),
                ('peeked_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=500)),
                ('is_told_firing', models.BooleanField(default=False)),
                ('told_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'watches',
                'ordering': ('queue_name', 'id'),
            },
        ),
        migrations.CreateModel(
            name='WatchNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('watch.fired', 'fired'), ('watch.resolved', 'resolved')], max_length=16)),
                ('way', models.CharField(choices=[('mail', 'e-mail'), ('webhook', 'webhook')], max_length=8)),
                ('number', models.UUIDField(default=uuid.uuid4)),
                ('told', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('waiting', 'waiting'), ('told', 'told'), ('given_up', 'given up')], default='waiting', max_length=8)),
                ('ended_at', models.DateTimeField(null=True)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('next_at', models.DateTimeField()),
                ('sentence', models.CharField(blank=True, max_length=500)),
                ('claim', models.UUIDField(null=True)),
                ('claimed_until', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('-made_at', '-id'),
            },
        ),
        migrations.AlterModelOptions(
            name='deploymentpermission',
            options={'default_permissions': (), 'managed': False, 'permissions': (('see_queues', 'See queues, their settings and counts'), ('peek', 'Peek at messages'), ('pull', 'Pull messages, which uses attempts and leases them'), ('settle', 'Acknowledge and retry pulled messages'), ('delete', 'Delete chosen messages'), ('send', 'Send messages, new ones and copies'), ('export', 'Take bodies out: copy and download'), ('see_copies', 'Open copies that others fetched'), ('see_all_leases', 'See what others hold'), ('settle_for_others', 'Settle messages that others hold'), ('empty', 'Empty whole queues'), ('edit', 'Change queues and their consumers'), ('see_all_audit', "See everybody's audit entries"), ('manage_people', 'Manage people and their roles'), ('manage_rules', 'Manage rules for queues, and read-only accounts'), ('approve', 'Approve what others ask for'), ('manage_masking', 'Manage what is masked in messages'), ('reveal', 'Reveal one masked field, with a reason'), ('manage_teams', 'Manage teams and who belongs to them'), ('export_audit', 'Export the audit log'), ('explain_audit', 'Explain unknown outcomes in the audit log'), ('hold_audit', 'Hold audit entries, and lift holds'), ('watch', 'Watch queues, and be told'))},
        ),
        migrations.AlterField(
            model_name='approvalrequest',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('credential.share', 'Share credential'), ('credential.share_end', 'End sharing'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('two_person.add', 'Ask for a second person'), ('two_person.remove', 'Ask for no second person'), ('approval.ask', 'Ask for approval'), ('approval.approve', 'Approve'), ('approval.decline', 'Decline'), ('approval.withdraw', 'Withdraw request'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account'), ('team.add', 'Make team'), ('team.rename', 'Rename team'), ('team.remove', 'Remove team'), ('team.member_add', 'Add to team'), ('team.member_role', 'Change role in team'), ('team.member_remove', 'Take out of team'), ('audit.export', 'Export audit'), ('audit.explain', 'Explain'), ('audit.verify', 'Verify audit'), ('audit.digest', 'Mail digest'), ('audit.archive', 'Archive audit'), ('audit.prune', 'Prune audit'), ('audit.hold_add', 'Hold entries'), ('audit.hold_lift', 'Lift hold'), ('audit.forward_test', 'Test forwarding'), ('watch.add', 'Watch queue'), ('watch.edit', 'Change watch'), ('watch.remove', 'Remove watch'), ('watch.fire', 'Watch fires'), ('watch.resolve', 'Watch resolves'), ('watch.test', 'Test watch')], max_length=32),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('credential.share', 'Share credential'), ('credential.share_end', 'End sharing'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('two_person.add', 'Ask for a second person'), ('two_person.remove', 'Ask for no second person'), ('approval.ask', 'Ask for approval'), ('approval.approve', 'Approve'), ('approval.decline', 'Decline'), ('approval.withdraw', 'Withdraw request'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account'), ('team.add', 'Make team'), ('team.rename', 'Rename team'), ('team.remove', 'Remove team'), ('team.member_add', 'Add to team'), ('team.member_role', 'Change role in team'), ('team.member_remove', 'Take out of team'), ('audit.export', 'Export audit'), ('audit.explain', 'Explain'), ('audit.verify', 'Verify audit'), ('audit.digest', 'Mail digest'), ('audit.archive', 'Archive audit'), ('audit.prune', 'Prune audit'), ('audit.hold_add', 'Hold entries'), ('audit.hold_lift', 'Lift hold'), ('audit.forward_test', 'Test forwarding'), ('watch.add', 'Watch queue'), ('watch.edit', 'Change watch'), ('watch.remove', 'Remove watch'), ('watch.fire', 'Watch fires'), ('watch.resolve', 'Watch resolves'), ('watch.test', 'Test watch')], max_length=32),
        ),
        migrations.AddIndex(
            model_name='queuesample',
            index=models.Index(fields=['account', 'at'], name='samples_of_account_at'),
        ),
        migrations.AddField(
            model_name='accountturn',
            name='account',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='turn', to='queues_app.account'),
        ),
        migrations.AddField(
            model_name='watch',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='watches', to='queues_app.account'),
        ),
        migrations.AddField(
            model_name='watch',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watches', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='watchnotice',
            name='watch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='queues_app.watch'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__isnull', False), ('quiet_until__isnull', False)), _connector='OR'), name='quiet_hours_begin_and_end'),
        ),
        migrations.AddIndex(
            model_name='watchnotice',
            index=models.Index(fields=['outcome', 'next_at'], name='notices_due'),
        ),
        migrations.RunPython(grant, withdraw),
    ]
