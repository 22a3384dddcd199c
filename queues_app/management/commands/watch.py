"""`manage.py watch`: keep counts of queues over time, check the watches, and tell their owners.

Runs until SIGTERM, which lets what is under way end. Several may run, on several hosts: each asks for what no other is
asking for.
"""

import logging
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.utils import timezone

from dashboard import stopping
from queues_app import upstream
from queues_app.management import loops
from queues_app.operations import sampling, thinning, watch_notices, watching

logger = logging.getLogger(__name__)

_TIDY_EVERY_S: Final = 60.0
# Accounts that are asked, and people who are told, side by side: nobody waits for what is slow of somebody else.
_ACCOUNTS_AT_ONCE: Final = 8
_NOTICES_AT_ONCE: Final = 4
# Steps for each account at most, so that a long time of nobody doing it is caught up piece by piece.
_STEPS: Final = 20
_NOT_TIDIED: Final = "Old samples were not thinned"


class Command(BaseCommand):
    help = "Keep counts of watched and visited queues, check watches, and tell their owners. Runs until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, one after the other, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            for account_id in sampling.due(timezone.now()):
                _ask(account_id)
            for owner_id in watch_notices.owners_due(timezone.now()):
                _tell(owner_id)
            _tidy()
        else:
            _run()


def _run() -> None:
    stop = loops.told_to_stop()
    # Turns that are under way ask for nothing more.
    stopping.heed()
    with (
        ThreadPoolExecutor(_ACCOUNTS_AT_ONCE) as accounts,
        ThreadPoolExecutor(_NOTICES_AT_ONCE) as notices,
        ThreadPoolExecutor(1) as tidier,
    ):
        asking, telling = _UnderWay(accounts, _ask), _UnderWay(notices, _tell)
        tidier.submit(loops.run, stop, _tidy, failed=_NOT_TIDIED, every_s=_TIDY_EVERY_S, first_s=_TIDY_EVERY_S)
        loops.run(stop, lambda: _begin(asking, telling), failed="What is due is not known")
        # What has not begun is left to whoever comes next.
        for threads in (accounts, notices):
            threads.shutdown(wait=False, cancel_futures=True)


class _UnderWay:
    """Each thing at most once at a time, in its own thread: one that is slow holds up no other."""

    def __init__(self, threads: ThreadPoolExecutor, act: Callable[[int], None]) -> None:
        self._threads = threads
        self._act = act
        self._now: set[int] = set()

    def begin(self, number: int) -> None:
        if number not in self._now:
            self._now.add(number)
            self._threads.submit(self._do, number)

    def _do(self, number: int) -> None:
        try:
            self._act(number)
        finally:
            self._now.discard(number)
            upstream.give_back_connections()


def _begin(asking: _UnderWay, telling: _UnderWay) -> None:
    for account_id in sampling.due(timezone.now()):
        asking.begin(account_id)
    for owner_id in watch_notices.owners_due(timezone.now()):
        telling.begin(owner_id)


def _ask(account_id: int) -> None:
    loops.attempt(lambda: sampling.take_turn(account_id), failed=f"Account {account_id} was not asked")


def _tell(owner_id: int) -> None:
    loops.attempt(lambda: watch_notices.tell_owner(owner_id), failed=f"Notices of person {owner_id} were not told")


def _tidy() -> None:
    loops.attempt(_thin_and_prune, failed=_NOT_TIDIED)


def _thin_and_prune() -> None:
    """And note which watches have lost their credential."""
    now = timezone.now()
    watching.stop_orphans()
    watch_notices.prune(now)
    for account in thinning.accounts():
        for _ in range(_STEPS):
            if not thinning.thin(account=account, now=now):
                break
