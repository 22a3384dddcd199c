"""Make the roles of `queues_app.access` as Django groups."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Frozen here on purpose: a migration says what it did then, whatever access.py says later.
PERMISSIONS = {
    "see_queues": "See queues, their settings and counts",
    "peek": "Peek at messages",
    "pull": "Pull messages, which uses attempts and leases them",
    "settle": "Acknowledge and retry pulled messages",
    "export": "Take bodies out: copy and download",
    "see_all_audit": "See everybody's audit entries",
    "manage_people": "Manage people and their roles",
}
ROLES = {
    "Viewer": ("see_queues",),
    "Operator": ("see_queues", "peek", "pull", "settle", "export"),
    "Admin": tuple(PERMISSIONS),
    "Auditor": ("see_all_audit",),
}


def make_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    content_type, _ = (
        apps.get_model("contenttypes", "ContentType")
        .objects.using(database)
        .get_or_create(app_label="queues_app", model="deploymentpermission")
    )
    # Django makes permissions only after all migrations; the groups need them now.
    rows = {
        codename: apps.get_model("auth", "Permission")
        .objects.using(database)
        .get_or_create(content_type=content_type, codename=codename, defaults={"name": name})[0]
        for codename, name in PERMISSIONS.items()
    }
    for role, codenames in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.using(database).get_or_create(name=role)
        group.permissions.set([rows[codename] for codename in codenames])


def remove_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias).filter(
        name__in=ROLES
    ).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("queues_app", "0001_make_people_credentials_batches_and_audit"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, remove_roles)]
