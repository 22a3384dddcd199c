"""Name the actions of people about themselves and each other."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0012_let_admins_make_rules")]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('queues.see', 'See queues'), ('messages.peek', 'Peek'), ('messages.pull', 'Pull'), ('messages.ack', 'Acknowledge'), ('messages.retry', 'Retry'), ('messages.extend', 'Extend lease'), ('messages.delete', 'Delete'), ('messages.send', 'Send'), ('messages.open_copy', 'Open a copy'), ('messages.export', 'Download body'), ('messages.export_many', 'Export messages'), ('queue.empty', 'Empty queue'), ('queue.pause', 'Pause delivery'), ('queue.resume', 'Resume delivery'), ('consumer.add', 'Add consumer'), ('consumer.edit', 'Change consumer'), ('consumer.remove', 'Remove consumer'), ('credential.add', 'Add credential'), ('credential.rename', 'Rename credential'), ('credential.replace', 'Replace secret'), ('credential.verify', 'Check credential'), ('credential.default', 'Choose default credential'), ('credential.delete', 'Delete credential'), ('rule.add', 'Add rule'), ('rule.remove', 'Remove rule'), ('account.read_only_on', 'Make account read-only'), ('account.read_only_off', 'End read-only'), ('session.sign_in', 'Sign in'), ('session.sign_out', 'Sign out'), ('session.confirm', 'Confirm who it is'), ('session.end', 'End sessions'), ('person.password', 'Change password'), ('factor.add', 'Add second factor'), ('factor.remove', 'Remove second factor'), ('factor.codes', 'Make recovery codes'), ('person.invite', 'Invite'), ('person.withdraw', 'Withdraw invitation'), ('person.join', 'Join'), ('person.role', 'Change role'), ('person.close', 'Close account'), ('person.reopen', 'Reopen account')], max_length=32),
        ),
    ]
