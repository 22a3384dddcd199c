"""What the documents say is so: commands, settings, checks, roles, versions and files that they name exist."""

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import get_resolver

from queues_app import bodies
from queues_app.access import ROLES, Permission
from queues_app.finding import parse

ROOT = Path(__file__).resolve().parent.parent
DOCS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXAMPLE = (ROOT / ".env.example").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()

# Made by commands, so named in documents and not in the repository.
GENERATED = re.compile(r"(\.venv|\.demo|\.env\b|db\.sqlite3|staticfiles|/data/|/run/)")


def each_doc(test: Any) -> Any:
    return pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.name)(test)


def test_every_setting_is_in_the_example_and_in_the_table_and_nothing_else_is() -> None:
    in_example = set(re.findall(r"^#?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE))
    in_table = set(re.findall(r"^\| `([A-Z][A-Z_]+)` \|", CONFIGURATION, re.MULTILINE))
    assert in_example == settings.ENVIRONMENT.names
    assert in_table == settings.ENVIRONMENT.names


def test_the_readme_names_real_settings() -> None:
    named = set(re.findall(r"^\| `([A-Z][A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named
    assert named <= settings.ENVIRONMENT.names


def test_the_defaults_that_are_told_are_the_defaults() -> None:
    names = sorted(settings.ENVIRONMENT.names)
    program = (
        "import json, sys; from dashboard import settings; "
        "print(json.dumps({name: str(getattr(settings, name, '')) for name in sys.argv[1:]}))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program, *names],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    real = {
        name: float(value) for name, value in json.loads(done.stdout).items() if re.fullmatch(r"\d+(\.\d+)?", value)
    }
    in_example = dict(re.findall(r"^#([A-Z_]+)=([\d.]+)$", EXAMPLE, re.MULTILINE))
    in_table = dict(re.findall(r"^\| `([A-Z_]+)` \| `([\d.]+)` \|", CONFIGURATION, re.MULTILINE))
    for told in (in_example, in_table):
        assert {name: float(told[name]) for name in real} == real


def test_every_check_is_explained_and_no_other() -> None:
    source = "".join(path.read_text() for path in (ROOT / "queues_app" / "checks").glob("*.py"))
    errors = {f"queuescope.E{int(number):03}" for number in re.findall(r"_(?:error|roles)\(\s*(\d+),", source)}
    warnings = set(re.findall(r'id="(queuescope\.W\d+)"', source))
    explained = re.findall(r"^\| `(queuescope\.[EW]\d{3})` \|", CONFIGURATION, re.MULTILINE)
    assert set(explained) == errors | warnings
    assert explained == sorted(explained, key=lambda check: check[-3:])


@each_doc
def test_scripts_that_are_named_can_be_run(doc: Path) -> None:
    for name in set(re.findall(r"(?<![\w/])(?:scripts|\.ci)/[a-z]+\b(?!/)", doc.read_text())):
        assert os.access(ROOT / name, os.X_OK), name


@each_doc
def test_management_commands_and_their_options_exist(doc: Path) -> None:
    commands = get_commands()
    for name, rest in re.findall(r"manage\.py ([a-z_]+)([^`\n]*)", doc.read_text()):
        assert name in commands, name
        command = load_command_class(commands[name], name)
        known = command.create_parser("manage.py", name)._option_string_actions
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= set(known), (name, rest)


@each_doc
def test_files_that_are_named_exist(doc: Path) -> None:
    text = doc.read_text()
    links = [target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target]
    assert [target for target in links if not (doc.parent / target).exists()] == []
    named = re.findall(r"`([\w.-]+(?:/[\w.-]*)+|[\w-]+\.(?:py|md|toml|txt|html))`", text)
    missing = [name for name in named if not GENERATED.search(name) and not any(places(name))]
    assert missing == []


def places(name: str) -> list[bool]:
    """Where a name in a document may be: beside the README, or beside the module that is spoken of."""
    return [(ROOT / base / name).exists() for base in ("", "queues_app", "dashboard", "docs")]


def test_versions_agree() -> None:
    least = PROJECT["project"]["requires-python"].removeprefix(">=")
    local = (ROOT / ".python-version").read_text().strip()
    assert f"Python {least} or newer" in (ROOT / "README.md").read_text()
    assert PROJECT["tool"]["mypy"]["python_version"] == least
    assert PROJECT["tool"]["ruff"]["target-version"] == "py" + least.replace(".", "")
    assert tuple(map(int, local.split("."))) >= tuple(map(int, least.split(".")))
    assert set(re.findall(r"^FROM python:([\d.]+)-", (ROOT / "Dockerfile").read_text(), re.MULTILINE)) == {local}


def test_the_newest_change_is_of_this_version() -> None:
    versions = re.findall(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == PROJECT["project"]["version"]


def test_the_readme_tells_every_role_and_what_it_may_do() -> None:
    readme = (ROOT / "README.md").read_text()
    told = dict(re.findall(r"^\| (\w+) ((?:\| (?:yes|no) )+)\|$", readme, re.MULTILINE))
    columns = (Permission.SEE_QUEUES, Permission.PULL, Permission.SEE_ALL_AUDIT)
    assert {role: re.findall("yes|no", row) for role, row in told.items()} == {
        role: ["yes" if column in held else "no" for column in columns] for role, held in ROLES.items()
    }


def test_the_readme_tells_both_ways_to_manage_people() -> None:
    assert {"people", "invite"} <= {str(name) for name in get_resolver().reverse_dict}
    readme = (ROOT / "README.md").read_text()
    assert "`manage.py person`" in readme
    assert "`manage.py invite`" in readme


@pytest.mark.parametrize(
    ("word", "body", "declared"),
    [
        ("gzip", gzip.compress(b'{"a":1}', mtime=0), "bytes"),
        ("CBOR", b"\xa1aa\x01", "bytes"),
        ("MessagePack", b"\x81\xa1a\x01", "bytes"),
        ("v8 bodies", b'\xff\x0fo"\x01aI\x02{\x01', "v8"),
    ],
)
def test_the_bodies_that_the_readme_promises_are_read(word: str, body: bytes, declared: str) -> None:
    assert word in " ".join((ROOT / "README.md").read_text().split())
    assert bodies.read(base64.b64encode(body).decode(), declared).value() == {"a": 1}


def filters() -> list[str]:
    """The examples of docs/finding.md, as they are typed."""
    rows = re.findall(r"^\| `(.+?)` \| ", (ROOT / "docs" / "finding.md").read_text(), re.MULTILINE)
    return [row.replace("\\|", "|") for row in rows]


@pytest.mark.parametrize("example", filters())
def test_every_filter_that_is_shown_as_an_example_can_be_typed(example: str) -> None:
    assert parse(example) != parse("")


@pytest.mark.parametrize("name", [".env.example", "README.md", "docs/configuration.md"])
def test_what_is_to_be_copied_names_the_python_that_has_the_libraries(name: str) -> None:
    assert re.findall(r"(?<!\.venv/bin/)\bpython -c", (ROOT / name).read_text()) == []
