"""Two hosts that prune the audit at the same moment: each entry goes once, and the chain stays whole."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from queues_app.models import Action, AuditEntry, AuditPruned
from queues_app.operations import pruning, verifying
from queues_app.operations.pruning import NothingToPruneError, Pruned
from tests.support.archiving import archive, bind, write
from tests.support.people import Cast
from tests.support.waiting import LONG_ENOUGH

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_two_prunes_at_once_delete_each_entry_once(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    write(cast, 20, bound=False)
    bind(later=-timedelta(days=100))
    archive(tmp_path)
    write(cast, 1)

    both = threading.Barrier(2, timeout=LONG_ENOUGH)

    def prune(_: int) -> Pruned:
        both.wait()
        try:
            return pruning.prune(days=90, now=timezone.now())
        except NothingToPruneError:
            return Pruned()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as hosts:
        pruned = list(hosts.map(prune, range(2)))

    assert sum(one.entries for one in pruned) == 20
    assert AuditPruned.objects.get().position == 20
    assert AuditEntry.objects.filter(action=Action.PULL).count() == 1
    bind()
    assert verifying.verify().findings == []
