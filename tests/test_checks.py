"""System checks of the settings: each has its id, a hint, and no secret in it."""

import base64
import hashlib
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as project
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

from dashboard.environment import Problem

ROOT = Path(__file__).resolve().parent.parent
GOOD_SIGNING_KEY = "k7Qe2mVx9Lr4Tz8Wn1Bc6Hd3Jf5Gs0Pa-Yu_Io2Ex4Ry6Tz8Wn"
GOOD_KEY = Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def settings_in_order(settings: Settings) -> None:
    """A deployment without a fault; each test spoils one thing."""
    settings.SECRET_KEY = GOOD_SIGNING_KEY
    settings.CREDENTIAL_KEYS = [GOOD_KEY]
    settings.ALLOWED_HOSTS = ["queues.example.com"]
    settings.HTTPS_ONLY = True
    settings.CLOUDFLARE_API_BASE_URL = "https://api.cloudflare.com/client/v4"


def found() -> list[CheckMessage]:
    return run_checks(tags=["queuescope"])


def ids() -> list[str]:
    return [str(message.id).removeprefix("queuescope.") for message in found()]


def test_settings_in_order_are_not_complained_about() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SECRET_KEY": ""}, ["E002"]),
        ({"SECRET_KEY": "short"}, ["E003"]),
        ({"SECRET_KEY": "ab" * 40}, ["E003"]),
        ({"SECRET_KEY": "django-insecure-" + GOOD_SIGNING_KEY}, ["E003"]),
        ({"CREDENTIAL_KEYS": []}, ["E004"]),
        ({"CREDENTIAL_KEYS": ["not a key"]}, ["E005"]),
        ({"CREDENTIAL_KEYS": [GOOD_KEY, GOOD_KEY[:-6] + "="]}, ["E005"]),
        ({"CREDENTIAL_KEYS": [GOOD_KEY, "ключ"]}, ["E005"]),
        ({"CREDENTIAL_KEYS": [GOOD_KEY, GOOD_KEY]}, ["E006"]),
        ({"CREDENTIAL_KEYS": [base64.urlsafe_b64encode(b"x" * 32).decode()]}, ["E008"]),
        ({"ALLOWED_HOSTS": []}, ["E010"]),
        ({"ALLOWED_HOSTS": ["queues.example.com", "*"]}, ["E011"]),
        ({"DEBUG": True}, ["E012"]),
        ({"DEBUG": True, "HTTPS_ONLY": False}, []),
        ({"BEHIND_PROXY": True}, []),
        ({"BEHIND_PROXY": True, "HTTPS_ONLY": False}, ["E013"]),
        ({"HTTPS_ONLY": False}, ["W014"]),
        ({"HTTPS_ONLY": False, "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"]}, []),
        ({"CLOUDFLARE_API_BASE_URL": "api.cloudflare.com/client/v4"}, ["E020"]),
        ({"CLOUDFLARE_API_BASE_URL": "ftp://api.cloudflare.com"}, ["E020"]),
        ({"CLOUDFLARE_API_BASE_URL": "https://[::1"}, ["E020"]),
        ({"CLOUDFLARE_API_BASE_URL": "https://host:port/"}, ["E020"]),
        ({"CLOUDFLARE_API_BASE_URL": "https://ana:hunter2@api.cloudflare.com"}, ["E021"]),
        ({"CLOUDFLARE_API_BASE_URL": "https://api.cloudflare.com/?key=hunter2"}, ["E021"]),
        ({"CLOUDFLARE_API_BASE_URL": "http://api.cloudflare.com/client/v4"}, ["E022"]),
        ({"CLOUDFLARE_API_BASE_URL": "http://127.0.0.1.example.com/"}, ["E022"]),
        ({"CLOUDFLARE_API_BASE_URL": "http://127.0.0.1:8787/client/v4"}, []),
        ({"CLOUDFLARE_API_BASE_URL": "http://[::1]:8787/client/v4"}, []),
        ({"UPSTREAM_SLOTS": 0}, ["E030"]),
        ({"UPSTREAM_TIMEOUT": 0.0}, ["E031"]),
        ({"UPSTREAM_TIMEOUT": 60.0}, ["E032"]),
        ({"UPSTREAM_TIMEOUT": 25.0}, ["E032"]),
        ({"WORKER_TIMEOUT": 25, "UPSTREAM_TIMEOUT": 20.0, "UPSTREAM_CONNECT_TIMEOUT": 5.0}, ["E032"]),
        ({"UPSTREAM_SLOTS": 64}, ["E033"]),
        ({"BATCH_RETENTION": timedelta(0)}, ["E034"]),
        ({"PEEK_BATCH_SIZE": 101}, ["E035"]),
        ({"PULL_BATCH_SIZE": 0}, ["E035"]),
        ({"PORT": 70000}, ["E036"]),
    ],
)
def test_each_fault_has_its_id(settings: Settings, changes: dict[str, Any], expected: list[str]) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert ids() == expected


