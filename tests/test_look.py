"""What templates and static files promise together: drawings that exist, nothing forbidden, few bytes."""

import gzip
import re
from pathlib import Path

import django_htmx
import pytest
from django.conf import settings

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
STATIC = settings.BASE_DIR / "static"
FIRST_LOAD = 60 * 1024  # bytes, compressed: styles, scripts, drawings and htmx of one page


def relative(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


def test_every_drawing_that_templates_name_exists() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "icons.svg").read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r'{% icon "([a-z-]+)"', path.read_text())}
    assert named - drawn == set()


def test_every_static_file_that_templates_name_exists() -> None:
    named = {name for path in TEMPLATES for name in re.findall(r"{% static '([^']+)'", path.read_text())}
    assert {name for name in named if not (STATIC / name).is_file()} == set()


def test_every_style_and_script_is_used_by_a_template() -> None:
    everything = "".join(path.read_text() for path in TEMPLATES)
    files = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.css")]
    files += [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js")]
    assert [name for name in files if name not in everything] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_no_template_holds_what_the_content_policy_forbids(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|\shx-on|javascript:|data:", text)


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.css")), ids=relative)
def test_styles_fetch_nothing_and_stay_in_their_layer(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"^(?!@layer|\s|}|$)", text, flags=re.MULTILINE)


def test_colours_are_named_in_one_place() -> None:
    literal = re.compile(r"#[0-9a-f]{3,8}\b|\brgb\(", re.IGNORECASE)
    found = {
        path.name: set(literal.findall(path.read_text())) - {"#fff"}
        for path in STATIC.rglob("*.css")
        if path.name != "tokens.css"
    }
    assert {name: colours for name, colours in found.items() if colours} == {}


@pytest.mark.parametrize("name", ["queues/index.html", "queues/frame.html", "audit/index.html", "credentials/add.html"])
def test_the_first_load_of_a_page_is_small(name: str) -> None:
    frame = "".join((settings.BASE_DIR / "templates" / each).read_text() for each in ("base.html", "shell.html", name))
    files = [STATIC / each for each in re.findall(r"{% static '([^']+)' %}", frame)]
    files += [STATIC / "icons.svg", Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < FIRST_LOAD
