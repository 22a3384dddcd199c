"""What happens to somebody whose session is over."""

import pytest
from django.test import Client

from tests.support.people import PASSWORD, Cast, signed_in

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/audit/?outcome=failed"}


@pytest.mark.django_db
def test_a_page_leads_to_sign_in_and_back(client: Client) -> None:
    response = client.get("/audit/?outcome=failed")
    assert response.status_code == 302
    assert response.headers["Location"] == "/sign-in/?next=/audit/%3Foutcome%3Dfailed"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_leaves_the_page_instead_of_showing_sign_in_inside_it(client: Client, method: str) -> None:
    response = getattr(client, method)("/preferences/", headers=HTMX)
    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == "/sign-in/?next=/audit/%3Foutcome%3Dfailed"
    assert response.content == b""


@pytest.mark.django_db
def test_htmx_on_a_page_of_another_site_leads_to_the_first_page(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/trap/"}
    response = client.get("/audit/", headers=headers)
    assert response.headers["HX-Redirect"] == "/sign-in/?next=/"


@pytest.mark.django_db
def test_a_form_that_was_sent_leads_back_to_the_page_it_was_on(client: Client) -> None:
    response = client.post("/preferences/", headers={"Referer": "http://testserver/audit/?user=ana"})
    assert response.headers["Location"] == "/sign-in/?next=/audit/%3Fuser%3Dana"


@pytest.mark.django_db
def test_a_form_from_elsewhere_leads_to_the_first_page(client: Client) -> None:
    response = client.post("/preferences/", headers={"Referer": "https://evil.example/audit/"})
    assert response.headers["Location"] == "/sign-in/?next=/"


@pytest.mark.parametrize("odd", ["http://[", "http://%5B", "http://[::1/", "//[x]y/"])
@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL"])
@pytest.mark.django_db
def test_an_address_that_is_none_leads_to_the_first_page(client: Client, header: str, odd: str) -> None:
    headers = {header: odd, "HX-Request": "true" if header != "Referer" else "false"}
    response = client.post("/preferences/", headers=headers)
    assert response.headers.get("Location", response.headers.get("HX-Redirect")) == "/sign-in/?next=/"


@pytest.mark.parametrize("path", ["/", "/credentials/", "/audit/", "/preferences/", "/credentials/add/"])
@pytest.mark.django_db
def test_no_page_opens_without_signing_in(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("path", ["/sign-up/", "/accounts/signup/", "/password/reset/", "/admin/"])
@pytest.mark.django_db
def test_there_is_no_sign_up_and_no_admin(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_session_ends_with_signing_out(cast: Cast) -> None:
    browser = signed_in(cast.owner)
    stolen = Client()
    stolen.cookies = browser.cookies.copy()  # type: ignore[assignment]
    assert browser.post("/sign-out/").status_code == 302
    assert stolen.get("/credentials/").status_code == 302


def test_a_link_cannot_sign_anybody_out(cast: Cast) -> None:
    browser = signed_in(cast.owner)
    assert browser.get("/sign-out/").status_code == 405
    assert browser.get("/credentials/").status_code == 200


def test_signing_in_leads_to_no_other_site(cast: Cast) -> None:
    form = {"login": cast.owner.username, "password": PASSWORD, "next": "https://evil.example/"}
    response = Client().post("/sign-in/", form)
    assert response.status_code == 302
    assert response.headers["Location"] == "/"
