"""Adding a credential on its page, with htmx and without, against the sandbox over real HTTP."""

import uuid
from html import unescape
from typing import Any

import pytest
from django.test import Client

from queues_app.models import Action, Credential, CredentialStatus, Kind, Outcome
from queues_app.sandbox import Sandbox
from tests.support.credentials import entries, keep
from tests.support.people import Cast, signed_in

pytestmark = pytest.mark.usefixtures("upstream_url")

ADD = "/credentials/add/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.owner)


def filled(secret: str, **others: str) -> dict[str, str]:
    return {
        "label": "ana, production",
        "kind": "token",
        "secret": secret,
        "environment": "production",
        "intent": str(uuid.uuid4()),
        **others,
    }


def said(response: Any) -> str:
    return unescape(response.content.decode())


def test_an_empty_list_leads_to_adding(client: Client) -> None:
    page = said(client.get("/credentials/"))

    assert "No credential yet" in page
    assert f'href="{ADD}"' in page


def test_the_form_has_what_the_picture_has_and_never_completes_a_secret(client: Client) -> None:
    page = said(client.get(ADD))

    for words in ("Label", "API token", "Global API key", "Account id", "production", "staging", "sandbox"):
        assert words in page
    assert 'type="password" autocomplete="off"' in page
    assert 'data-reveal="id_secret"' in page
    assert "The older way." in page
    assert page.count("<h1>") == 1


def test_a_good_token_leads_to_its_page_with_the_check_up(client: Client, sandbox: Sandbox) -> None:
    sandbox.add_queue("orders-inbound", account="acme-logistics")

    response = client.post(ADD, filled(sandbox.tokens["full"]), follow=True)

    kept = Credential.objects.get()
    assert response.redirect_chain == [(f"/credentials/{kept.pk}/", 303)]
    page = said(response)
    assert "ana, production (ends 0000) is kept." in page
    for words in ("valid and active", "API token, owned by a person", "yes, asked", "follows", "1 queue found"):
        assert words in page


def test_htmx_is_told_to_load_the_new_page_whole(client: Client, sandbox: Sandbox) -> None:
    response = client.post(ADD, filled(sandbox.tokens["full"]), headers=HTMX)

    assert response.headers["HX-Redirect"] == f"/credentials/{Credential.objects.get().pk}/"


@pytest.mark.parametrize(
    "pasted",
    [
        "  {}\n",
        "Bearer {}",
        '"{}"',
        "\u200b{}\ufeff",
        'curl -H "Authorization: Bearer {}" https://api.cloudflare.com/client/v4/accounts',
    ],
)
def test_pasted_junk_is_cleaned(pasted: str, client: Client, sandbox: Sandbox) -> None:
    response = client.post(ADD, filled(pasted.format(sandbox.tokens["full"])))

    assert response.status_code == 303
    assert Credential.objects.get().last_four == sandbox.tokens["full"][-4:]


def test_a_global_key_needs_its_email(client: Client, sandbox: Sandbox) -> None:
    email, key = sandbox.global_key

    refused = client.post(ADD, filled(key, kind="global_key"))
    assert refused.status_code == 422
    assert "Type the e-mail address" in said(refused)
    assert sandbox.calls == []

    client.post(ADD, filled(key, kind="global_key", email=email))
    kept = Credential.objects.get()
    assert (kept.kind, kept.email, kept.status) == (Kind.GLOBAL_KEY, email, CredentialStatus.ACTIVE)
    page = said(client.get(f"/credentials/{kept.pk}/"))
    assert "Global API key, the older way" in page
    assert "With this key you can" in page


