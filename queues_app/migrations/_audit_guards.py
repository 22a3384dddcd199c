"""The triggers of the audit, as migration 0018 makes them; `_audit_door` changes some of them.

They refuse what would change or remove a complete entry, a link of the chain or its head, note entries that are to be
bound, and note which messages an entry is about. SQLite loses the triggers of a table that a migration makes anew, so
such a migration of the audit's tables runs `take_down` before and `put_up` after, as `_audit_door` says;
tests/models/test_audit_guards.py says so when one forgets.
"""

from typing import Any, Final

from queues_app.guards import ENTRY, MESSAGE, PENDING, SINCE_BINDING

# What an entry says from the beginning: completing it does not change these.
OPENING: Final = ("id", "at", "action", "user_name", "client_address", "request_id", "intent", "queue_id")

CLOSED: Final = "A complete audit entry cannot be changed, nor what an open one began with."
KEPT: Final = "What the audit keeps cannot be removed."
FINAL: Final = "What the audit keeps cannot be changed."
FORWARD: Final = "The head of the audit only moves forward."

_MESSAGE_ID_LENGTH: Final = 64


def put_up(schema_editor: Any) -> None:
    """Make all of them."""
    for statement in statements(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


def statements(vendor: str) -> list[str]:
    """What makes them."""
    return {"sqlite": _sqlite, "postgresql": _postgresql}[vendor]()


def sqlite_refusal(name: str, table: str, when: str, condition: str, sentence: str) -> str:
    """A trigger of SQLite that refuses what fits the condition; all of it where that is empty."""
    return (
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW "
        + (f"WHEN {condition} " if condition else "")
        + f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
    )


def postgresql_refusal(name: str, table: str, when: str, condition: str, sentence: str) -> str:
    """The same of PostgreSQL."""
    each = "STATEMENT" if when == "TRUNCATE" else "ROW"
    return (
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH {each} "
        + (f"WHEN ({condition}) " if condition else "")
        + f"EXECUTE FUNCTION queuescope_audit_refuse('{sentence}')"
    )


def take_down(schema_editor: Any) -> None:
    """Remove all of them, those that are not there too."""
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for name, table in SINCE_BINDING[schema_editor.connection.vendor].items():
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if is_postgresql else ""))
    if is_postgresql:
        for function in ("refuse", "note"):
            schema_editor.execute(f"DROP FUNCTION IF EXISTS queuescope_audit_{function}()")


def _sqlite() -> list[str]:
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in OPENING)

    def refuse(name: str, when: str, condition: str, sentence: str) -> str:
        return sqlite_refusal(name, SINCE_BINDING["sqlite"][name], when, condition, sentence)

    def note(name: str, event: str, condition: str, *steps: str) -> str:
        body = " ".join(f"{step};" for step in steps)
        return f"CREATE TRIGGER {name} AFTER {event} ON {ENTRY} FOR EACH ROW WHEN {condition} BEGIN {body} END"

    pending = (
        # An upsert that is named nowhere else: SQLite's own conflict clause would be overruled by the outer statement.
        f"INSERT INTO {PENDING} (entry_id, is_complete) VALUES (NEW.id, NEW.completed_at IS NOT NULL) "
        "ON CONFLICT (entry_id) DO UPDATE SET is_complete = excluded.is_complete"
    )
    messages = (
        f"INSERT INTO {MESSAGE} (message_id, at, entry_id) SELECT DISTINCT value, NEW.at, NEW.id "
        f"FROM json_each(NEW.message_ids) WHERE length(value) BETWEEN 1 AND {_MESSAGE_ID_LENGTH} "
        "ON CONFLICT DO NOTHING"
    )
    return [
        refuse("audit_entry_closed", "UPDATE", f"OLD.completed_at IS NOT NULL OR {changed}", CLOSED),
        refuse("audit_entry_kept", "DELETE", "", KEPT),
        refuse("audit_link_final", "UPDATE", "", FINAL),
        refuse("audit_link_kept", "DELETE", "", KEPT),
        refuse("audit_head_forward", "UPDATE", "NEW.id IS NOT OLD.id OR NEW.position <= OLD.position", FORWARD),
        refuse("audit_head_kept", "DELETE", "", KEPT),
        refuse("audit_message_final", "UPDATE", "", FINAL),
        refuse("audit_message_kept", "DELETE", "", KEPT),
        note("audit_pending_opened", "INSERT", "1", pending),
        note("audit_pending_completed", "UPDATE OF completed_at", "NEW.completed_at IS NOT NULL", pending),
        note("audit_messages_opened", "INSERT", "NEW.message_ids <> '[]'", messages),
        note("audit_messages_noted", "UPDATE OF message_ids", "NEW.message_ids IS NOT OLD.message_ids", messages),
    ]


def _postgresql() -> list[str]:
    def names(row: str) -> str:
        return "(" + ", ".join(f"{row}.{name}" for name in OPENING) + ")"

    def refuse(name: str, when: str, condition: str, sentence: str) -> str:
        return postgresql_refusal(name, SINCE_BINDING["postgresql"][name], when, condition, sentence)

    return [
        """
        CREATE FUNCTION queuescope_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation';
        END $$
        """,
        f"""
        CREATE FUNCTION queuescope_audit_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' OR NEW.completed_at IS NOT NULL THEN
                INSERT INTO {PENDING} (entry_id, is_complete) VALUES (NEW.id, NEW.completed_at IS NOT NULL)
                ON CONFLICT (entry_id) DO UPDATE SET is_complete = excluded.is_complete;
            END IF;
            IF NEW.message_ids <> '[]' AND (TG_OP = 'INSERT' OR NEW.message_ids IS DISTINCT FROM OLD.message_ids) THEN
                INSERT INTO {MESSAGE} (message_id, at, entry_id)
                SELECT DISTINCT one, NEW.at, NEW.id FROM jsonb_array_elements_text(NEW.message_ids) AS one
                WHERE length(one) BETWEEN 1 AND {_MESSAGE_ID_LENGTH}
                ON CONFLICT DO NOTHING;
            END IF;
            RETURN NULL;
        END $$
        """,
        refuse(
            "audit_entry_closed",
            "UPDATE",
            f"OLD.completed_at IS NOT NULL OR {names('OLD')} IS DISTINCT FROM {names('NEW')}",
            CLOSED,
        ),
        refuse("audit_entry_kept", "DELETE", "", KEPT),
        refuse("audit_entry_kept_all", "TRUNCATE", "", KEPT),
        refuse("audit_link_final", "UPDATE", "", FINAL),
        refuse("audit_link_kept", "DELETE", "", KEPT),
        refuse("audit_link_kept_all", "TRUNCATE", "", KEPT),
        refuse("audit_head_forward", "UPDATE", "NEW.id <> OLD.id OR NEW.position <= OLD.position", FORWARD),
        refuse("audit_head_kept", "DELETE", "", KEPT),
        refuse("audit_head_kept_all", "TRUNCATE", "", KEPT),
        refuse("audit_message_final", "UPDATE", "", FINAL),
        refuse("audit_message_kept", "DELETE", "", KEPT),
        refuse("audit_message_kept_all", "TRUNCATE", "", KEPT),
        f"CREATE TRIGGER audit_entry_noted AFTER INSERT OR UPDATE ON {ENTRY} FOR EACH ROW "
        "EXECUTE FUNCTION queuescope_audit_note()",
    ]
