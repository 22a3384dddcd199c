"""The Dockerfile without a container engine: the first stage in a clean directory, the last as nobody."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FIRST, LAST = 0, 1  # the stages
NOBODY: Final = 12345  # a user id that no account has, as OpenShift gives


def instructions(stage: int) -> list[tuple[str, str]]:
    """The instructions of one stage of the Dockerfile, from its FROM on: word and rest, lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in text.splitlines() if line]
    begins = [place for place, (word, _rest) in enumerate(lines) if word == "FROM"]
    begin, end = [*begins, len(lines)][stage : stage + 2]
    return lines[begin:end]


def environment() -> dict[str, str]:
    """What the image sets."""
    pairs = [pair for word, rest in instructions(LAST) if word == "ENV" for pair in shlex.split(rest)]
    return dict(pair.split("=", 1) for pair in pairs)


def build(directory: Path) -> Path:
    """Carry out the first stage in `directory / "app"`, and take every right to write there away."""
    app = directory / "app"
    app.mkdir()
    for word, rest in instructions(FIRST):
        match word:
            case "COPY":
                *names, target = rest.split()
                for name in names:
                    _copy(ROOT / name, app / target / (name if target.endswith("/") else ""))
            case "RUN":
                subprocess.run(  # noqa: S603 - our own scripts
                    shlex.split(rest),
                    cwd=app,
                    env={"PATH": os.environ["PATH"], "CONTAINER_VENV": str(_venv(directory))},
                    check=True,
                    capture_output=True,
                    timeout=300,
                )
            case "FROM" | "WORKDIR":
                pass
            case _:
                raise AssertionError(f"The first stage has {word}, which this does not know.")
    for path in [app, *app.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    return app


def is_root() -> bool:
    return os.geteuid() == 0


def libraries(directory: Path) -> dict[str, str]:
    """What an interpreter that was copied needs to find its own library."""
    copied = directory / "python" / "lib"
    return {"LD_LIBRARY_PATH": str(copied)} if copied.exists() else {}


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _venv(directory: Path) -> Path:
    """An environment that everybody can reach: the one of the tests, or a copy where that lies in somebody's home."""
    venv, base = Path(sys.prefix), Path(sys.base_prefix)
    if not is_root() or (_is_open(venv.resolve()) and _is_open(base.resolve())):
        return venv
    copy, python = directory / "venv", directory / "python"
    if copy.exists():
        return copy
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    unneeded = shutil.ignore_patterns("site-packages", "test", "config-*", "idlelib", "ensurepip")
    shutil.copytree(base / "lib" / version, python / "lib" / version, ignore=unneeded)
    (python / "bin").mkdir()
    shutil.copy(base / "bin" / version, python / "bin")
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy(library, python / "lib")
    (copy / "bin").mkdir(parents=True)
    (copy / "bin" / "python").symlink_to(python / "bin" / version)
    (copy / "pyvenv.cfg").write_text(f"home = {python / 'bin'}\ninclude-system-site-packages = false\n")
    packages, target = venv.resolve() / "lib" / version / "site-packages", copy / "lib" / version / "site-packages"
    target.parent.mkdir(parents=True)
    if _is_open(packages):
        target.symlink_to(packages)
    else:
        tools = shutil.ignore_patterns("playwright", "cloudflare", "mypy", "*__mypyc*")
        shutil.copytree(packages, target, ignore=tools)
    return copy


def _is_open(path: Path) -> bool:
    """Whether everybody may go there."""
    return all(place.stat().st_mode & 0o001 for place in (path, *path.parents))
