"""Fill the audit with made-up entries: `python -m bench.support.audit_fill NUMBER`. The same mix, however many.

The entries are those of a version that did not sign; what takes them into the chain and the look-up of messages is
what a migration did with such.
"""

import importlib
import sys
from typing import Any, Final

import django

django.setup()

from django.apps import apps  # noqa: E402 - the applications have to be there first
from django.contrib.auth.models import Group  # noqa: E402
from django.db import connection  # noqa: E402

from bench.support import bulk  # noqa: E402
from queues_app.models import User  # noqa: E402

PEOPLE: Final = 50
_FIRST: Final = 1_700_000_000  # seconds since 1970; one entry each six seconds from here on
_SERIES: Final = {
    "sqlite": "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {number}) ",
    "postgresql": "WITH series AS (SELECT n::bigint FROM generate_series(1, {number}) AS n) ",
}
_AT: Final = {
    "sqlite": f"datetime({_FIRST} + n * 6, 'unixepoch')",
    "postgresql": f"to_timestamp({_FIRST} + n * 6)",
}
_HEX: Final = {"sqlite": "printf('%032x', {})", "postgresql": "lpad(to_hex({}), 32, '0')"}
_JSON: Final = {"sqlite": "", "postgresql": "::jsonb"}
# Multiplied by a prime and cut: numbers that look thrown, and are the same on each database.
_THROW: Final = "((n * {prime}) % 1000003 % {sides})"


def main(number: int) -> None:
    person = User.objects.create_user("auditor")
    person.groups.set([Group.objects.get(name="Auditor")])
    User.objects.bulk_create(User(username=f"person-{one}") for one in range(PEOPLE))
    first = User.objects.get(username="person-0").pk
    guards = importlib.import_module("queues_app.migrations._audit_guards")
    door = importlib.import_module("queues_app.migrations._audit_door")
    fill = importlib.import_module("queues_app.migrations.0019_find_in_a_large_audit")
    tables = (guards.ENTRY, guards.MESSAGE, guards.PENDING)
    with bulk.loading(*tables), connection.schema_editor(atomic=False) as editor:
        door.take_down(editor)
        guards.take_down(editor)
        editor.execute(_statement(number, first), params=None)
        fill.take_in(apps, editor)
        guards.put_up(editor)
        door.put_up(editor)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _statement(number: int, first_person: int) -> str:
    vendor = connection.vendor

    def thrown(prime: int, sides: int) -> str:
        return _THROW.format(prime=prime, sides=sides)

    action = thrown(611_953, 100)
    columns: dict[str, Any] = {
        "at": _AT[vendor],
        "completed_at": _AT[vendor],
        "action": f"CASE WHEN {action} < 60 THEN 'messages.peek' WHEN {action} < 85 THEN 'messages.pull' "
        f"WHEN {action} < 93 THEN 'messages.ack' WHEN {action} < 97 THEN 'session.sign_in' "
        f"WHEN {action} < 99 THEN 'messages.delete' ELSE 'queue.pause' END",
        "outcome": f"CASE WHEN {thrown(746_773, 100)} < 97 THEN 'ok' WHEN {thrown(746_773, 100)} < 98 THEN 'refused' "
        f"WHEN {thrown(746_773, 100)} < 99 THEN 'failed' ELSE 'unknown' END",
        "user_id": f"{first_person} + {thrown(350_377, PEOPLE)}",
        "user_name": "'person'",
        "request_id": _HEX[vendor].format("n"),
        "credential_id": f"1 + {thrown(999_331, 20)}",
        "credential_label": "'main'",
        "environment": "'production'",
        "account_id": "'0'",
        "account_name": "'acme'",
        "queue_id": _HEX[vendor].format(thrown(179_424, 200)),
        "queue_name": "'orders'",
        "parameters": f"'{{\"batch_size\": 10}}'{_JSON[vendor]}",
        "reason": "''",
        "remark": "''",
        "asked": "''",
        "message_count": "1",
        # Each message is in some entries, and twice as many entries have twice as many messages.
        "message_ids": f"('[\"' || {_HEX[vendor].format('n / 5')} || '\"]'){_JSON[vendor]}",
        "cf_ray": _HEX[vendor].format("n + 7"),
    }
    names, values = ", ".join(columns), ", ".join(columns.values())
    series = _SERIES[vendor].format(number=number)
    if vendor == "sqlite":
        return f"INSERT INTO queues_app_auditentry ({names}) {series} SELECT {values} FROM series"  # noqa: S608 - made here
    return f"{series} INSERT INTO queues_app_auditentry ({names}) SELECT {values} FROM series"  # noqa: S608 - made here


if __name__ == "__main__":
    main(int(sys.argv[1]))
