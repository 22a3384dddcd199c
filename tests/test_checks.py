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
from django.core.management import call_command
from django.test import override_settings
from pytest_django import Settings

from dashboard.environment import Problem
from queues_app.checks import limits
from queues_app.cloudflare import network
from queues_app.telemetry import traces

ROOT = Path(__file__).resolve().parent.parent
GOOD_SIGNING_KEY = "k7Qe2mVx9Lr4Tz8Wn1Bc6Hd3Jf5Gs0Pa-Yu_Io2Ex4Ry6Tz8Wn"
GOOD_KEY = Fernet.generate_key().decode()


def cache_in(backend: str) -> dict[str, Any]:
    return {"default": {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": "/nowhere"}}


REDIS = cache_in("redis.RedisCache")


@pytest.fixture(autouse=True)
def settings_in_order(settings: Settings) -> None:
    """A deployment without a fault; each test spoils one thing."""
    settings.SECRET_KEY = GOOD_SIGNING_KEY
    settings.CREDENTIAL_KEYS = [GOOD_KEY]
    settings.ALLOWED_HOSTS = ["queues.example.com"]
    settings.HTTPS_ONLY = True
    settings.CLOUDFLARE_API_BASE_URL = "https://api.cloudflare.com/client/v4"
    settings.WEB_CONCURRENCY = 1


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
        ({"SECRET_KEY_FALLBACKS": [GOOD_SIGNING_KEY[::-1]]}, []),
        ({"SECRET_KEY_FALLBACKS": [GOOD_SIGNING_KEY[::-1], "short"]}, ["E009"]),
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
        ({"TRUSTED_PROXIES": ["10.0.0.7", "10.1.0.0/16", "2001:db8::/64", "::1"]}, []),
        ({"TRUSTED_PROXIES": ["10.0.0.7"], "HTTPS_ONLY": False}, ["E013"]),
        ({"TRUSTED_PROXIES": ["proxy.example.com", "10.0.0.7/16", "10.0.0.7"]}, ["E018", "E018"]),
        ({"TRUSTED_PROXIES": ["0.0.0.0/0", "::/0"]}, ["E019", "E019"]),
        ({"BASE_PATH": "/team/queue-scope.1"}, []),
        ({"BASE_PATH": "queuescope"}, ["E017"]),
        ({"BASE_PATH": "/a//b"}, ["E017"]),
        ({"BASE_PATH": "/a/../b"}, ["E017"]),
        ({"BASE_PATH": "/a?b"}, ["E017"]),
        ({"BASE_PATH": "//evil.example"}, ["E017"]),
        ({"HTTPS_ONLY": False}, ["W014"]),
        ({"HTTPS_ONLY": False, "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"]}, []),
        ({"ALLOWED_HOSTS": ["queues.example.com", ".example.com", "10.0.0.7", "[2001:db8::7]"]}, []),
        ({"ALLOWED_HOSTS": ["https://queues.example.com"]}, ["E015"]),
        ({"ALLOWED_HOSTS": ["queues.example.com:8000"]}, ["E015"]),
        ({"ALLOWED_HOSTS": ["queues.example.com/"]}, ["E015"]),
        ({"ALLOWED_HOSTS": ["queues.example.com other.example.com"]}, ["E015"]),
        ({"ALLOWED_HOSTS": ["*.example.com", "[::1]:8000"]}, ["E015", "E015"]),
        ({"METRICS_TOKEN": "k7Qe2mVx9Lr4Tz8Wn1Bc6Hd3Jf5Gs0Pa"}, []),
        ({"METRICS_TOKEN": "short"}, ["E070"]),
        ({"METRICS_TOKEN": "ab" * 20}, ["E070"]),
        ({"METRICS_TOKEN": "k7Qe2mVx9Lr4Tz8W n1Bc6Hd3Jf5Gs0Pa"}, ["E070"]),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, ["E072"]),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:password@collector:4318"}, ["E072"]),
        ({"METRICS_ADDRESSES": ["10.0.0.7", "10.2.0.9/16", "fd00::/8"]}, []),
        ({"METRICS_ADDRESSES": ["10.0.0.7", "prometheus", "10.0.0.0/33"]}, ["E071", "E071"]),
        ({"HAS_MAIL_SERVER": True, "EMAIL_FROM": "queues@example.com"}, []),
        ({"HAS_MAIL_SERVER": True}, ["E076"]),
        ({"EMAIL_FROM": "queues@example.com"}, ["E076"]),
        ({"CSRF_TRUSTED_ORIGINS": ["https://example.com", "https://*.example.com", "http://[::1]:8000"]}, []),
        ({"CSRF_TRUSTED_ORIGINS": ["foo"]}, ["E016"]),
        ({"CSRF_TRUSTED_ORIGINS": ["ftp://example.com"]}, ["E016"]),
        ({"CSRF_TRUSTED_ORIGINS": ["https://"]}, ["E016"]),
        ({"CSRF_TRUSTED_ORIGINS": ["https://[::1"]}, ["E016"]),
        ({"CSRF_TRUSTED_ORIGINS": ["https://example.com:port"]}, ["E016"]),
        ({"CSRF_TRUSTED_ORIGINS": ["https://example.com/", "https://ana:hunter2@example.com"]}, ["E016", "E016"]),
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
        ({"UPSTREAM_SLOTS": 128}, ["E033"]),
        ({"BATCH_RETENTION": timedelta(0)}, ["E034"]),
        ({"APPROVAL_EXPIRES": timedelta(0)}, ["E039"]),
        ({"AUDIT_RETENTION_DAYS": 29}, ["E075"]),
        ({"AUDIT_RETENTION_DAYS": 30}, []),
        ({"PEEK_BATCH_SIZE": 101}, ["E035"]),
        ({"PULL_BATCH_SIZE": 0}, ["E035"]),
        ({"PORT": 70000}, ["E036"]),
        ({"METRICS_CONCURRENCY": 103}, []),
        ({"METRICS_CONCURRENCY": 104}, ["W037"]),
        ({"UPSTREAM_SLOTS": 128, "WORKER_THREADS": 256}, []),
        ({"UPSTREAM_SLOTS": 129, "WORKER_THREADS": 256}, ["E038"]),
        ({"HOSTS": 0}, ["E030"]),
        ({"DATABASE_POOL_SIZE": 0}, ["E030"]),
        ({"HOSTS": 2}, ["E060", "E061"]),
        ({"HOSTS": 2, "CACHES": REDIS}, ["E060"]),
        ({"WEB_CONCURRENCY": 2}, ["W062"]),
        ({"WEB_CONCURRENCY": 2, "CACHES": REDIS}, []),
        ({"WEB_CONCURRENCY": 2, "CACHES": cache_in("filebased.FileBasedCache")}, []),
    ],
)
def test_each_fault_has_its_id(settings: Settings, changes: dict[str, Any], expected: list[str]) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert ids() == expected


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        ("locmem.LocMemCache", ["E061"]),
        ("filebased.FileBasedCache", ["E061"]),
        ("db.DatabaseCache", []),
        ("redis.RedisCache", []),
    ],
)
def test_several_hosts_need_a_cache_that_is_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, cache: str, expected: list[str]
) -> None:
    monkeypatch.setitem(project.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    settings.CACHES = cache_in(cache)
    settings.HOSTS = settings.WEB_CONCURRENCY = 2
    assert ids() == expected


def test_a_database_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(project.DATABASES["default"], "NAME", ":memory:")
    assert ids() == ["E040"]


def database(monkeypatch: pytest.MonkeyPatch, name: Path | str, engine: str = "sqlite3") -> None:
    """Settings with this database, whichever the tests themselves use."""
    monkeypatch.setitem(project.DATABASES["default"], "ENGINE", f"django.db.backends.{engine}")
    monkeypatch.setitem(project.DATABASES["default"], "NAME", str(name))


def test_a_database_file_is_made_where_it_can_be_and_a_relative_one_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database(monkeypatch, tmp_path / "db.sqlite3")
    assert ids() == []
    database(monkeypatch, "db.sqlite3")
    assert ids() == []


def test_a_database_in_a_directory_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database(monkeypatch, tmp_path / "nope" / "db.sqlite3")
    (message,) = found()
    assert message.id == "queuescope.E041"
    assert message.msg == f"DATABASE_URL names a file in {tmp_path / 'nope'}, and there is no such directory."


def test_a_directory_is_no_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database(monkeypatch, tmp_path)
    assert ids() == ["E041"]


@pytest.mark.parametrize("what", ["", "db.sqlite3"])
def test_a_database_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str) -> None:
    (tmp_path / "db.sqlite3").touch()
    # By what the system says and not by the mode, since the tests may run as one who may write everywhere.
    really = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path / what and really(path, mode))
    database(monkeypatch, tmp_path / "db.sqlite3")
    (message,) = found()
    assert message.id == "queuescope.E042"
    assert str(tmp_path / what) in message.msg


