"""The directory in which the processes of one server add up what they count."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from queues_app.telemetry import directory


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(directory.VARIABLE, "")
    monkeypatch.setattr(directory, "_place", lambda: tmp_path)
    return tmp_path


def test_a_server_makes_its_own_keeps_it_on_reload_and_takes_it_away(place: Path) -> None:
    directory.make()
    made = Path(os.environ[directory.VARIABLE])
    directory.make()
    assert [*place.iterdir()] == [made] == [Path(os.environ[directory.VARIABLE])]
    assert made.stat().st_mode & 0o777 == 0o700
    directory.remove()
    assert [*place.iterdir()] == []


def test_what_killed_servers_left_is_swept_and_what_others_use_is_not(place: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, same_number, used, foreign = (
        place / name
        for name in (
            f"queuescope-metrics-{ended.pid}-a",
            f"queuescope-metrics-{os.getpid()}-b",
            f"queuescope-metrics-{os.getppid()}-c",
            "queuescope-metrics-of-somebody",
        )
    )
    for path in (left, same_number, used, foreign):
        path.mkdir()
    directory.make()
    assert [path.exists() for path in (left, same_number, used, foreign)] == [False, False, True, True]


def test_the_directory_of_a_server_that_was_replaced_is_not_taken_over(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = place / f"queuescope-metrics-{os.getppid()}-old"
    old.mkdir()
    monkeypatch.setenv(directory.VARIABLE, str(old))
    directory.make()
    assert os.environ[directory.VARIABLE] != str(old)
    assert old.is_dir()
