"""`python -m bench.support.audit_unguarded`: take the audit's triggers off, but for those that note messages.

What is left is an audit that can be searched by message and is not tamper-evident.
"""

import django

django.setup()

from django.db import connection  # noqa: E402 - the applications have to be there first

_SQLITE = ("entry_closed", "entry_kept", "pending_opened", "pending_completed")
_POSTGRESQL = ("entry_closed", "entry_kept", "entry_kept_all")


def main() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _SQLITE:
                cursor.execute(f"DROP TRIGGER audit_{name}")
            return
        for name in _POSTGRESQL:
            cursor.execute(f"DROP TRIGGER audit_{name} ON queues_app_auditentry")
        cursor.execute("SELECT pg_get_functiondef('queuescope_audit_note'::regproc)")
        (definition,) = cursor.fetchone()
        begin, end = definition.index("IF TG_OP"), definition.index("IF NEW.message_ids")
        cursor.execute(definition[:begin] + definition[end:], None)


if __name__ == "__main__":
    main()
