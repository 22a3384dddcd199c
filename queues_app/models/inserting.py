"""Rows that are alike, inserted at once."""

from collections.abc import Mapping, Sequence

from django.db import connections, models, router


def insert_alike(first: models.Model, different: Sequence[Mapping[str, object]]) -> None:
    """Insert a row for each of `different`: as `first`, but for the fields it names. None of them learns its number.

    `bulk_create` makes an object of each row and prepares each of its values: of a hundred leases that takes as long
    as all the rest of a pull. No signal is sent, as there.
    """
    connection = connections[router.db_for_write(type(first))]
    fields = [field for field in first._meta.local_concrete_fields if not field.primary_key]
    alike = [field.get_db_prep_save(field.pre_save(first, add=True), connection) for field in fields]
    places = {field.name: (number, field) for number, field in enumerate(fields)}
    rows = []
    for each in different:
        row = alike.copy()
        for name, value in each.items():
            number, field = places[name]
            row[number] = field.get_db_prep_save(value, connection)
        rows.append(row)
    names = ", ".join(connection.ops.quote_name(field.column or "") for field in fields)
    values = ", ".join(["%s"] * len(fields))
    table = connection.ops.quote_name(first._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)  # noqa: S608 - names of our own
