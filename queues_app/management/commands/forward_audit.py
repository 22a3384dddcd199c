"""`manage.py forward_audit`: tell each audit entry to the destinations in AUDIT_FORWARD, as it is completed.

Runs until SIGTERM, which lets the batch that is under way end. Several may run, on several hosts.
"""

import logging
import threading
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queues_app import vault
from queues_app.delivery import DeliveryError, Destination
from queues_app.management import loops
from queues_app.operations import binding, forwarding

logger = logging.getLogger(__name__)

_NOT_BOUND: Final = "The audit could not be bound"


class Command(BaseCommand):
    help = "Tell each audit entry to the destinations in AUDIT_FORWARD. Runs until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="end when nothing waits any more, with 1 after a failure"
        )
        parser.add_argument(
            "--from-start", action="store_true", help="tell destinations that are new everything that was ever bound"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        destinations = forwarding.destinations()
        if not destinations:
            raise CommandError("AUDIT_FORWARD names no destination, so there is nothing to do.")
        # So that new destinations begin with what is completed from now on.
        loops.is_database_there(_bind, failed=_NOT_BOUND)
        for destination in destinations:
            forwarding.begin(destination, from_start=options["from_start"])
        if options["once"]:
            self._once(destinations)
        else:
            _run(destinations)

    def _once(self, destinations: list[Destination]) -> None:
        for destination in destinations:
            _tell(destination)
        for delivery in forwarding.deliveries():
            # Not among the lines of log:, which are for machines.
            self.stderr.write(f"{delivery.destination.name}: {delivery.waiting:,} waiting.")
        failing = [each.destination.name for each in forwarding.deliveries() if each.state and each.state.failures]
        if failing:
            raise CommandError(f"Not everything arrived: {', '.join(failing)}.")


def _run(destinations: list[Destination]) -> None:
    """A thread for each, so that one that is slow holds up no other."""
    stop = loops.told_to_stop()
    with ThreadPoolExecutor(max_workers=len(destinations)) as threads:
        under_way = [threads.submit(_forward, destination, stop) for destination in destinations]
        loops.run(stop, _bind, failed=_NOT_BOUND)
    for each in under_way:
        each.result()


def _forward(destination: Destination, stop: threading.Event) -> None:
    """A fault of ours at one ends all: better none than one left out."""
    loops.run(stop, lambda: _tell(destination, stop), failed=f"{destination.name} waits for the database")


def _tell(destination: Destination, stop: threading.Event | None = None) -> None:
    """Batch after batch, until nothing waits, or one does not arrive."""
    try:
        while forwarding.forward(destination) and not (stop and stop.is_set()):
            pass
    except DeliveryError as error:
        logger.warning("%s was not told: %s", destination.name, error.sentence)


def _bind() -> None:
    """What is complete: in a quiet hour no request does it."""
    try:
        while binding.bind(now=timezone.now()) == binding.AT_ONCE:
            pass
    except (binding.HeadGoneError, vault.VaultError) as error:
        logger.warning("%s: %s", _NOT_BOUND, error)
