"""The whole site below a path, behind a real proxy with TLS: every address, cookie and redirect stays below it."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deployment.conftest import Scene, Start
from tests.deployment.forms import pull_form
from tests.deployment.proxy import tls_proxy
from tests.support.people import PASSWORD, take_password

BASE = "/team/queuescope"
ADDRESSES = re.compile(r'(?:href|src|action|hx-get|hx-post|data-base)="([^"#?]*)')


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """The owner can sign in by form."""
    take_password(scene.account.credential.owner)
    return scene


@pytest.fixture(params=["BASE_PATH, passed on", "BASE_PATH, taken off", "X-Forwarded-Prefix"])
def browser(request: pytest.FixtureRequest, start: Start, tmp_path: Path) -> Iterator[httpx.Client]:
    """Three ways to say it, and the same site."""
    by_header = request.param == "X-Forwarded-Prefix"
    dashboard = start(HTTPS_ONLY="1", TRUSTED_PROXIES="127.0.0.1", BASE_PATH="" if by_header else BASE)
    strips = "" if request.param == "BASE_PATH, passed on" else BASE
    adds = {"X_Forwarded_Prefix": BASE} if by_header else {}
    with tls_proxy(dashboard.url, tmp_path, strips=strips, **adds) as client:
        yield client


def sign_in(browser: httpx.Client, address: str) -> httpx.Response:
    page = browser.get(address)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    hidden = re.search(r'name="next" value="([^"]+)"', page.text)
    assert token, page.text
    assert hidden, page.text
    form = {"login": "owner", "password": PASSWORD, "csrfmiddlewaretoken": token[1], "next": hidden[1]}
    return browser.post(f"{BASE}/sign-in/", data=form, headers={"Referer": str(page.url)})


def all_below(page: httpx.Response) -> list[str]:
    assert page.status_code == 200, page.text
    found = [address for address in ADDRESSES.findall(page.text) if address.startswith("/")]
    assert found
    assert [address for address in found if not address.startswith(f"{BASE}/")] == []
    return found


def test_people_sign_in_look_pull_and_sign_out_below_the_path(browser: httpx.Client, scene: Scene) -> None:
    wanted = f"{BASE}{scene.place}"
    asked = browser.get(wanted)
    assert asked.status_code == 302
    assert asked.headers["Location"] == f"{BASE}/sign-in/?next={wanted}"

    signed_in = sign_in(browser, asked.headers["Location"])
    assert (signed_in.status_code, signed_in.headers["Location"]) == (302, wanted), signed_in.text
    assert {cookie.path for cookie in browser.cookies.jar} == {f"{BASE}/"}

    page = browser.get(wanted)
    files = [address for address in all_below(page) if "/static/" in address]
    assert len(files) > 3
    for address in files[:4]:
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]

    here = {"Referer": str(page.url), "X-CSRFToken": browser.cookies["csrftoken"]}
    pulled = browser.post(f"{wanted}pull/", data=pull_form(), headers=here)
    assert pulled.status_code == 303, pulled.text
    assert pulled.headers["Location"].startswith(f"{wanted}batches/")
    all_below(browser.get(pulled.headers["Location"]))
    for place in ("/", "/leases/", "/audit/", "/credentials/"):
        all_below(browser.get(f"{BASE}{place}", follow_redirects=True))

    left = browser.post(f"{BASE}/sign-out/", headers=here)
    assert (left.status_code, left.headers["Location"]) == (302, f"{BASE}/sign-in/")
    assert browser.get(f"{BASE}/audit/").headers["Location"] == f"{BASE}/sign-in/?next={BASE}/audit/"


def test_htmx_is_sent_back_to_the_page_it_was_on(browser: httpx.Client, scene: Scene) -> None:
    on = f"{browser.base_url.copy_with(path=f'{BASE}{scene.place}')}"
    asked = browser.get(f"{BASE}/leases/", headers={"HX-Request": "true", "HX-Current-URL": on})
    assert asked.headers["HX-Redirect"] == f"{BASE}/sign-in/?next={BASE}{scene.place}"
    signed_in = sign_in(browser, asked.headers["HX-Redirect"])
    assert signed_in.headers["Location"] == f"{BASE}{scene.place}"
    part = browser.get(f"{BASE}/leases/", headers={"HX-Request": "true", "HX-Current-URL": on})
    assert part.status_code == 200


def test_a_form_with_nowhere_to_go_back_to_leads_to_the_first_page(browser: httpx.Client) -> None:
    signed_in = sign_in(browser, f"{BASE}/sign-in/?next={BASE}/audit/")
    assert signed_in.headers["Location"] == f"{BASE}/audit/"
    token = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": str(browser.base_url)}
    saved = browser.post(f"{BASE}/preferences/", data={"theme": "dark", "next": "//evil.example/"}, headers=token)
    assert (saved.status_code, saved.headers["Location"]) == (302, f"{BASE}/")
    assert f"Path={BASE}/" in saved.headers["Set-Cookie"]
    away = browser.get(f"{BASE}/nothing/here/")
    assert away.status_code == 404
    assert f'href="{BASE}/"' in away.text
