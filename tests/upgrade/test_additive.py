"""Every migration since the release before is one that old hosts bear; and what none of them would bear is seen."""

from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Q

from tests.upgrade.additive import flaws
from tests.upgrade.loading import Release

APP = "queues_app"


@pytest.fixture(scope="module")
def known(previous: Release) -> ProjectState:
    """What a host of the release before knows of the database."""
    return MigrationLoader(None).project_state((APP, previous.migration))


def test_old_hosts_bear_each_migration_since_the_release_before(previous: Release, known: ProjectState) -> None:
    loader = MigrationLoader(None)
    (newest,) = loader.graph.leaf_nodes(APP)
    since = [
        node
        for node in loader.graph.forwards_plan(newest)
        if node[0] == APP and node not in loader.graph.forwards_plan((APP, previous.migration))
    ]
    found = [
        flaw
        for node in since
        for flaw in flaws(loader.graph.nodes[node], loader.project_state(node, at_end=False), known)
    ]
    assert since
    assert found == []


def _nothing(apps: Any, schema_editor: Any) -> None:
    """Of a migration that does not run."""


MAY_NOT: dict[str, Operation] = {
    "remove": migrations.RemoveField("lease", "warning"),
    "rename": migrations.RenameField("lease", "warning", "said"),
    "rename model": migrations.RenameModel("Lease", "Hold"),
    "delete": migrations.DeleteModel("Lease"),
    "another table": migrations.AlterModelTable("lease", "holds"),
    "new without a default": migrations.AddField("lease", "extra", models.IntegerField(default=1)),
    "no NULL any more": migrations.AlterField("lease", "settled_at", models.DateTimeField(db_default="2026-01-01")),
    "another kind": migrations.AlterField("lease", "warning", models.IntegerField(default=0)),
    "shorter": migrations.AlterField("lease", "warning", models.CharField(max_length=20, blank=True)),
    "once only": migrations.AlterField("lease", "message_id", models.CharField(max_length=64, unique=True)),
    "unique together": migrations.AddConstraint(
        "lease", models.UniqueConstraint(fields=("queue_id", "message_id"), name="one")
    ),
    "a check of what there is": migrations.AddConstraint(
        "lease", models.CheckConstraint(condition=Q(position__lt=5), name="few")
    ),
    "SQL with no way back": migrations.RunSQL("SELECT 1"),
    "Python with no way back": migrations.RunPython(_nothing),
    "hidden from the state": migrations.SeparateDatabaseAndState([migrations.RemoveField("lease", "warning")]),
}
MAY: dict[str, Operation] = {
    "another choice": migrations.AlterField(
        "auditentry", "action", models.CharField(choices=[("new.one", "New one")], max_length=32)
    ),
    "longer": migrations.AlterField("lease", "warning", models.CharField(max_length=500, blank=True)),
    "NULL as well": migrations.AlterField("lease", "position", models.PositiveSmallIntegerField(null=True)),
    "new and empty": migrations.AddField("lease", "extra", models.IntegerField(null=True)),
    "new with a default of the database": migrations.AddField("lease", "extra", models.IntegerField(db_default=1)),
    "new table": migrations.CreateModel("Extra", [("id", models.BigAutoField(primary_key=True))]),
    "column of what is new itself": migrations.AddField("queuerule", "extra", models.IntegerField(default=1)),
    "away with what is new itself": migrations.DeleteModel("ReadOnlyAccount"),
    "index": migrations.AddIndex("lease", models.Index(fields=("message_id",), name="by_message")),
    "words only": migrations.AlterModelOptions("lease", {"verbose_name": "hold"}),
    "SQL and back": migrations.RunSQL("SELECT 1", migrations.RunSQL.noop),
    "state only": migrations.SeparateDatabaseAndState([], [migrations.RemoveField("lease", "warning")]),
}


def _migration(*operations: Operation) -> migrations.Migration:
    class Try(migrations.Migration):
        pass

    Try.operations = list(operations)
    return Try("9999_try", APP)


def judged(operation: Operation, known: ProjectState) -> list[str]:
    migration = _migration(operation)
    (newest,) = MigrationLoader(None).graph.leaf_nodes(APP)
    return list(flaws(migration, MigrationLoader(None).project_state(newest), known))


@pytest.mark.parametrize("name", MAY_NOT)
def test_what_an_old_host_does_not_bear_is_named(known: ProjectState, name: str) -> None:
    (flaw,) = judged(MAY_NOT[name], known)
    assert flaw.startswith("9999_try: ")


@pytest.mark.parametrize("name", MAY)
def test_what_an_old_host_does_not_notice_is_no_flaw(known: ProjectState, name: str) -> None:
    assert judged(MAY[name], known) == []


def test_a_check_of_a_new_column_is_no_flaw(known: ProjectState) -> None:
    migration = _migration(
        migrations.AddField("lease", "extra", models.IntegerField(null=True)),
        migrations.AddConstraint(
            "lease", models.CheckConstraint(condition=Q(extra=None) | Q(position__lt=5), name="few")
        ),
    )
    (newest,) = MigrationLoader(None).graph.leaf_nodes(APP)
    assert list(flaws(migration, MigrationLoader(None).project_state(newest), known)) == []
