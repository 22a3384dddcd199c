"""The triggers of the audit since migration 0021: what is at or below the mark of `AuditPruned` may go, by prune_audit.

The mark is the door. It only moves forward and stays, so that whoever opens it by hand leaves a mark that is not
signed (operations/pruning.py). These stand on top of those of `_audit_guards`: a migration that makes one of the
audit's tables anew runs `take_down` of this module and of that one before, and `put_up` of that one and of this one after.
"""

from typing import Any, Final

from queues_app.guards import ENTRY, LINK, MESSAGE, NAMES, PENDING, PRUNED, PRUNING_TRUNCATED, SINCE_BINDING
from queues_app.migrations import _audit_guards as guards

ONLY_PRUNED: Final = "What the audit keeps is removed by manage.py prune_audit alone."
PRUNED_FORWARD: Final = "The mark of what was pruned only moves forward."
LIFTED_ONCE: Final = "A legal hold is only changed once, to lift it."

# What a hold says from the beginning, and for good.
_HELD: Final = ("number", "reason", "queue", "person", "since", "until", "made_by", "made_at")
_DOORS: Final = {
    "audit_entry_kept": ENTRY,
    "audit_link_kept": LINK,
    "audit_message_kept": MESSAGE,
}


def put_up(schema_editor: Any) -> None:
    """Open the doors of the guards that stand, and guard what is new."""
    vendor = schema_editor.connection.vendor
    _drop(schema_editor, _DOORS)
    for statement in {"sqlite": _sqlite, "postgresql": _postgresql}[vendor]():
        schema_editor.execute(statement, params=None)


def take_down(schema_editor: Any) -> None:
    """Nothing may go, as before."""
    vendor = schema_editor.connection.vendor
    _drop(schema_editor, NAMES[vendor].keys() - SINCE_BINDING[vendor].keys() | _DOORS.keys())
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS queuescope_audit_keep()")
    for statement in guards.statements(vendor):
        if any(f"CREATE TRIGGER {name} " in statement for name in _DOORS):
            schema_editor.execute(statement, params=None)


def _drop(schema_editor: Any, names: Any) -> None:
    vendor = schema_editor.connection.vendor
    for name in names:
        table = f" ON {NAMES[vendor][name]}" if vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{table}")


def _sqlite() -> list[str]:
    def refuse(name: str, when: str, condition: str, sentence: str) -> str:
        return guards.sqlite_refusal(name, NAMES["sqlite"][name], when, condition, sentence)

    def is_kept(entry: str) -> str:
        reached = f"(SELECT max(position) FROM {LINK} WHERE entry_id = {entry})"
        return (
            f"NOT EXISTS (SELECT 1 FROM {PRUNED} WHERE position >= {reached}) "
            f"OR EXISTS (SELECT 1 FROM {PENDING} WHERE entry_id = {entry})"
        )

    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _HELD)
    return [
        refuse("audit_entry_kept", "DELETE", is_kept("OLD.id"), ONLY_PRUNED),
        refuse("audit_message_kept", "DELETE", is_kept("OLD.entry_id"), ONLY_PRUNED),
        refuse(
            "audit_link_kept",
            "DELETE",
            f"NOT EXISTS (SELECT 1 FROM {PRUNED} WHERE position >= OLD.position)",
            ONLY_PRUNED,
        ),
        refuse(
            "audit_pruned_forward", "UPDATE", "NEW.id IS NOT OLD.id OR NEW.position <= OLD.position", PRUNED_FORWARD
        ),
        refuse("audit_pruned_kept", "DELETE", "", guards.KEPT),
        refuse("audit_archive_final", "UPDATE", "", guards.FINAL),
        refuse("audit_archive_kept", "DELETE", "", guards.KEPT),
        refuse("audit_hold_lifted", "UPDATE", f"OLD.lifted_at IS NOT NULL OR {changed}", LIFTED_ONCE),
        refuse("audit_hold_kept", "DELETE", "", guards.KEPT),
    ]


def _postgresql() -> list[str]:
    def names(row: str) -> str:
        return "(" + ", ".join(f"{row}.{name}" for name in _HELD) + ")"

    def refuse(name: str, when: str, condition: str, sentence: str) -> str:
        return guards.postgresql_refusal(name, NAMES["postgresql"][name], when, condition, sentence)

    def keep(name: str) -> str:
        return (
            f"CREATE TRIGGER {name} BEFORE DELETE ON {NAMES['postgresql'][name]} FOR EACH ROW "
            f"EXECUTE FUNCTION queuescope_audit_keep('{ONLY_PRUNED}')"
        )

    return [
        f"""
        CREATE FUNCTION queuescope_audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            entry bigint;
            reached bigint;
        BEGIN
            IF TG_TABLE_NAME = '{LINK}' THEN
                reached := OLD.position;
            ELSE
                IF TG_TABLE_NAME = '{ENTRY}' THEN
                    entry := OLD.id;
                ELSE
                    entry := OLD.entry_id;
                END IF;
                SELECT max(position) INTO reached FROM {LINK} WHERE entry_id = entry;
                IF EXISTS (SELECT 1 FROM {PENDING} WHERE entry_id = entry) THEN
                    reached := NULL;
                END IF;
            END IF;
            IF EXISTS (SELECT 1 FROM {PRUNED} WHERE position >= reached) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation';
        END $$
        """,
        *(keep(name) for name in _DOORS),
        refuse("audit_pruned_forward", "UPDATE", "NEW.id <> OLD.id OR NEW.position <= OLD.position", PRUNED_FORWARD),
        refuse("audit_pruned_kept", "DELETE", "", guards.KEPT),
        refuse("audit_archive_final", "UPDATE", "", guards.FINAL),
        refuse("audit_archive_kept", "DELETE", "", guards.KEPT),
        refuse(
            "audit_hold_lifted",
            "UPDATE",
            f"OLD.lifted_at IS NOT NULL OR {names('OLD')} IS DISTINCT FROM {names('NEW')}",
            LIFTED_ONCE,
        ),
        refuse("audit_hold_kept", "DELETE", "", guards.KEPT),
        *(refuse(name, "TRUNCATE", "", guards.KEPT) for name in PRUNING_TRUNCATED),
    ]
