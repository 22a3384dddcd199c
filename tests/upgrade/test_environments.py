"""Where each credential had a mark of its own, the accounts get one for everybody; and back."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("queues_app", "0025_change_delay_and_retention")]
AFTER = [("queues_app", "0028_mark_accounts_for_everybody")]


def _to(target: list[tuple[str, str]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return MigrationExecutor(connection).loader.project_state(target).apps


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_most_careful_mark_of_an_accounts_credentials_counts_and_goes_back_to_each() -> None:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("queues_app")
    try:
        apps = _to(BEFORE)
        user, credential, account = (apps.get_model("queues_app", name) for name in ("User", "Credential", "Account"))
        ana = user.objects.create(username="ana")
        for mark, ids in (("sandbox", "aab"), ("staging", "ac"), ("sandbox", "d")):
            made = credential.objects.create(
                owner=ana, label=f"{mark} {ids}", environment=mark, sealed_secret=b"", last_four="0000"
            )
            for sign in set(ids):
                account.objects.create(credential=made, account_id=sign * 32, name=sign)

        marks = _to(AFTER).get_model("queues_app", "AccountEnvironment")

        assert {row.account_id[0]: row.environment for row in marks.objects.all()} == {
            "a": "staging",
            "b": "sandbox",
            "c": "staging",
            "d": "sandbox",
        }
        marks.objects.filter(account_id="d" * 32).update(environment="production")

        back = _to(BEFORE).get_model("queues_app", "Credential")
        assert dict(back.objects.values_list("label", "environment")) == {
            "sandbox aab": "staging",
            "staging ac": "staging",
            "sandbox d": "production",
        }
    finally:
        _to(newest)
