"""Let roles export and explain the audit, make the look-up from an entry to what explains it, and mail the digest.

Safe beside the version before: it adds a table and a column that that version does not miss.
"""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PERMISSIONS = {
    "export_audit": ("Export the audit log", ("Auditor", "Admin")),
    "explain_audit": ("Explain unknown outcomes in the audit log", ("Operator", "Lead", "Auditor", "Admin")),
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    content_type = apps.get_model("contenttypes", "ContentType").objects.using(database).get(
        app_label="queues_app", model="deploymentpermission"
    )
    for codename, (name, roles) in PERMISSIONS.items():
        permission, _ = apps.get_model("auth", "Permission").objects.using(database).get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
        for role in roles:
            group, _ = apps.get_model("auth", "Group").objects.using(database).get_or_create(name=role)
            group.permissions.add(permission)


def withdraw(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    apps.get_model("auth", "Permission").objects.using(database).filter(
        content_type__app_label="queues_app", codename__in=PERMISSIONS
    ).delete()


class Migration(migrations.Migration):
    dependencies = [
        ('queues_app', '0019_find_in_a_large_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditExplanation',
            fields=[
                ('pk', models.CompositePrimaryKey('entry_id', 'explained_in', blank=True, editable=False, primary_key=True, serialize=False)),
                ('entry_id', models.BigIntegerField()),
                ('explained_in', models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name='deploymentpermission',
            options={'default_permissions': (), 'managed': False, 'permissions': (('see_queues', 'See queues, their settings and counts'), ('peek', 'Peek at messages'), ('pull', 'Pull messages, which uses attempts and leases them'), ('settle', 'Acknowledge and retry pulled messages'), ('delete', 'Delete chosen messages'), ('send', 'Send messages, new ones and copies'), ('export', 'Take bodies out: copy and download'), ('see_copies', 'Open copies that others fetched'), ('see_all_leases', 'See what others hold'), ('settle_for_others', 'Settle messages that others hold'), ('empty', 'Empty whole queues'), ('edit', 'Change queues and their consumers'), ('see_all_audit', "See everybody's audit entries"), ('manage_people', 'Manage people and their roles'), ('manage_rules', 'Manage rules for queues, and read-only accounts'), ('approve', 'Approve what others ask for'), ('manage_masking', 'Manage what is masked in messages'), ('reveal', 'Reveal one masked field, with a reason'), ('manage_teams', 'Manage teams and who belongs to them'), ('export_audit', 'Export the audit log'), ('explain_audit', 'Explain unknown outcomes in the audit log'))},
        ),
        migrations.AlterField(
            model_name='approvalrequest',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('credential.share', 'Share credential'), ('credential.share_end', 'End sharing'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('two_person.add', 'Ask for a second person'), ('two_person.remove', 'Ask for no second person'), ('approval.ask', 'Ask for approval'), ('approval.approve', 'Approve'), ('approval.decline', 'Decline'), ('approval.withdraw', 'Withdraw request'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account'), ('team.add', 'Make team'), ('team.rename', 'Rename team'), ('team.remove', 'Remove team'), ('team.member_add', 'Add to team'), ('team.member_role', 'Change role in team'), ('team.member_remove', 'Take out of team'), ('audit.export', 'Export audit'), ('audit.explain', 'Explain'), ('audit.verify', 'Verify audit'), ('audit.digest', 'Mail digest')], max_length=32),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('credential.share', 'Share credential'), ('credential.share_end', 'End sharing'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('two_person.add', 'Ask for a second person'), ('two_person.remove', 'Ask for no second person'), ('approval.ask', 'Ask for approval'), ('approval.approve', 'Approve'), ('approval.decline', 'Decline'), ('approval.withdraw', 'Withdraw request'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account'), ('team.add', 'Make team'), ('team.rename', 'Rename team'), ('team.remove', 'Remove team'), ('team.member_add', 'Add to team'), ('team.member_role', 'Change role in team'), ('team.member_remove', 'Take out of team'), ('audit.export', 'Export audit'), ('audit.explain', 'Explain'), ('audit.verify', 'Verify audit'), ('audit.digest', 'Mail digest')], max_length=32),
        ),
        migrations.AddField(
            model_name='user',
            name='digest_to',
            field=models.EmailField(blank=True, db_default='', default='', max_length=254),
        ),
        migrations.RunPython(grant, withdraw),
    ]