def test_an_email_that_was_hidden_with_the_other_kind_is_no_error(client: Client, sandbox: Sandbox) -> None:
    response = client.post(ADD, filled(sandbox.tokens["full"], email="not an address"))

    assert response.status_code == 303
    assert Credential.objects.get().email == ""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"label": "  "}, "Give it a name"),
        ({"label": "\u200b"}, "Give it a name"),
        ({"label": "x" * 81}, "at most 80 characters"),
        ({"environment": ""}, "Choose what the account is for."),
        ({"environment": "moon"}, "Choose what the account is for."),
        ({"kind": "magic"}, "Choose one of the two."),
        ({"secret": ""}, "Paste the API token."),
        ({"secret": "short"}, "An API token has at least 40 characters; this has 5."),
        ({"secret": "two words " * 5}, "There is a space in the middle."),
        ({"account_id": "acme-logistics"}, "An account id is 32 hexadecimal digits"),
        ({"kind": "global_key", "email": "no address"}, "Type the e-mail address"),
        ({"kind": "global_key", "email": '"\x01"@example.com'}, "Type the e-mail address"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_mistake_is_told_at_its_field_and_nothing_is_sent(
    change: dict[str, str], sentence: str, headers: dict[str, str], client: Client, sandbox: Sandbox
) -> None:
    typed = filled(sandbox.tokens["full"], account_id=sandbox.accounts["acme-labs"]) | change

    response = client.post(ADD, typed, headers=headers)

    assert response.status_code == 422
    page = said(response)
    assert sentence in page
    assert "Nothing was kept." in page
    assert sandbox.calls == []
    assert not Credential.objects.exists()
    for name in ("label", "account_id"):
        assert f'value="{typed[name]}"' in page
    assert sandbox.tokens["full"] not in page


def test_without_a_script_the_secret_has_to_be_pasted_again_and_the_page_says_so(
    client: Client, sandbox: Sandbox
) -> None:
    typed = filled(sandbox.tokens["full"], label="")

    plain, by_htmx = said(client.post(ADD, typed)), said(client.post(ADD, typed, headers=HTMX))

    assert "paste it again" in plain
    assert 'type="password"' in plain
    # With htmx the field itself is not exchanged, so what was pasted is still in it.
    assert "paste it again" not in by_htmx
    assert 'type="password"' not in by_htmx
    assert 'id="id_secret_error" hx-swap-oob="true"' in by_htmx
    assert "<html" not in by_htmx


@pytest.mark.parametrize("field", ["label", "account_id", "email"])
def test_a_secret_in_the_wrong_field_does_not_come_back(field: str, client: Client, sandbox: Sandbox) -> None:
    email, key = sandbox.global_key
    typed = filled(key, kind="global_key", email=email) | {field: f"{key}@x.example" if field == "email" else key}

    response = client.post(ADD, typed | {"environment": ""})

    assert response.status_code == 422
    assert key not in said(response)


def test_a_label_must_not_be_the_secret(client: Client, sandbox: Sandbox) -> None:
    token = sandbox.tokens["full"]

    response = client.post(ADD, filled(token, label=f"my {token}"))

    assert response.status_code == 422
    assert "This holds a secret" in said(response)
    assert sandbox.calls == []
    assert entries() == []


def test_the_same_label_twice_is_told_before_anything_is_asked(client: Client, cast: Cast, sandbox: Sandbox) -> None:
    keep(cast.owner, sandbox.tokens["full"], label="ana, production")
    sandbox.forget_calls()

    response = client.post(ADD, filled(sandbox.tokens["read_only"]))

    assert response.status_code == 422
    assert "Another credential of yours has this label." in said(response)
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        ("expired", "Cloudflare knows this token, but it is expired."),
        ("disabled", "Cloudflare knows this token, but it is disabled."),
        ("nobodys-" + "x" * 40, "Cloudflare does not know this as a person's token."),
        ("not.well.formed" + "x" * 40, "Cloudflare cannot read this credential."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_cloudflare_refuses_is_not_kept_and_the_form_stays(
    secret: str, sentence: str, headers: dict[str, str], client: Client, sandbox: Sandbox
) -> None:
    response = client.post(ADD, filled(sandbox.tokens.get(secret, secret)), headers=headers)

    page = said(response)
    assert response.status_code == 422
    assert sentence in page
    assert 'value="ana, production"' in page
    assert sandbox.tokens.get(secret, secret) not in page
    assert not Credential.objects.exists()
    assert entries()[-1].outcome == Outcome.FAILED


def test_a_refusal_shows_what_cloudflare_said(client: Client) -> None:
    page = said(client.post(ADD, filled("nobodys-" + "x" * 40)))

    assert "Cloudflare did not accept the secret. Nothing was kept." in page
    assert "GET /user/tokens/verify" in page
    assert "1000: Invalid API Token" in page


def test_an_account_is_asked_for_when_the_token_cannot_list_its_own(client: Client, sandbox: Sandbox) -> None:
    typed = filled(sandbox.tokens["account_owned"])

    asked = client.post(ADD, typed)
    assert asked.status_code == 422
    assert "This token may not list its accounts. Type the account id" in said(asked)

    client.post(ADD, typed | {"account_id": sandbox.accounts["acme-logistics"], "intent": str(uuid.uuid4())})
    kept = Credential.objects.get()
    assert "API token, owned by the account" in said(client.get(f"/credentials/{kept.pk}/"))


def test_an_account_that_is_not_reached_is_told_at_its_field(client: Client, sandbox: Sandbox) -> None:
    response = client.post(ADD, filled(sandbox.tokens["wrong_account"], account_id=sandbox.accounts["acme-logistics"]))

    assert response.status_code == 422
    assert "may not read queues in that account" in said(response)
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("fault", "status", "sentence"),
    [
        ("server_error", 502, "Cloudflare has an internal error."),
        ("html", 502, "Cloudflare's edge got no good answer"),
        ("reset", 504, "The connection broke"),
        ("rate_limited", 429, "Cloudflare refused: asked too often."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_trouble_upstream_shows_its_diagnosis_above_the_form(
    fault: str,
    status: int,
    sentence: str,
    headers: dict[str, str],
    client: Client,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("queues_app.cloudflare.caller.Caller._pause", lambda *_: None)
    sandbox.fault(fault, route="accounts")

    response = client.post(ADD, filled(sandbox.tokens["full"]), headers=headers)

    page = said(response)
    assert response.status_code == status
    assert sentence in page
    assert "GET /accounts" in page
    assert "Nothing was kept." in page
    assert 'value="ana, production"' in page
    assert not Credential.objects.exists()


def test_the_same_form_sent_twice_adds_once_and_leads_to_the_same_page(client: Client, sandbox: Sandbox) -> None:
    typed = filled(sandbox.tokens["full"])
    first = client.post(ADD, typed)
    sandbox.forget_calls()

    second = client.post(ADD, typed | {"label": "another name"})

    assert second.headers["Location"] == first.headers["Location"]
    assert Credential.objects.count() == 1
    assert sandbox.calls == []


def test_a_form_that_failed_cannot_be_sent_again_with_its_old_number(client: Client, sandbox: Sandbox) -> None:
    typed = filled(sandbox.tokens["expired"])
    first = said(client.post(ADD, typed))

    again = client.post(ADD, typed)

    assert typed["intent"] not in first
    assert again.status_code == 409
    assert "It was not done a second time." in said(again)
    assert [entry.action for entry in entries()] == [Action.CREDENTIAL_ADD]


@pytest.mark.parametrize("number", ["", "not-a-number", "\x00"])
def test_a_form_without_a_good_number_is_taken_all_the_same(number: str, client: Client, sandbox: Sandbox) -> None:
    response = client.post(ADD, filled(sandbox.tokens["full"], intent=number))

    assert response.status_code == 303


def test_everyone_signed_in_may_keep_a_credential(cast: Cast, sandbox: Sandbox) -> None:
    for person in (cast.owner, cast.viewer, cast.auditor, cast.stranger):
        response = signed_in(person).post(ADD, filled(sandbox.tokens["full"]))
        assert response.status_code == 303
    assert Credential.objects.count() == 4