def test_a_database_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(project.DATABASES["default"], "NAME", ":memory:")
    assert ids() == ["E040"]


@pytest.mark.parametrize(
    "derived",
    [
        base64.urlsafe_b64encode(hashlib.sha256(GOOD_SIGNING_KEY.encode()).digest()).decode(),
        base64.urlsafe_b64encode(GOOD_SIGNING_KEY.encode()[:32]).decode(),
        base64.urlsafe_b64encode(GOOD_SIGNING_KEY.encode()[-32:]).decode(),
    ],
)
def test_a_key_made_from_the_signing_key_is_refused(settings: Settings, derived: str) -> None:
    settings.CREDENTIAL_KEYS = [GOOD_KEY, derived]
    assert ids() == ["E007"]


def test_the_signing_key_itself_is_no_credential_key(settings: Settings) -> None:
    settings.SECRET_KEY = GOOD_KEY + GOOD_KEY
    assert ids() == ["E007"]


def test_what_could_not_be_read_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project.ENVIRONMENT, "problems", [Problem("UPSTREAM_TIMEOUT", "must be a number")])
    assert [message.msg for message in found()] == ["UPSTREAM_TIMEOUT must be a number."]
    assert ids() == ["E001"]


def test_every_message_has_a_hint_and_none_a_secret(settings: Settings) -> None:
    settings.SECRET_KEY = "hunter2"
    settings.CREDENTIAL_KEYS = ["hunter2", "hunter2"]
    settings.CLOUDFLARE_API_BASE_URL = "https://ana:hunter2@example.com"
    settings.ALLOWED_HOSTS = []
    messages = found()
    assert len(messages) == 5
    assert all(message.hint for message in messages)
    assert not [message for message in messages if "hunter2" in f"{message.msg} {message.hint}"]


def start(module: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Import a module in a process of its own, with nothing but these settings."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", f"import {module}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_server_refuses_to_start_with_a_sentence_for_each_fault() -> None:
    done = start("dashboard.wsgi", CREDENTIAL_KEYS="hunter2", HTTPS_ONLY="perhaps", ALLOWED_HOSTS="*")
    assert done.returncode == 3  # what gunicorn does not try again
    assert done.stderr.startswith("Queuescope does not start")
    for number in ("E001", "E002", "E005", "E011"):
        assert f"queuescope.{number}: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


def test_the_server_refuses_a_database_whose_driver_is_missing_without_a_traceback(tmp_path: Path) -> None:
    # A driver that is installed here is hidden behind a module that cannot be imported.
    for name in ("psycopg", "psycopg2"):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
    done = start("dashboard.wsgi", DATABASE_URL="postgres://ana:hunter2@db/queues", PYTHONPATH=str(tmp_path))
    assert done.returncode == 3
    assert done.stderr.startswith("Queuescope does not start: Error loading psycopg")
    assert "hunter2" not in done.stderr


def test_the_server_starts_when_settings_are_in_order_even_without_its_database(tmp_path: Path) -> None:
    done = start(
        "dashboard.wsgi",
        SECRET_KEY=GOOD_SIGNING_KEY,
        CREDENTIAL_KEYS=GOOD_KEY,
        ALLOWED_HOSTS="queues.example.com",
        STATIC_ROOT=str(tmp_path),
        # Not there: the server starts all the same, and its pages say so.
        DATABASE_URL="sqlite:////nonexistent/queuescope.sqlite3",
    )
    assert (done.returncode, done.stderr) == (0, "")
