"""`manage.py person` and `manage.py demo`: who can sign in, and as what."""

import io
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from queues_app import upstream
from queues_app.management.commands.demo import PEOPLE, WITHOUT_CREDENTIAL
from queues_app.models import AuditEntry, Environment, User
from queues_app.sandbox import Sandbox

GOOD = "a long enough passphrase 7"

pytestmark = pytest.mark.django_db


def say(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """What comes down a pipe as the password."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(line))


def person(*arguments: str) -> str:
    out = io.StringIO()
    call_command("person", *arguments, stdout=out)
    return out.getvalue()


def roles(name: str) -> list[str]:
    return list(User.objects.get(username=name).groups.values_list("name", flat=True))


def test_a_person_is_added_with_a_role_and_can_sign_in(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    say(monkeypatch, f"{GOOD}\n")
    told = person("mia", "--role", "Operator", "--full-name", "Mia Stone Lake")
    assert told == "mia: Operator; may sign in.\n"
    assert User.objects.get(username="mia").get_full_name() == "Mia Stone Lake"
    assert client.post("/sign-in/", {"login": "mia", "password": GOOD}).status_code == 302


def test_a_role_is_changed_and_not_added_to_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, GOOD)
    person("mia", "--role", "Operator")
    person("mia", "--role", "Auditor")
    assert roles("mia") == ["Auditor"]


def test_a_closed_account_cannot_sign_in_and_keeps_its_role(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    say(monkeypatch, GOOD)
    person("mia", "--role", "Operator")
    assert person("mia", "--close") == "mia: Operator; may not sign in any more.\n"
    answer = client.post("/sign-in/", {"login": "mia", "password": GOOD}, follow=True)
    assert answer.status_code == 403
    assert "This account is closed" in answer.text
    assert client.get("/audit/").status_code == 302
    assert person("mia") == "mia: Operator; may sign in.\n"


@pytest.mark.parametrize("arguments", [["mia"], ["mia", "--close"], ["mia", "--close", "--role", "Viewer"]])
def test_nobody_is_added_by_mistake(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="There is nobody named mia"):
        person(*arguments)


@pytest.mark.parametrize(("name", "password"), [("mia", "short"), ("mia", ""), ("not a name!", GOOD)])
def test_a_bad_name_or_password_adds_nobody(monkeypatch: pytest.MonkeyPatch, name: str, password: str) -> None:
    say(monkeypatch, password)
    with pytest.raises(CommandError):
        person(name, "--role", "Viewer")
    assert not User.objects.exists()


@pytest.fixture
def password_file(tmp_path: Path, settings: Settings) -> Path:
    settings.STATIC_ROOT = tmp_path / "static"
    path = tmp_path / "password"
    path.write_text(f"{GOOD}\n")
    return path


def demo(password_file: Path) -> str:
    out = io.StringIO()
    call_command("demo", password_file=password_file, stdout=out)
    return out.getvalue()


def test_the_demo_has_a_person_for_each_role_and_tells_how_to_sign_in(
    upstream_url: str, password_file: Path, client: Client
) -> None:
    lines = demo(password_file).splitlines()
    assert [line.split()[3] for line in lines[: len(PEOPLE)]] == list(PEOPLE)
    assert lines[len(PEOPLE) :] == [
        f"sandbox url: {upstream_url}",
        "sandbox account: 7d1f0c3ab2e94f6d8a55c0e1b9274c1e",
        f"sandbox token: {Sandbox(seed=None).tokens['full']}",
    ]
    for name, (_full_name, role) in PEOPLE.items():
        assert roles(name) == [role]
        assert client.post("/sign-in/", {"login": name, "password": GOOD}).status_code == 302
        client.post("/sign-out/")


@pytest.mark.usefixtures("upstream_url")
def test_the_demo_gives_a_checked_credential_with_both_accounts(password_file: Path) -> None:
    demo(password_file)
    ana = User.objects.get(username="ana")
    credential = ana.credentials.get()
    assert [account.environment for account in credential.accounts.all()] == [Environment.SANDBOX] * 2
    assert credential.status == "active"
    assert set(credential.accounts.values_list("name", flat=True)) == {"acme-logistics", "acme-labs"}
    assert {user.username for user in User.objects.filter(credentials=None)} == WITHOUT_CREDENTIAL


@pytest.mark.usefixtures("upstream_url")
def test_a_second_start_changes_nothing(password_file: Path) -> None:
    demo(password_file)
    before = list(User.objects.values_list("username", "password"))
    entries = AuditEntry.objects.count()
    demo(password_file)
    assert list(User.objects.values_list("username", "password")) == before
    assert AuditEntry.objects.count() == entries


def test_the_demo_never_touches_the_real_api(settings: Settings, password_file: Path) -> None:
    settings.CLOUDFLARE_API_BASE_URL = "https://api.cloudflare.com/client/v4"
    with pytest.raises(CommandError, match="on this machine only"):
        demo(password_file)
    assert not User.objects.exists()


def test_a_sandbox_that_is_not_there_is_a_sentence(settings: Settings, password_file: Path) -> None:
    settings.CLOUDFLARE_API_BASE_URL = "http://127.0.0.1:9/client/v4"
    with pytest.raises(CommandError, match="The sandbox did not take its own token"):
        demo(password_file)
    upstream.close()
