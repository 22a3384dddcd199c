"""The headers of every answer, asserted exactly."""

import pytest
from django.test import Client

from tests.support.people import Cast, signed_in

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), usb=()",
}
ON_PAGES = {**EVERYWHERE, "Content-Security-Policy": POLICY, "X-Frame-Options": "DENY"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz/", "/sign-in/", "/", "/nothing/here/"])
def test_every_answer_carries_the_security_headers(client: Client, path: str) -> None:
    response = client.get(path)
    assert {name: response.headers.get(name) for name in ON_PAGES} == ON_PAGES


def test_a_signed_in_page_carries_them_too_and_no_cache_keeps_it(cast: Cast) -> None:
    response = signed_in(cast.owner).get("/credentials/")
    assert response.status_code == 200
    assert {name: response.headers.get(name) for name in ON_PAGES} == ON_PAGES
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db  # closing an answer looks at the connection
def test_static_files_may_be_kept_but_not_used_by_other_sites(client: Client) -> None:
    response = client.get("/static/icons.svg")
    response.close()  # whitenoise streams from an open file
    assert response.status_code == 200
    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "no-store" not in response.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.django_db
def test_the_sign_in_page_is_kept_by_no_cache(client: Client) -> None:
    assert "no-store" in client.get("/sign-in/").headers["Cache-Control"]


@pytest.mark.django_db
def test_pages_are_compressed_for_those_who_ask(client: Client) -> None:
    response = client.get("/sign-in/", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Vary"] == "Cookie, Accept-Encoding"
