"""Give the role Admin the right to make rules for queues."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    content_type = apps.get_model("contenttypes", "ContentType").objects.using(database).get(
        app_label="queues_app", model="deploymentpermission"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.using(database).get_or_create(
        content_type=content_type,
        codename="manage_rules",
        defaults={"name": "Manage rules for queues, and read-only accounts"},
    )
    admin, _ = apps.get_model("auth", "Group").objects.using(database).get_or_create(name="Admin")
    admin.permissions.add(permission)


def withdraw(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    apps.get_model("auth", "Permission").objects.using(database).filter(
        content_type__app_label="queues_app", codename="manage_rules"
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0011_make_rules_for_queues")]

    operations = [migrations.RunPython(grant, withdraw)]
