"""Whatever stands in an address, a form or a header: a field error, a 404 or a page; nothing is sent for nonsense."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queues_app.models import AuditEntry
from queues_app.sandbox import Sandbox
from tests.security.conftest import Belongings
from tests.security.routes import ROUTES
from tests.support.people import signed_in

ACTING = ("peek", "preview", "pull", "settle", "push", "push_batch", "purge_messages", "extend")
# Every name that some page reads, and some that none does.
NAMES = [
    "q",
    "show",
    "order",
    "page",
    "quiet",
    "kind",
    "who",
    "action",
    "queue",
    "outcome",
    "since",
    "until",
    "before",
    "newer_than",
    "unfold",
    "view",
    "settled",
    "next",
    "zone",
    "theme",
    "refresh",
    "label",
    "secret",
    "email",
    "environment",
    "account_id",
    "intent",
    "batch_size",
    "visibility_timeout",
    "step",
    "verb",
    "delay",
    "position",
    "stale",
    "csrfmiddlewaretoken",
    "limit",
    "__proto__",
    "id[]",
]
NONSENSE = st.text(max_size=30) | st.sampled_from(
    [
        "",
        " ",
        "0",
        "-1",
        "1e9",
        "NaN",
        "٣",
        "9" * 40,
        "99999999999999999999 h",
        "2026-02-30",
        "9999-12-31",
        "0000000000000000-0",
        "9999999999999999-9",
        "R-999999999999999999",
        "\x00",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "\u202eabc",
        "<script>qx()</script>",
        "' OR 1=1 --",
        "../../etc/passwd",
        "%00%ff",
        "a" * 3000,
        "00000000-0000-0000-0000-000000000000",
        "//evil.example/",
    ]
)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), NONSENSE), max_size=6)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "HX-Request",
            "HX-Boosted",
            "HX-Current-URL",
            "HX-Trigger",
            "HX-Target",
            "X-Request-ID",
            "Referer",
            "X-Forwarded-For",
            "Accept",
            "If-Modified-Since",
            "Cookie",
        ]
    ),
    st.sampled_from(["true", "x" * 300, "http://[", "http://testserver/\udcff", "theme=<b>; refresh=-1", "a,b", "%"])
    | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    max_size=2,
)
many = settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def acts(sandbox: Sandbox) -> int:
    return sum(call.route in ACTING for call in sandbox.calls)


@pytest.mark.parametrize("name", sorted(name for name, route in ROUTES.items() if not route.is_open))
@many
@given(pairs=PAIRS, headers=HEADERS)
def test_no_address_is_too_odd(
    mine: Belongings, sandbox: Sandbox, name: str, pairs: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    browser = signed_in(mine.owner)
    answer = browser.get(reverse(name, args=ROUTES[name].args(mine)), pairs, headers=_sendable(headers))
    assert answer.status_code < 500
    assert b"<script>qx()" not in answer.getvalue()
    assert acts(sandbox) == 0


@pytest.mark.parametrize(
    "name", sorted(name for name, route in ROUTES.items() if route.post.status != 405 and not route.is_open)
)
@many
@given(pairs=PAIRS, without=st.sampled_from(NAMES), headers=HEADERS)
def test_no_form_is_too_odd(
    mine: Belongings,
    sandbox: Sandbox,
    name: str,
    pairs: list[tuple[str, str]],
    without: str,
    headers: dict[str, str],
) -> None:
    browser, before = signed_in(mine.owner), acts(sandbox)
    form: dict[str, Any] = {**ROUTES[name].form(mine), **dict(pairs)}
    form.pop(without, None)
    answer = browser.post(reverse(name, args=ROUTES[name].args(mine)), form, headers=_sendable(headers))
    assert answer.status_code < 500
    assert b"<script>qx()" not in answer.getvalue()
    if answer.status_code in (400, 404, 405, 422):
        assert acts(sandbox) == before
    assert not AuditEntry.objects.filter(reason="internal-error").exists()


@many
@given(pairs=PAIRS, headers=HEADERS)
@pytest.mark.django_db
def test_no_attempt_to_sign_in_is_too_odd(pairs: list[tuple[str, str]], headers: dict[str, str]) -> None:
    form = {"login": pairs[0][1] if pairs else "", "password": pairs[-1][1] if pairs else "", **dict(pairs)}
    assert Client().post("/sign-in/", form, headers=_sendable(headers)).status_code < 500
    assert Client().get("/sign-in/", pairs, headers=_sendable(headers)).status_code < 500


@pytest.mark.parametrize(
    "body",
    [b"", b"=&=&&", b"%ff=%fe", b"a=" + b"b" * 2_000_000, b"&".join(b"p=1" for _ in range(2000)), b"\xff\xfe\x00"],
    ids=["empty", "no names", "no utf-8", "too long", "too many", "binary"],
)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_no_body_of_a_request_is_too_odd(mine: Belongings, sandbox: Sandbox, body: bytes, kind: str) -> None:
    browser = signed_in(mine.owner)
    for name in ("pull", "settle", "preferences", "credential_add"):
        answer: Any = browser.post(reverse(name, args=ROUTES[name].args(mine)), data=body, content_type=kind)
        assert answer.status_code in {200, 302, 400, 413, 422}, name
    assert acts(sandbox) == 0


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/99999999999999999999999999/queues/",
        "/accounts/0/queues/",
        "/accounts/1/queues/" + "F" * 32 + "/",
        "/accounts/1/queues/" + "0" * 31 + "/",
        "/audit/99999999999999999999999999/",
        "/credentials/99999999999999999999999999/",
        "/%00/",
        "/%ff%fe/",
        "/..%2f..%2fetc/passwd",
        "/static/../dashboard/settings.py",
        "/static/%2e%2e/dashboard/settings.py",
        "/audit/1/../../credentials/x/",
    ],
)
def test_an_address_that_leads_nowhere_is_not_found(mine: Belongings, sandbox: Sandbox, path: str) -> None:
    answer = signed_in(mine.owner).get(path)
    assert answer.status_code == 404
    assert sandbox.calls == []


def test_a_place_beyond_the_batch_is_not_found(mine: Belongings) -> None:
    browser = signed_in(mine.owner)
    for position in (3, 10**6, 10**30):
        for name in ("message", "message_body"):
            args = [mine.account.pk, mine.queue_id, mine.pulled.pk, position]
            assert browser.get(reverse(name, args=args)).status_code == 404


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    """As WSGI hands them over: latin-1, whatever a client sent."""
    return {name: value.encode("utf-8", "surrogateescape").decode("latin-1") for name, value in headers.items()}