def test_where_postgresql_is_nobody_looks_before_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    database(monkeypatch, "/nope/queues", engine="postgresql")
    assert ids() == []


def test_the_connections_are_as_many_as_the_pool_has() -> None:
    assert limits.CONNECTIONS == network._MOST_CONNECTIONS


def test_commands_in_hints_are_for_the_python_that_has_what_they_need(settings: Settings) -> None:
    for name in ("SECRET_KEY", "CREDENTIAL_KEYS"):
        setattr(settings, name, "")
    hints = [str(message.hint) for message in found()]
    settings.CREDENTIAL_KEYS = ["not a key"]
    hints += [str(message.hint) for message in found()]
    assert len(hints) == 4
    assert all(hint.startswith("Make one: .venv/bin/python -c ") for hint in hints)


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


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run our interpreter in a process of its own, with nothing but these settings."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def start(module: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return python("-c", f"import {module}", **environment)


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return python("manage.py", *arguments, **environment)


def test_the_server_refuses_to_start_with_a_sentence_for_each_fault() -> None:
    done = start(
        "dashboard.wsgi", CREDENTIAL_KEYS="hunter2", HTTPS_ONLY="perhaps", ALLOWED_HOSTS="*", STATIC_ROOT="/nope"
    )
    assert done.returncode == 3  # what gunicorn does not try again
    assert done.stderr.startswith("Queuescope does not start")
    for number in ("E001", "E002", "E005", "E011", "E050"):
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


