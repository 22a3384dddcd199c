"""The scripts of the workflow, and what the repository must not hold."""

import os
import re
import socket
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = sorted([path for path in (ROOT / "scripts").rglob("*") if path.is_file()] + [ROOT / ".ci" / "run"])
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = ("python3.13", "python3.12", "python3.14", "python3")

NOT_OURS = {".git", ".venv", ".demo", "staticfiles", "__pycache__", ".hypothesis"}
TEXT = {"", ".py", ".md", ".txt", ".toml", ".html", ".css", ".js", ".svg", ".yaml", ".example"}
# Split, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of somebody's machine": re.compile("/(?:ro" + r"ot|wo" + r"rk|ho" + r"me/\w+|Us" + r"ers/\w+)/"),
    "a registry": re.compile("pypi" + r"\.org|python" + r"hosted|extra-" + r"index-url|registry\.npm"),
    "a private key": re.compile("BEGIN [A-Z ]*PRIVATE " + "KEY"),
}


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own scripts
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_plain_shell_that_stops_at_the_first_failure(script: Path) -> None:
    text = script.read_text()
    assert text.startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in text
    assert os.access(script, os.X_OK)
    assert run("sh", "-n", script).stderr == ""


def test_no_file_holds_what_belongs_to_one_machine() -> None:
    found = []
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name not in NOT_OURS and not name.endswith("_cache")]
        for path in (Path(folder, name) for name in files):
            if path.suffix not in TEXT or path.name in (".env", ".git"):
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(ROOT)}: {what}" for what, form in FORBIDDEN.items() if form.search(text)]
    assert found == []


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_pin_has_hashes_and_no_lock_an_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"--(?!hash=)", text)
    blocks = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(blocks) == len(pins(lock)) > 0
    assert all("--hash=sha256:" in block for block in blocks)


def test_locks_agree_with_each_other() -> None:
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, version in pins(lock).items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("base", PROJECT["project"]["dependencies"]),
        ("postgres", PROJECT["project"]["optional-dependencies"]["postgres"]),
        ("test", PROJECT["dependency-groups"]["test"]),
        ("lint", PROJECT["dependency-groups"]["lint"]),
        ("telemetry", PROJECT["project"]["optional-dependencies"]["telemetry"]),
        ("bench", PROJECT["dependency-groups"]["bench"]),
    ],
)
def test_locks_hold_what_the_project_asks_for(lock: str, wanted: list[str]) -> None:
    locked = pins(ROOT / "requirements" / f"{lock}.txt")
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A bare checkout, as far as scripts/install looks; in a folder with a blank in its name."""
    root = tmp_path / "a checkout"
    for name in ("scripts/install", "requirements/base.txt"):
        target = root / name
        target.parent.mkdir(parents=True)
        target.write_bytes((ROOT / name).read_bytes())
        target.chmod(0o755)
    return root


def fake_pythons(folder: Path, program: str) -> str:
    """A PATH whose Pythons all run this shell program."""
    folder.mkdir()
    for name in PYTHONS:
        (folder / name).write_text(f"#!/bin/sh\n{program}\n")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize("program", ["echo 'shim: not installed' >&2; exit 127", "exit 1"])
def test_without_a_new_enough_python_a_sentence_says_so(checkout: Path, tmp_path: Path, program: str) -> None:
    done = run(checkout / "scripts/install", cwd=tmp_path, PATH=fake_pythons(tmp_path / "bin", program))
    assert done.returncode == 1
    assert done.stderr.startswith("scripts/install: no Python 3.12 or newer found")
    # No dot after what is there to be copied.
    assert done.stderr.endswith(f"PYTHON=… {checkout / 'scripts/install'}\n")
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_told_with_what_to_install(checkout: Path, tmp_path: Path) -> None:
    program = 'case "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac'
    done = run(checkout / "scripts/install", cwd=tmp_path, PATH=fake_pythons(tmp_path / "bin", program))
    assert done.returncode == 1
    assert "apt install python3.12-venv" in done.stderr


def test_a_group_that_does_not_exist_is_told(checkout: Path) -> None:
    done = run(checkout / "scripts/install", "nonsense")
    assert done.returncode == 1
    assert "There are: test, lint, postgres, telemetry, bench." in done.stderr


def test_the_demo_says_which_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(ROOT / "scripts/demo", cwd=tmp_path, PORT=port, DEMO_DIR=str(tmp_path / "demo"))
    assert done.returncode == 1
    assert f"port {port} cannot be had" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["http", "0", "65536", "80 80", "-1", "８０００"])
def test_the_demo_refuses_what_is_no_port(tmp_path: Path, port: str) -> None:
    done = run(ROOT / "scripts/demo", PORT=port, DEMO_DIR=str(tmp_path / "demo"))
    assert done.returncode == 1
    assert done.stderr == f"scripts/demo: PORT={port} is no port.\n"
