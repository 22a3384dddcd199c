"""Name the new actions of the audit log and the new permissions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0008_keep_filters_and_views")]

    operations = [
        migrations.AlterModelOptions(
            name='deploymentpermission',
            options={'default_permissions': (), 'managed': False, 'permissions': (('see_queues', 'See queues, their settings and counts'), ('peek', 'Peek at messages'), ('pull', 'Pull messages, which uses attempts and leases them'), ('settle', 'Acknowledge and retry pulled messages'), ('delete', 'Delete chosen messages'), ('send', 'Send messages, new ones and copies'), ('export', 'Take bodies out: copy and download'), ('see_copies', 'Open copies that others fetched'), ('see_all_leases', 'See what others hold'), ('settle_for_others', 'Settle messages that others hold'), ('empty', 'Empty whole queues'), ('edit', 'Change queues and their consumers'), ('see_all_audit', "See everybody's audit entries"), ('manage_people', 'Manage people and their roles'))},
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out')], max_length=32),
        ),
    ]
