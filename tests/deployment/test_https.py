"""What a real server tells a browser when it is deployed behind a proxy with HTTPS."""

import re

import pytest

from tests.deployment.conftest import Scene, Start
from tests.deployment.serving import Dashboard

SECURE = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
HSTS = "max-age=31536000; includeSubDomains; preload"


@pytest.fixture
def dashboard(start: Start) -> Dashboard:
    return start(HTTPS_ONLY="1", TRUSTED_PROXIES="127.0.0.1")


def test_https_is_demanded_and_remembered_and_nothing_tells_the_version(scene: Scene, dashboard: Dashboard) -> None:
    with dashboard.browser(scene.session) as browser:
        plain = browser.get("/audit/")
        assert plain.status_code == 301
        assert plain.headers["Location"].startswith("https://127.0.0.1")

        page = browser.get("/audit/", headers=SECURE)
        assert page.status_code == 200
        addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        answers = [page, *(browser.get(address, headers=SECURE) for address in addresses[:3])]
        answers.append(browser.get("/nothing/", headers=SECURE))
        for answer in answers:
            assert answer.headers["Strict-Transport-Security"] == HSTS
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            # gunicorn names itself and no version; nothing else tells what runs here.
            assert answer.headers["Server"] == "gunicorn"
            assert "X-Powered-By" not in answer.headers
        static = answers[1].headers["Cache-Control"]
        assert "immutable" in static

        signing_in = browser.get("/sign-in/", headers={**SECURE, "Cookie": ""})
        for cookie in signing_in.headers.get_list("Set-Cookie"):
            assert "; Secure" in cookie
            assert "; HttpOnly" in cookie
            assert "; SameSite=Lax" in cookie
        assert "Django" not in page.text


def test_a_header_that_a_client_adds_in_front_of_the_proxy_s_does_not_change_who_it_was(
    scene: Scene, dashboard: Dashboard
) -> None:
    with dashboard.browser() as visitor:
        forged = {**SECURE, "X-Forwarded-For": "203.0.113.66, 192.0.2.7"}
        forged["Origin"] = dashboard.url.replace("http:", "https:")
        answer = visitor.post("/sign-in/", data={"login": "owner", "password": "wrong"}, headers=forged)
        assert answer.status_code == 200, answer.text
    (entry,) = dashboard.entries("session.sign_in")
    assert (entry["client_address"], entry["outcome"]) == ("192.0.2.7", "failed")
