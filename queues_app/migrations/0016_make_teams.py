"""Make teams and what is shared with them, and let the record say whose credential was used."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    content_type = apps.get_model("contenttypes", "ContentType").objects.using(database).get(
        app_label="queues_app", model="deploymentpermission"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.using(database).get_or_create(
        content_type=content_type,
        codename="manage_teams",
        defaults={"name": "Manage teams and who belongs to them"},
    )
    admin, _ = apps.get_model("auth", "Group").objects.using(database).get_or_create(name="Admin")
    admin.permissions.add(permission)


def withdraw(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    apps.get_model("auth", "Permission").objects.using(database).filter(
        content_type__app_label="queues_app", codename="manage_teams"
    ).delete()


class Migration(migrations.Migration):
    dependencies = [('queues_app', '0015_mask_fields')]

    operations = [
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.CharField(max_length=150)),
            ],
            options={
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=150)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='queues_app.team')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('user__username',),
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=150)),
                ('permissions', models.JSONField(default=list)),
                ('credential', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='queues_app.credential')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='queues_app.team')),
            ],
            options={
                'ordering': ('team__name', 'credential_id', 'id'),
            },
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('team', 'user'), name='one_membership_per_team'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.UniqueConstraint(fields=('credential', 'team', 'role'), name='one_share_per_role'),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='credential_owner',
            field=models.CharField(blank=True, db_default='', max_length=150),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='credential_owner_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='credential_team',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('credential_owner_id__isnull', False)), fields=['credential_owner_id', '-at', '-id'], name='audit_owner_at'),
        ),
        migrations.AlterModelOptions(
            name='deploymentpermission',
            options={'default_permissions': (), 'managed': False, 'permissions': (('see_queues', 'See queues, their settings and counts'), ('peek', 'Peek at messages'), ('pull', 'Pull messages, which uses attempts and leases them'), ('settle', 'Acknowledge and retry pulled messages'), ('delete', 'Delete chosen messages'), ('send', 'Send messages, new ones and copies'), ('export', 'Take bodies out: copy and download'), ('see_copies', 'Open copies that others fetched'), ('see_all_leases', 'See what others hold'), ('settle_for_others', 'Settle messages that others hold'), ('empty', 'Empty whole queues'), ('edit', 'Change queues and their consumers'), ('see_all_audit', "See everybody's audit entries"), ('manage_people', 'Manage people and their roles'), ('manage_rules', 'Manage rules for queues, and read-only accounts'), ('manage_masking', 'Manage what is masked in messages'), ('reveal', 'Reveal one masked field, with a reason'), ('manage_teams', 'Manage teams and who belongs to them'))},
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.reveal', 'Reveal a field'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('credential.share', 'Share credential'), ('credential.share_end', 'End sharing'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('masking.add', 'Add mask'), ('masking.remove', 'Remove mask'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account'), ('team.add', 'Make team'), ('team.rename', 'Rename team'), ('team.remove', 'Remove team'), ('team.member_add', 'Add to team'), ('team.member_role', 'Change role in team'), ('team.member_remove', 'Take out of team')], max_length=32),
        ),
        migrations.RunPython(grant, withdraw),
    ]
