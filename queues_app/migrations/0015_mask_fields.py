"""Rules for what is masked, the right to make them, and the right to reveal one field."""

from typing import Any, Final

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_RIGHTS: Final = (
    ("manage_masking", "Manage what is masked in messages", ("Admin",)),
    ("reveal", "Reveal one masked field, with a reason", ("Lead", "Admin")),
)


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias

    def rows(app: str, model: str) -> Any:
        return apps.get_model(app, model).objects.using(database)

    content_type = rows("contenttypes", "ContentType").get(app_label="queues_app", model="deploymentpermission")
    for codename, name, roles in _RIGHTS:
        permission, _ = rows("auth", "Permission").get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
        for role in roles:
            group, _ = rows("auth", "Group").get_or_create(name=role)
            group.permissions.add(permission)


def withdraw(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias).filter(
        content_type__app_label="queues_app", codename__in=[codename for codename, _, _ in _RIGHTS]
    ).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('queues_app', '0014_keep_invitations'),
    ]

    operations = [
        migrations.CreateModel(
            name='MaskingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=8)),
                ('value', models.CharField(blank=True, max_length=200)),
                ('pattern', models.CharField(max_length=200)),
                ('account_id', models.CharField(blank=True, max_length=32)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.CharField(max_length=150)),
            ],
            options={
                'ordering': ('pattern', 'kind', 'value', 'id'),
            },
        ),
        migrations.AlterModelOptions(
            name='deploymentpermission',
            options={'default_permissions': (), 'managed': False, 'permissions': (('see_queues', 'See queues, their settings and counts'), ('peek', 'Peek at messages'), ('pull', 'Pull messages, which uses attempts and leases them'), ('settle', 'Acknowledge and retry pulled messages'), ('delete', 'Delete chosen messages'), ('send', 'Send messages, new ones and copies'), ('export', 'Take bodies out: copy and download'), ('see_copies', 'Open copies that others fetched'), ('see_all_leases', 'See what others hold'), ('settle_for_others', 'Settle messages that others hold'), ('empty', 'Empty whole queues'), ('edit', 'Change queues and their consumers'), ('see_all_audit', "See everybody's audit entries"), ('manage_people', 'Manage people and their roles'), ('manage_rules', 'Manage rules for queues, and read-only accounts'), ('manage_masking', 'Manage what is masked in messages'), ('reveal', 'Reveal one masked field, with a reason'))},
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account')], max_length=32),
        ),
        migrations.RunPython(grant, withdraw),
    ]
