"""Databases of a test's own on the PostgreSQL that the settings name."""

from typing import Any

import psycopg
from django.db import connection
from psycopg import sql


def connected(database: str) -> psycopg.Connection[Any]:
    """To a database of the server that Django's connection names, past Django."""
    place = connection.settings_dict
    return psycopg.connect(
        host=place["HOST"],
        port=place["PORT"] or 5432,
        user=place["USER"],
        password=place["PASSWORD"],
        dbname=database,
        autocommit=True,
    )


def administer(statement: sql.SQL, *names: str) -> None:
    """CREATE or DROP something that these names stand for."""
    with connected("postgres") as administrator:
        administrator.execute(statement.format(*map(sql.Identifier, names)))
