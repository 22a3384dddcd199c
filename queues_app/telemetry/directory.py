"""Where the processes of one server put what they count, so that whichever is asked can add it up.

Imported by gunicorn.conf.py before the application is loaded, so nothing here may load Django, or the library of
Prometheus at the top: that one decides on being imported whether it counts in files.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_OURS: Final = re.compile(r"queuescope-metrics-(\d+)-.*")


def make() -> None:
    """An empty directory of this server's own, named in the environment. A reload of the configuration keeps it."""
    if _belongs_to(Path(os.environ.get(VARIABLE, "")), os.getpid()):
        return
    place = _place()
    _sweep(place)
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix=f"queuescope-metrics-{os.getpid()}-", dir=place)


def worker_ended(pid: int) -> None:
    """Forget what a worker has in hand; what it has counted stays."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library's own omission


def remove() -> None:
    """Take the directory away when the server ends."""
    path = Path(os.environ.get(VARIABLE, ""))
    if _belongs_to(path, os.getpid()):
        shutil.rmtree(path, ignore_errors=True)


def _place() -> Path:
    # Into memory where there is some: the files are written with every request.
    memory = Path("/dev/shm")  # noqa: S108 - the directory made in it is private
    return memory if os.access(memory, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def _sweep(place: Path) -> None:
    """Remove what servers left that were killed."""
    for path in place.glob("queuescope-metrics-*"):
        named = _OURS.fullmatch(path.name)
        if named and path.lstat().st_uid == os.getuid() and not _runs(int(named[1])):
            shutil.rmtree(path, ignore_errors=True)


def _belongs_to(path: Path, pid: int) -> bool:
    named = _OURS.fullmatch(path.name)
    return named is not None and int(named[1]) == pid and path.is_dir()


def _runs(pid: int) -> bool:
    if pid == os.getpid():
        # In a container every server has the same number, and only this one runs.
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
