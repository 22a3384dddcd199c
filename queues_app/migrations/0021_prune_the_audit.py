"""Note archives of the audit, legal holds and the mark of what was pruned; let what is at or below the mark go.

Safe beside the version before: it adds entries and links, and neither reads nor writes what is new.
"""

from typing import Any

from django.db import migrations, models

from queues_app.migrations import _audit_door as door


def put_up(apps: Any, schema_editor: Any) -> None:
    door.put_up(schema_editor)


def take_down(apps: Any, schema_editor: Any) -> None:
    door.take_down(schema_editor)


def grant(apps: Any, schema_editor: Any) -> None:
    database = schema_editor.connection.alias
    content_type = apps.get_model("contenttypes", "ContentType").objects.using(database).get(
        app_label="queues_app", model="deploymentpermission"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.using(database).get_or_create(
        content_type=content_type, codename="hold_audit", defaults={"name": "Hold audit entries, and lift holds"}
    )
    for role in ("Admin", "Auditor"):
        group, _ = apps.get_model("auth", "Group").objects.using(database).get_or_create(name=role)
        group.permissions.add(permission)


def withdraw(apps: Any, schema_editor: Any) -> None:
    database = schema_editor.connection.alias
    apps.get_model("auth", "Permission").objects.using(database).filter(
        content_type__app_label="queues_app", codename="hold_audit"
    ).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('queues_app', '0020_export_and_explain_the_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditArchive',
            fields=[
                ('first', models.BigIntegerField(primary_key=True, serialize=False)),
                ('last', models.BigIntegerField()),
                ('link_signature', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=100)),
                ('sha256', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
                ('signature', models.CharField(max_length=64)),
            ],
            options={
                'ordering': ('first',),
            },
        ),
        migrations.CreateModel(
            name='AuditHold',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=200)),
                ('queue', models.CharField(blank=True, max_length=200)),
                ('person', models.CharField(blank=True, max_length=150)),
                ('since', models.DateTimeField(null=True)),
                ('until', models.DateTimeField(null=True)),
                ('made_by', models.CharField(max_length=150)),
                ('made_at', models.DateTimeField()),
                ('lifted_by', models.CharField(blank=True, max_length=150)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('signature', models.CharField(max_length=64)),
            ],
            options={
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='AuditPruned',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField()),
                ('link_signature', models.CharField(max_length=64)),
                ('began_at', models.DateTimeField()),
                ('holds', models.BigIntegerField()),
                ('before', models.DateTimeField()),
                ('pruned_at', models.DateTimeField()),
                ('signature', models.CharField(max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='audit_pruned_once')],
            },
        ),
        migrations.AlterModelOptions(
            name='deploymentpermission',
            options={'default_permissions': (), 'managed': False, 'permissions': (('see_queues', 'See queues, their settings and counts'), ('peek', 'Peek at messages'), ('pull', 'Pull messages, which uses attempts and leases them'), ('settle', 'Acknowledge and retry pulled messages'), ('delete', 'Delete chosen messages'), ('send', 'Send messages, new ones and copies'), ('export', 'Take bodies out: copy and download'), ('see_copies', 'Open copies that others fetched'), ('see_all_leases', 'See what others hold'), ('settle_for_others', 'Settle messages that others hold'), ('empty', 'Empty whole queues'), ('edit', 'Change queues and their consumers'), ('see_all_audit', "See everybody's audit entries"), ('manage_people', 'Manage people and their roles'), ('manage_rules', 'Manage rules for queues, and read-only accounts'), ('approve', 'Approve what others ask for'), ('manage_masking', 'Manage what is masked in messages'), ('reveal', 'Reveal one masked field, with a reason'), ('manage_teams', 'Manage teams and who belongs to them'), ('export_audit', 'Export the audit log'), ('explain_audit', 'Explain unknown outcomes in the audit log'), ('hold_audit', 'Hold audit entries, and lift holds'))},
        ),
        migrations.AlterField(
            model_name='approvalrequest',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('credential.share', 'Share credential'), ('credential.share_end', 'End sharing'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('two_person.add', 'Ask for a second person'), ('two_person.remove', 'Ask for no second person'), ('approval.ask', 'Ask for approval'), ('approval.approve', 'Approve'), ('approval.decline', 'Decline'), ('approval.withdraw', 'Withdraw request'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account'), ('team.add', 'Make team'), ('team.rename', 'Rename team'), ('team.remove', 'Remove team'), ('team.member_add', 'Add to team'), ('team.member_role', 'Change role in team'), ('team.member_remove', 'Take out of team'), ('audit.export', 'Export audit'), ('audit.explain', 'Explain'), ('audit.verify', 'Verify audit'), ('audit.digest', 'Mail digest'), ('audit.archive', 'Archive audit'), ('audit.prune', 'Prune audit'), ('audit.hold_add', 'Hold entries'), ('audit.hold_lift', 'Lift hold')], max_length=32),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('credential.share', 'Share credential'), ('credential.share_end', 'End sharing'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('two_person.add', 'Ask for a second person'), ('two_person.remove', 'Ask for no second person'), ('approval.ask', 'Ask for approval'), ('approval.approve', 'Approve'), ('approval.decline', 'Decline'), ('approval.withdraw', 'Withdraw request'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account'), ('team.add', 'Make team'), ('team.rename', 'Rename team'), ('team.remove', 'Remove team'), ('team.member_add', 'Add to team'), ('team.member_role', 'Change role in team'), ('team.member_remove', 'Take out of team'), ('audit.export', 'Export audit'), ('audit.explain', 'Explain'), ('audit.verify', 'Verify audit'), ('audit.digest', 'Mail digest'), ('audit.archive', 'Archive audit'), ('audit.prune', 'Prune audit'), ('audit.hold_add', 'Hold entries'), ('audit.hold_lift', 'Lift hold')], max_length=32),
        ),
        migrations.RunPython(put_up, take_down),
        migrations.RunPython(grant, withdraw),
    ]
