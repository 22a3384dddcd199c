"""Give the roles what the workbench can do, and make the role Lead between Operator and Admin."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Frozen here on purpose: a migration says what it did then, whatever access.py says later.
PERMISSIONS = {
    "delete": "Delete chosen messages",
    "send": "Send messages, new ones and copies",
    "see_copies": "Open copies that others fetched",
    "see_all_leases": "See what others hold",
    "settle_for_others": "Settle messages that others hold",
    "empty": "Empty whole queues",
    "edit": "Change queues and their consumers",
}
OPERATOR = ("see_queues", "peek", "pull", "settle", "export", "delete", "send")
GROWN = {
    "Operator": ("delete", "send"),
    "Lead": (*OPERATOR, "see_copies", "see_all_leases", "settle_for_others", "empty", "edit"),
    "Admin": tuple(PERMISSIONS),
}


def grow_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    content_type = apps.get_model("contenttypes", "ContentType").objects.using(database).get(
        app_label="queues_app", model="deploymentpermission"
    )
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    # Django makes permissions only after all migrations; the groups need them now.
    for codename, name in PERMISSIONS.items():
        permissions.get_or_create(content_type=content_type, codename=codename, defaults={"name": name})
    for role, codenames in GROWN.items():
        group, _ = apps.get_model("auth", "Group").objects.using(database).get_or_create(name=role)
        group.permissions.add(*permissions.filter(content_type=content_type, codename__in=codenames))


def shrink_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    apps.get_model("auth", "Group").objects.using(database).filter(name="Lead").delete()
    apps.get_model("auth", "Permission").objects.using(database).filter(
        content_type__app_label="queues_app", codename__in=PERMISSIONS
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("queues_app", "0009_name_what_the_workbench_does")]

    operations = [migrations.RunPython(grow_roles, shrink_roles)]
