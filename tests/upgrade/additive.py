"""What a migration may do while hosts of the release before work on the same database: add, and take nothing."""

from collections.abc import Iterator
from typing import Any, Final

from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field

# The old version does not notice these, and loses nothing that it reads or writes by them.
_HARMLESS: Final = (
    operations.CreateModel,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.RemoveConstraint,
    # Nobody can tell from the outside; the statements of the old version are sent to what comes of it.
    operations.RunSQL,
    operations.RunPython,
)


def flaws(migration: Migration, before: ProjectState, old: ProjectState) -> Iterator[str]:
    """Each step that an old host does not bear, in a sentence. `old` is what that host knows, `before` what there is.

    What an old host does not know, a later migration may change as it likes.
    """
    state = before.clone()
    for operation in migration.operations:
        for step in _steps(operation):
            if flaw := _flaw(step, migration.app_label, state, old):
                yield f"{migration.name}: {step.describe()}: {flaw}"
        operation.state_forwards(migration.app_label, state)


def _steps(operation: Operation) -> list[Operation]:
    """What is done to the database."""
    if isinstance(operation, operations.SeparateDatabaseAndState):
        return [step for part in operation.database_operations for step in _steps(part)]
    return [operation]


def _flaw(step: Any, app: str, state: ProjectState, old: ProjectState) -> str:
    if not step.reversible:
        return "it cannot be undone"
    if isinstance(step, _HARMLESS):
        return ""
    name = getattr(step, "model_name", None) or getattr(step, "old_name", None) or step.name
    known = old.models.get((app, name.lower()))
    if known is None or not known.options.get("managed", True):
        return ""
    return _of_known(step, state.apps.get_model(app, name), set(known.fields))


def _of_known(step: Any, model: type[models.Model], known: set[str]) -> str:
    """A step in a table that the old version works with; of its columns it knows these."""
    if isinstance(step, operations.AddField):
        return _of_new(step.field)
    if isinstance(step, operations.AddConstraint):
        return _of_constraint(step.constraint, known)
    if isinstance(step, FieldOperation) and (getattr(step, "old_name", None) or step.name) not in known:
        return ""
    if isinstance(step, operations.AlterField):
        return _of_changed(model._meta.get_field(step.name), step.field, model)
    return "the old version still asks for what this takes away or changes"


def _of_new(field: "Field[Any, Any]") -> str:
    if field.many_to_many or field.null or field.db_default is not NOT_PROVIDED:
        return ""
    return "the old version writes rows without it, so it needs null or a db_default"


def _of_changed(was: Any, field: Any, model: type[models.Model]) -> str:
    if was.null and not field.null:
        return "the old version still writes NULL there"
    if field.unique and not was.unique:
        return "the old version may write a value twice"
    new = field.clone()
    new.set_attributes_from_name(was.name)
    new.model = model
    kinds = was.db_type(connection), new.db_type(connection)
    if kinds[0] == kinds[1] and was.column == (new.db_column or was.column):
        return ""
    is_text = isinstance(was, models.CharField) and isinstance(new, models.CharField | models.TextField)
    if is_text and (new.max_length is None or (was.max_length or 0) <= new.max_length):
        return ""
    return "the old version reads and writes another kind of value"


def _of_constraint(constraint: Any, known: set[str]) -> str:
    """One that says something of new columns only never meets what the old version writes."""
    asked = set(getattr(constraint, "fields", ()))
    if condition := getattr(constraint, "condition", None):
        asked |= {name.partition("__")[0] for name in condition.referenced_base_fields}
    return "" if asked - known else "the old version may write what it refuses"
