"""The page of one credential, its list, and whose they are."""

import uuid
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from queues_app import vault
from queues_app.models import Action, Batch, Credential, CredentialStatus, Lease, Mode, Outcome
from queues_app.sandbox import Sandbox
from tests.support.credentials import entries, keep
from tests.support.people import Cast, signed_in

pytestmark = pytest.mark.usefixtures("upstream_url")

HTMX = {"HX-Request": "true"}
ROUTES = ("", "rename/", "replace/", "verify/", "default/", "delete/")
ONLY_POST = ("rename/", "verify/", "default/")


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.owner)


@pytest.fixture
def kept(cast: Cast, sandbox: Sandbox, upstream_url: str) -> Credential:
    sandbox.add_queue("orders-inbound", account="acme-logistics").push("hello")
    return keep(cast.owner, sandbox.tokens["full"])


def said(response: Any) -> str:
    return unescape(response.content.decode())


def pull_into(kept: Credential) -> None:
    now = timezone.now()
    batch = Batch.objects.create(
        owner=kept.owner,
        account=kept.accounts.get(name="acme-labs"),
        entry_id=1,
        queue_id="2" * 32,
        queue_name="orders",
        mode=Mode.PULL,
        fetched_at=now,
        expires_at=now + timedelta(days=1),
        asked_for=2,
        message_count=2,
        sealed_messages=b"",
    )
    for position in range(2):
        Lease.objects.create(
            holder=kept.owner,
            account=batch.account,
            queue_id=batch.queue_id,
            queue_name=batch.queue_name,
            batch=batch,
            position=position,
            entry_id=1,
            message_id=str(position),
            sealed_lease_id=b"",
            pulled_at=now,
            expires_at=now + timedelta(minutes=1),
            visibility_timeout_ms=60_000,
        )


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_somebody_elses_credential_does_not_exist(
    headers: dict[str, str], route: str, cast: Cast, kept: Credential, sandbox: Sandbox
) -> None:
    before, log = Credential.objects.values().get(), len(entries())
    sandbox.forget_calls()

    for person in (cast.teammate, cast.admin, cast.stranger):
        client = signed_in(person)
        for method in ("get", "head", "post", "put", "patch", "delete", "options"):
            response = getattr(client, method)(f"/credentials/{kept.pk}/{route}", headers=headers)
            assert response.status_code == 404
            assert "ends 0000" not in said(response)

    assert Credential.objects.values().get() == before
    assert len(entries()) == log
    assert sandbox.calls == []


@pytest.mark.parametrize("route", ROUTES)
def test_a_number_that_no_credential_has_is_not_found(route: str, client: Client) -> None:
    for number in (0, 10**30):
        assert client.get(f"/credentials/{number}/{route}").status_code == 404
        assert client.post(f"/credentials/{number}/{route}").status_code == 404


@pytest.mark.parametrize("path", ["", "add/", *(f"1/{route}" for route in ROUTES)])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_gets_in_without_signing_in(method: str, path: str, sandbox: Sandbox, db: None) -> None:
    address = f"/credentials/{path}"

    plain = getattr(Client(), method)(address)
    by_htmx = getattr(Client(), method)(address, headers=HTMX)

    assert plain.status_code == 302
    assert plain.headers["Location"].startswith("/sign-in/")
    assert by_htmx.headers["HX-Redirect"].startswith("/sign-in/")
    assert sandbox.calls == []


@pytest.mark.parametrize("route", ONLY_POST)
def test_what_changes_something_is_a_post(route: str, client: Client, kept: Credential) -> None:
    before = Credential.objects.values().get()

    assert client.get(f"/credentials/{kept.pk}/{route}").status_code == 405
    assert Credential.objects.values().get() == before


def test_posts_are_refused_without_their_token(cast: Cast, kept: Credential) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.owner)

    for address in ("/credentials/add/", *(f"/credentials/{kept.pk}/{route}" for route in ROUTES[1:])):
        assert strict.post(address).status_code == 403
    assert Credential.objects.count() == 1


def test_the_page_shows_the_check_up_and_the_accounts(client: Client, kept: Credential) -> None:
    page = said(client.get(f"/credentials/{kept.pk}/"))

    for words in (
        "valid and active",
        "API token, owned by a person",
        "With this token you can",
        "backlog, bytes and oldest of orders-inbound",
        "asked orders-inbound for 1; no attempt used",
        "Queues Edit is present; a try would use an attempt",
        "yes, asked",
        "checked ",
    ):
        assert words in page
    for account in kept.accounts.all():
        assert f'<a href="/accounts/{account.pk}/queues/">{account.name}</a>' in page
        assert account.account_id in page