def in_order(tmp_path: Path) -> dict[str, str]:
    """The environment of a deployment that starts."""
    return {
        "SECRET_KEY": GOOD_SIGNING_KEY,
        "CREDENTIAL_KEYS": GOOD_KEY,
        "ALLOWED_HOSTS": "queues.example.com",
        "STATIC_ROOT": str(tmp_path / "static"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "WEB_CONCURRENCY": "1",
    }


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """Static files as `manage.py collectstatic` leaves them, though uncompressed."""
    manifest = {
        **project.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    with override_settings(STATIC_ROOT=tmp_path / "static", STORAGES=manifest):
        call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path / "static" / "staticfiles.json"


@pytest.mark.usefixtures("collected")
def test_the_server_starts_when_settings_are_in_order_even_without_its_database(tmp_path: Path) -> None:
    # The database is not there: the server starts all the same, and its pages say so.
    done = start("dashboard.wsgi", **in_order(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "db.sqlite3").exists()


@pytest.mark.usefixtures("collected")
def test_a_warning_is_told_at_the_start_and_does_not_stop_it(tmp_path: Path) -> None:
    done = start("dashboard.wsgi", **in_order(tmp_path), HTTPS_ONLY="0")
    assert done.returncode == 0
    assert done.stderr.startswith("Queuescope starts, but see to its settings.\n  queuescope.W014: ")


@pytest.mark.parametrize("manifest", [None, "{", '{"version": "1.1", "paths": {}}'])
def test_the_server_refuses_static_files_that_are_not_collected_or_old(
    tmp_path: Path, collected: Path, manifest: str | None
) -> None:
    if manifest is None:
        collected.unlink()
    else:
        collected.write_text(manifest)
    done = start("dashboard.wsgi", **in_order(tmp_path))
    assert done.returncode == 3
    assert "queuescope.E050: " in done.stderr
    assert "Run .venv/bin/python manage.py collectstatic --no-input" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["migrate", "collectstatic", "check"])
def test_what_prepares_a_deployment_runs_before_static_files_are_collected(tmp_path: Path, command: str) -> None:
    arguments = [] if command == "check" else ["--no-input", "--verbosity=0"]
    done = manage(command, *arguments, **in_order(tmp_path))
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("collected")
def test_the_server_refuses_a_database_that_cannot_be_there_with_a_sentence(tmp_path: Path) -> None:
    done = start("dashboard.wsgi", **{**in_order(tmp_path), "DATABASE_URL": "sqlite:////nope/db.sqlite3"})
    assert done.returncode == 3
    assert "queuescope.E041: DATABASE_URL names a file in /nope, and there is no such directory." in done.stderr
    assert "Traceback" not in done.stderr


def test_traces_need_their_libraries(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://collector:4318"
    monkeypatch.setattr(traces, "are_installed", lambda: False)
    assert ids() == ["E073"]
    monkeypatch.setattr(traces, "are_installed", lambda: True)
    assert ids() == []
