"""What commands share that run until they are stopped: the stop, and what a database that fails, or a fault, costs.

Of an error of the database only its kind is told: what it says may hold how the database is reached.
"""

import logging
import signal
import threading
from collections.abc import Callable
from typing import Final

from django.db import Error, connection

from queues_app import upstream

logger = logging.getLogger(__name__)

# How often it is looked for what is to be done, and how long a database that fails is left alone.
EVERY_S: Final = 1.0
AFTER_DATABASE_S: Final = 5.0


def told_to_stop() -> threading.Event:
    """What SIGTERM and SIGINT set from now on; for the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def run(
    stop: threading.Event, act: Callable[[], object], *, failed: str, every_s: float = EVERY_S, first_s: float = 0
) -> None:
    """Do it again and again until the stop; `failed` says what a database that fails costs.

    A fault of ours sets the stop, for all who share it: whoever runs the command starts it again.
    """
    pause = first_s
    try:
        while not stop.wait(pause):
            pause = every_s if is_database_there(act, failed=failed) else AFTER_DATABASE_S
    finally:
        stop.set()
        connection.close()


def is_database_there(act: Callable[[], object], *, failed: str) -> bool:
    """Do it, as far as the database lets us."""
    try:
        act()
    except Error as error:
        _told(failed, error)
        return False
    upstream.give_back_connections()
    return True


def attempt(act: Callable[[], object], *, failed: str) -> None:
    """Do one thing of many: what fails is told, and costs the others nothing."""
    try:
        act()
    except Error as error:
        _told(failed, error)
    except Exception:
        logger.exception("%s to the end.", failed)


def _told(failed: str, error: Error) -> None:
    logger.warning("%s: %s", failed, type(error).__name__)
    connection.close()