@pytest.mark.parametrize(
    ("expires_at", "words"),
    [
        (datetime(2027, 2, 13, 15, tzinfo=UTC), '13 Feb 2027 <span class="muted">in 82 d</span>'),
        (datetime(2026, 11, 25, 1, tzinfo=UTC), '25 Nov 2026 <span class="is-price">in 1 d 10 h</span>'),
        (datetime(2026, 11, 20, tzinfo=UTC), '20 Nov 2026 <span class="is-loss">3 d ago</span>'),
        (None, "never"),
    ],
)
def test_the_expiry_is_a_date_and_how_far_it_is(
    expires_at: datetime | None, words: str, client: Client, kept: Credential
) -> None:
    Credential.objects.update(expires_at=expires_at)

    with time_machine.travel(datetime(2026, 11, 23, 14, 5, 16, tzinfo=UTC), tick=False):
        page = said(signed_in(kept.owner).get(f"/credentials/{kept.pk}/"))

    assert f"<dt>Expires</dt><dd>{words}" in page


def test_times_are_in_the_persons_zone_which_is_named(cast: Cast, kept: Credential) -> None:
    Credential.objects.update(checked_at=datetime(2026, 11, 23, 14, 5, 10, tzinfo=UTC))
    cast.owner.zone = "Europe/Berlin"
    cast.owner.save()

    with time_machine.travel(datetime(2026, 11, 23, 14, 5, 16, tzinfo=UTC), tick=False):
        page = said(signed_in(cast.owner).get(f"/credentials/{kept.pk}/"))

    assert "checked 15:05:10 CET, " in page
    assert ">6 s ago</span>" in page


