"""Fixtures around credentials: secrets of the sandbox, and a search for them in everything that is kept or said."""

import base64
from collections.abc import Iterable

from django.db import connection

from queues_app.models import AuditEntry, Credential, Environment, Kind, User
from queues_app.operations import credentials
from tests.support.stack import calling


def keep(user: User, secret: str, *, label: str = "main", account_id: str = "") -> Credential:
    """A credential as its owner would add it, checked by the sandbox."""
    return credentials.add(
        caller=calling(user),
        label=label,
        kind=Kind.TOKEN,
        secret=secret,
        environment=Environment.SANDBOX,
        account_id=account_id,
    )


def dump() -> str:
    """The whole database as text, blobs decoded as far as they are text."""
    connection.ensure_connection()
    rows: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of our own
            rows += [" ".join(_text(value) for value in row) for row in cursor.fetchall()]
    return "\n".join(rows)


def traces(secret: str, texts: Iterable[str]) -> list[str]:
    """Where the secret stands, as it is or in base64 at any offset; nothing, as it must be."""
    raw = secret.encode()
    forms = {secret, secret[::-1], raw.hex()}
    for shift in range(3):
        # Cut to the signs that do not depend on the neighbours.
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")[4 if shift else 0 : -2]
        forms |= {encoded, encoded.replace("+", "-").replace("/", "_")}
    return [form for text in texts for form in forms if form in text]


def entries() -> list[AuditEntry]:
    """The audit log, oldest first."""
    return list(AuditEntry.objects.order_by("id"))


def _text(value: object) -> str:
    if isinstance(value, memoryview | bytes):
        return bytes(value).decode("utf-8", "replace")
    return str(value)
