"""`python -m tests.team.answering`: says in a line whether PostgreSQL and Redis answer here. Status 1: they do not."""

import logging
import os
import sys


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings_team"
    import django  # after its settings have a name

    django.setup()
    from django.core.cache import cache
    from django.db import connection

    from dashboard.errors import DATABASE_FAILURES
    from dashboard.stores import CACHE_FAILURES

    # The pool tells of each attempt; here one line is enough.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    silent = []
    try:
        connection.ensure_connection()
    except DATABASE_FAILURES:
        silent.append("PostgreSQL")
    try:
        cache.has_key("answering")
    except CACHE_FAILURES:
        silent.append("Redis")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # what only PostgreSQL's has
    if silent:
        sys.stdout.write(f"scripts/test: {' and '.join(silent)} did not answer; nothing more runs there.\n")
        return 1
    sys.stdout.write("scripts/test: PostgreSQL and Redis answer; what depends on them runs there, too.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
