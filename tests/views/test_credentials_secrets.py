"""No secret leaves but as a request header: no page, log record, error, session, cache or database holds one."""

import base64
import logging
from typing import Any

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from queues_app import upstream
from queues_app.models import Credential
from queues_app.operations import checkup
from queues_app.sandbox import Sandbox
from tests.support.credentials import dump, traces
from tests.support.people import Cast, signed_in

pytestmark = pytest.mark.usefixtures("upstream_url")

HTMX = {"HX-Request": "true"}


@pytest.fixture
def secrets(sandbox: Sandbox) -> dict[str, str]:
    return {**sandbox.tokens, "unknown": "unknown-" + "q7" * 20, "broken": "q.7=" * 12, "short": "short-secret-of-mine"}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_no_secret_is_left_anywhere(
    headers: dict[str, str],
    cast: Cast,
    sandbox: Sandbox,
    secrets: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("queues_app.cloudflare.caller.Caller._pause", lambda *_: None)
    caplog.set_level(logging.DEBUG)
    client = signed_in(cast.owner)
    said: list[str] = []

    def take(response: Any) -> None:
        said.append(response.content.decode() + repr(response.headers) + repr(response.cookies))

    email, key = sandbox.global_key
    sandbox.add_queue("orders-inbound").push("hello")
    for name, secret in secrets.items():
        typed = {"label": name, "kind": "token", "secret": f" {secret}\n", "environment": "sandbox"}
        if name == "account_owned":
            typed["account_id"] = sandbox.accounts["acme-logistics"]
        take(client.post("/credentials/add/", typed, headers=headers))
    typed = {"label": "key", "kind": "global_key", "secret": key, "email": email, "environment": "sandbox"}
    take(client.post("/credentials/add/", typed | {"environment": ""}, headers=headers))
    take(client.post("/credentials/add/", typed, headers=headers))
    for fault in ("server_error", "html", "reset", "redirect", "wrong_shape", "truncated"):
        sandbox.fault(fault, route="accounts", count=1)
        take(client.post("/credentials/add/", typed | {"label": fault}, headers=headers))
    for kept in Credential.objects.all():
        take(client.get(f"/credentials/{kept.pk}/"))
        take(client.post(f"/credentials/{kept.pk}/verify/", headers=headers))
        take(client.post(f"/credentials/{kept.pk}/replace/", {"secret": secrets["expired"]}, headers=headers))
        take(client.get(f"/credentials/{kept.pk}/delete/", headers=headers))
        said.append(f"{kept!r} {kept} {vars(kept)}")
    take(client.get("/credentials/"))
    kinds = {kept.label for kept in Credential.objects.all()}
    assert kinds == {"full", "read_only", "account_owned", "wrong_account", "key"}

    streams = capfd.readouterr()
    texts = {
        "pages": "\n".join(said),
        "database": dump(),
        "log": caplog.text + "\n".join(repr(vars(record)) for record in caplog.records),
        "streams": streams.out + streams.err,
        "session": repr(dict(client.session.items())),
        "cache": repr(cache._cache),  # type: ignore[attr-defined]  # the values of the cache in memory
    }
    for secret in (*secrets.values(), key):
        assert {place for place, text in texts.items() if traces(secret, [text])} == set()


def test_the_search_itself_finds_what_is_there() -> None:
    secret = "unknown-" + "q7" * 20

    for hidden in (
        f"a {secret} b",
        base64.b64encode(secret.encode()).decode(),
        base64.b64encode(b"x" + secret.encode() + b"y").decode(),
        base64.b64encode(b"xy" + secret.encode()).decode(),
        secret.encode().hex(),
    ):
        assert traces(secret, [hidden])
    assert not traces(secret, ["nothing of it"])


def test_a_mistake_of_ours_reports_no_secret(
    cast: Cast, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(checkup, "examine", broken)
    client = signed_in(cast.owner)
    client.raise_request_exception = False
    typed = {"label": "main", "kind": "token", "secret": secrets["unknown"], "environment": "sandbox"}

    response = client.post("/credentials/add/", typed)

    assert response.status_code == 500
    (record,) = [record for record in caplog.records if record.exc_info]
    request = getattr(record, "request", None) or RequestFactory().post("/", typed)
    assert record.exc_info is not None
    report = ExceptionReporter(request, *record.exc_info).get_traceback_html()
    assert "a mistake of ours" in report
    assert not traces(secrets["unknown"], [report, caplog.text, response.text])


def test_what_holds_a_secret_in_memory_does_not_show_it(sandbox: Sandbox) -> None:
    email, key = sandbox.global_key

    for auth in (
        upstream.auth(kind="token", secret=sandbox.tokens["full"]),
        upstream.auth(kind="global_key", secret=key, email=email),
    ):
        assert not traces(key, [repr(auth), str(auth)])
        assert not traces(sandbox.tokens["full"], [repr(auth), str(auth)])


def test_no_page_of_a_credential_is_kept_by_a_browser(cast: Cast) -> None:
    for address in ("/credentials/", "/credentials/add/"):
        assert signed_in(cast.owner).get(address).headers["Cache-Control"] == "no-store"


def test_the_secret_field_is_never_filled_and_never_completed(cast: Cast) -> None:
    page = signed_in(cast.owner).get("/credentials/add/").content.decode()
    field = page[page.index('id="id_secret" name="secret"') :].partition(">")[0]

    assert 'autocomplete="off"' in field
    assert 'type="password"' in field
    assert "value" not in field