def test_checking_again_shows_what_changed(client: Client, kept: Credential, sandbox: Sandbox) -> None:
    Credential.objects.update(sealed_secret=vault.seal(sandbox.tokens["expired"].encode()))

    part = client.post(f"/credentials/{kept.pk}/verify/", headers=HTMX)

    page = said(part)
    assert part.status_code == 200
    assert "<html" not in page
    assert "This credential is expired at Cloudflare" in page
    assert "Checked: expired." in page
    assert client.post(f"/credentials/{kept.pk}/verify/").headers["Location"] == f"/credentials/{kept.pk}/"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_check_that_finds_nobody_keeps_the_old_lines_and_says_why(
    headers: dict[str, str],
    client: Client,
    kept: Credential,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("queues_app.cloudflare.caller.Caller._pause", lambda *_: None)
    sandbox.fault("server_error", route="accounts")

    response = client.post(f"/credentials/{kept.pk}/verify/", headers=headers)

    page = said(response)
    assert response.status_code == 502
    assert "Cloudflare has an internal error." in page
    assert "backlog, bytes and oldest of orders-inbound" in page


def test_a_new_name(client: Client, kept: Credential) -> None:
    response = client.post(f"/credentials/{kept.pk}/rename/", {"label": " ana,  staging "}, follow=True)

    kept.refresh_from_db()
    assert kept.label == "ana, staging"
    assert "Saved: ana, staging (ends 0000)." in said(response)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"label": ""}, "Give it a name"),
        ({"label": "other"}, "Another credential of yours has this label."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_wrong_name_is_told_at_its_field(
    typed: dict[str, str], sentence: str, headers: dict[str, str], client: Client, kept: Credential, sandbox: Sandbox
) -> None:
    keep(kept.owner, sandbox.tokens["full"], label="other")

    response = client.post(f"/credentials/{kept.pk}/rename/", typed, headers=headers)

    assert response.status_code == 422
    assert sentence in said(response)
    assert f'value="{typed["label"]}"' in said(response)
    kept.refresh_from_db()
    assert kept.label == "main"


def test_a_new_secret(client: Client, kept: Credential, sandbox: Sandbox) -> None:
    response = client.post(
        f"/credentials/{kept.pk}/replace/",
        {"secret": f"Bearer {sandbox.tokens['read_only']}\n", "intent": str(uuid.uuid4())},
        follow=True,
    )

    assert "The secret is replaced: main (ends 0000)." in said(response)
    assert "Queues Edit is missing" in said(response)
    kept.refresh_from_db()
    assert vault.unseal(kept.sealed_secret).decode() == sandbox.tokens["read_only"]


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [("short", "at least 40 characters"), ("", "Paste the API token."), ("expired", "but it is expired")],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_wrong_new_secret_leaves_the_old_one(
    secret: str, sentence: str, headers: dict[str, str], client: Client, kept: Credential, sandbox: Sandbox
) -> None:
    response = client.post(
        f"/credentials/{kept.pk}/replace/", {"secret": sandbox.tokens.get(secret, secret)}, headers=headers
    )

    assert response.status_code == 422
    assert sentence in said(response)
    kept.refresh_from_db()
    assert vault.unseal(kept.sealed_secret).decode() == sandbox.tokens["full"]


def test_the_field_for_a_new_secret_has_an_address(client: Client, kept: Credential) -> None:
    assert client.get(f"/credentials/{kept.pk}/replace/").headers["Location"] == f"/credentials/{kept.pk}/#replace"


def test_another_default(client: Client, kept: Credential, sandbox: Sandbox) -> None:
    other = keep(kept.owner, sandbox.tokens["read_only"], label="reader")

    response = client.post(f"/credentials/{other.pk}/default/", follow=True)

    assert "reader (ends 0000) is the default now." in said(response)
    assert Credential.objects.get(is_default=True) == other
    assert entries()[-1].action == Action.CREDENTIAL_DEFAULT


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_before_a_deletion_the_page_says_what_goes(headers: dict[str, str], client: Client, kept: Credential) -> None:
    pull_into(kept)

    page = said(client.get(f"/credentials/{kept.pk}/delete/", headers=headers))

    for words in (
        "Delete main?",
        "acme-logistics and acme-labs",
        "1, with every message in them",
        "2 messages: to be settled no more from here",
        "stays as it is",
        "Delete this credential",
    ):
        assert words in page
    assert ("data-modal" in page) is bool(headers)
    assert Credential.objects.exists()


def test_the_filled_red_verb_stands_in_the_question_alone(client: Client, kept: Credential) -> None:
    assert "button destroy" not in said(client.get(f"/credentials/{kept.pk}/"))
    assert "button destroy" in said(client.get(f"/credentials/{kept.pk}/delete/"))


def test_a_deleted_credential_is_gone_and_its_entries_stay(client: Client, kept: Credential) -> None:
    before = len(entries())

    response = client.post(f"/credentials/{kept.pk}/delete/", follow=True)

    assert response.redirect_chain == [("/credentials/", 302)]
    assert "main (ends 0000) is deleted." in said(response)
    assert not Credential.objects.exists()
    assert len(entries()) == before + 1
    assert client.get(f"/credentials/{kept.pk}/").status_code == 404


def test_the_list_shows_each_credential_in_a_row(
    client: Client, kept: Credential, sandbox: Sandbox, cast: Cast
) -> None:
    keep(cast.owner, sandbox.tokens["read_only"], label="reader")
    keep(cast.teammate, sandbox.tokens["full"], label="not mine")
    Credential.objects.filter(label="reader").update(status=CredentialStatus.DISABLED)

    page = said(client.get("/credentials/"))

    assert page.count('<tr role="row" data-row>') == 2
    for words in ("main", "reader", "default", "valid and active", "disabled", "acme-logistics and acme-labs", "0000"):
        assert words in page
    assert "not mine" not in page


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    client: Client, kept: Credential, django_assert_num_queries: Any, sandbox: Sandbox
) -> None:
    client.get("/credentials/")
    for number in range(8):
        Credential.objects.create(owner=kept.owner, label=f"c{number}", sealed_secret=b"", last_four="0000")

    # session, user, credentials, their accounts, the header's accounts, whether any act takes two
    with django_assert_num_queries(6):
        client.get("/credentials/")


def test_a_lost_key_is_marked_and_the_way_out_is_shown(
    client: Client, kept: Credential, settings: Settings, sandbox: Sandbox
) -> None:
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    sandbox.forget_calls()

    assert "key is gone" in said(client.get("/credentials/"))
    page = said(client.get(f"/credentials/{kept.pk}/"))
    assert "no longer on this server" in page
    assert 'href="#replace"' in page
    checked = client.post(f"/credentials/{kept.pk}/verify/")
    assert checked.status_code == 409
    assert f"/credentials/{kept.pk}/#replace" in said(checked)
    assert sandbox.calls == []
    assert entries()[-1].outcome == Outcome.REFUSED

    client.post(f"/credentials/{kept.pk}/replace/", {"secret": sandbox.tokens["full"]})
    assert "valid and active" in said(client.get(f"/credentials/{kept.pk}/"))


def test_a_server_without_keys_says_who_must_act(client: Client, kept: Credential, settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = []

    for address in ("/credentials/", f"/credentials/{kept.pk}/"):
        assert client.get(address).status_code == 200
    response = client.post(
        "/credentials/add/",
        {"label": "x", "kind": "token", "secret": "z9Zy" * 12, "environment": "sandbox"},
    )
    assert response.status_code == 409
    assert "Its administrator must set CREDENTIAL_KEYS." in said(response)
