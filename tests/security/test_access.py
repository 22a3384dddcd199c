"""Who gets what at every address, by the table in `routes.py`."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from queues_app import access
from queues_app.models import Account, AuditEntry, User
from queues_app.sandbox import Sandbox
from tests.security.conftest import Belongings, new_intent
from tests.security.routes import GO, NO_SUCH_METHOD, OWNED, ROUTES, known_names
from tests.support.people import Cast, signed_in

PEOPLE = ("stranger", "viewer", "owner", "auditor", "admin")
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/credentials/"}
ACTING = ("peek", "preview", "pull", "settle", "push", "push_batch", "purge_messages", "extend", "empty_queue")

type Give = Callable[[User], Belongings]


def ask(browser: Client, name: str, own: Belongings, method: str, *, htmx: bool) -> HttpResponse:
    """Send what the page of this address would send."""
    route = ROUTES[name]
    form = route.form(own) if method == "post" else None
    answer: HttpResponse = getattr(browser, method)(
        reverse(name, args=route.args(own)), form, headers=HTMX if htmx else {"Referer": "http://testserver/"}
    )
    # A file that is made while it is read is read to its end, as a browser does.
    answer.getvalue()
    return answer


def what(answer: HttpResponse) -> int | str:
    """The status, or that the browser is sent elsewhere."""
    return GO if answer.status_code in (302, 303) or "HX-Redirect" in answer.headers else answer.status_code


def promised(name: str, method: str, person: User, *, htmx: bool) -> int | str:
    right = ROUTES[name].right(method, htmx=htmx)
    if right.needs is None or access.may(person, right.needs):
        return right.status
    if name == "home" and access.may(person, access.Permission.SEE_ALL_AUDIT):
        return GO  # to the audit log, which is an auditor's first page
    return 403


def acts(sandbox: Sandbox) -> list[str]:
    """The calls so far that look at messages or change anything."""
    return [call.route for call in sandbox.calls if call.route in ACTING]


@pytest.mark.django_db
def test_every_address_has_a_row_in_the_table() -> None:
    assert known_names() == set(ROUTES)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_everybody_gets_the_page_that_the_table_promises(cast: Cast, give: Give, sandbox: Sandbox, name: str) -> None:
    for person in PEOPLE:
        user = getattr(cast, person)
        browser, own = signed_in(user), give(user)
        for htmx in (False, True):
            answer = ask(browser, name, own, "get", htmx=htmx)
            assert what(answer) == promised(name, "get", user, htmx=htmx), (person, htmx)
    assert acts(sandbox) == []


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("name", sorted(ROUTES))
def test_everybody_may_do_what_the_table_promises_and_no_more(cast: Cast, give: Give, name: str, htmx: bool) -> None:
    for person in PEOPLE:
        user = getattr(cast, person)
        answer = ask(signed_in(user), name, give(user), "post", htmx=htmx)
        assert what(answer) == promised(name, "post", user, htmx=htmx), person


@pytest.mark.parametrize("name", OWNED)
def test_what_belongs_to_somebody_else_does_not_exist(
    cast: Cast, mine: Belongings, sandbox: Sandbox, name: str
) -> None:
    route = ROUTES[name]
    for person, method, htmx in product(
        ("teammate", "stranger", "viewer", "auditor", "admin"), ("get", "post"), (False, True)
    ):
        user = getattr(cast, person)
        status = ask(signed_in(user), name, mine, method, htmx=htmx).status_code
        if route.right(method, htmx=htmx).status == NO_SUCH_METHOD:
            assert status in (404, NO_SUCH_METHOD), person
        elif route.others is not None and access.may(user, route.others):
            assert status == 200, person
        else:
            assert status == 404, person
    assert sandbox.calls == []
    assert list(AuditEntry.objects.all()) == [mine.entry]
    assert Account.objects.get() == mine.account


@pytest.mark.parametrize("name", sorted(name for name, route in ROUTES.items() if not route.is_open))
def test_without_signing_in_every_address_leads_to_sign_in(mine: Belongings, sandbox: Sandbox, name: str) -> None:
    for method in ("get", "post"):
        plain = ask(Client(), name, mine, method, htmx=False)
        assert plain.status_code == 302
        assert plain.headers["Location"].startswith("/sign-in/?next=")
        part = ask(Client(), name, mine, method, htmx=True)
        assert (part.status_code, part.content) == (200, b"")
        assert part.headers["HX-Redirect"] == "/sign-in/?next=/credentials/"
    assert sandbox.calls == []
    assert list(AuditEntry.objects.all()) == [mine.entry]


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if name not in ("healthz", "readyz")))
def test_a_form_from_another_site_does_nothing(mine: Belongings, sandbox: Sandbox, name: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(mine.owner)
    for htmx in (False, True):
        answer = ask(browser, name, mine, "post", htmx=htmx)
        # Where nothing can be posted, the method may be refused first.
        assert answer.status_code in ({403, 405} if ROUTES[name].post.status == NO_SUCH_METHOD else {403})
    assert sandbox.calls == []
    assert list(AuditEntry.objects.all()) == [mine.entry]
    assert browser.get("/credentials/").status_code == 200  # still signed in


@pytest.mark.parametrize("method", ["put", "patch", "delete", "head", "options", "trace"])
def test_no_other_method_does_anything(mine: Belongings, sandbox: Sandbox, method: str) -> None:
    browser = signed_in(mine.owner)
    for name, route in ROUTES.items():
        answer: Any = getattr(browser, method)(reverse(name, args=route.args(mine)))
        assert answer.status_code < 500, name
    assert acts(sandbox) == []
    assert mine.owner.credentials.count() == 1


def test_an_inactive_person_is_out_at_the_next_request(mine: Belongings) -> None:
    browser = signed_in(mine.owner)
    User.objects.filter(pk=mine.owner.pk).update(is_active=False)
    for name in ROUTES:
        if not ROUTES[name].is_open:
            answer = ask(browser, name, mine, "get", htmx=False)
            assert answer.headers["Location"].startswith("/sign-in/"), name


def test_whoever_loses_a_role_loses_it_at_the_next_request(mine: Belongings) -> None:
    browser = signed_in(mine.owner)
    mine.owner.groups.clear()
    assert ask(browser, "pull", mine, "post", htmx=False).status_code == 403
    assert ask(browser, "batch", mine, "get", htmx=False).status_code == 403


def test_a_queue_of_another_account_cannot_be_reached_through_ones_own_batch(
    cast: Cast, mine: Belongings, give: Give
) -> None:
    """Each part of an address is held to the others: account, queue and batch belong together."""
    theirs = give(cast.teammate)
    browser = signed_in(cast.owner)
    other_queue = "f" * 32
    for args in (
        [mine.account.pk, mine.queue_id, theirs.pulled.pk],
        [theirs.account.pk, mine.queue_id, theirs.pulled.pk],
        [mine.account.pk, other_queue, mine.pulled.pk],
    ):
        for name, more in (("batch", []), ("message_body", [0])):
            assert browser.get(reverse(name, args=[*args, *more]), follow=True).status_code == 404
        assert browser.post(reverse("settle", args=args), ROUTES["settle"].form(mine)).status_code == 404


def test_a_link_by_the_way_of_somebody_else_leads_to_ones_own_and_a_form_nowhere(
    cast: Cast, mine: Belongings, give: Give
) -> None:
    """Both reach the same account of Cloudflare."""
    theirs = give(cast.teammate)
    browser = signed_in(cast.owner)
    args, own = ([number, mine.queue_id, mine.pulled.pk] for number in (theirs.account.pk, mine.account.pk))
    for name, more in (("batch", []), ("message_body", [0])):
        led = browser.get(reverse(name, args=[*args, *more]))
        assert (led.status_code, led.headers["Location"]) == (302, reverse(name, args=[*own, *more]))
    assert browser.post(reverse("settle", args=args), ROUTES["settle"].form(mine)).status_code == 404


def test_nothing_of_somebody_else_can_be_named_beside_ones_own_batch(
    cast: Cast, mine: Belongings, give: Give, sandbox: Sandbox
) -> None:
    """The address is the person's own; what a form, a query or the last step of the address names is not."""
    own = give(cast.teammate)
    browser = signed_in(cast.teammate)
    pulled, peeked = ([own.account.pk, own.queue_id, batch.pk] for batch in (own.pulled, own.peeked))
    lease = mine.pulled.leases.first()
    assert lease is not None
    deed = {"step": "do", "verb": "ack", "lease": str(lease.pk), "intent": new_intent()}
    target = {"position": "0", "target": f"{mine.account.pk}:{mine.queue_id}"}
    other = {"a": "0", "b": "0", "other": str(mine.pulled.pk)}
    for status, answer in (
        (404, browser.get(reverse("compare", args=pulled), other)),
        (404, browser.post(reverse("filter_delete", args=[*pulled, mine.saved.pk]))),
        (404, browser.post(reverse("look_again", args=[*peeked, mine.entry.pk]))),
        (404, browser.post(reverse("lease_acts"), deed)),
        (422, browser.post(reverse("send_again", args=pulled), target)),
    ):
        assert answer.status_code == status, answer.request["PATH_INFO"]
    receipt = reverse("audit_entry", args=[mine.entry.pk])
    for name, args in (("batch", pulled), ("batch", peeked), ("leases", [])):
        page = browser.get(reverse(name, args=args), {"settled": mine.entry.pk})
        assert receipt not in page.content.decode(), name
    assert acts(sandbox) == []
    assert mine.owner.filters.count() == 1


def test_a_refused_attempt_is_on_the_record(cast: Cast, give: Give) -> None:
    own = give(cast.viewer)
    browser = signed_in(cast.viewer)
    for name, action in (
        ("peek", "messages.peek"),
        ("pull", "messages.pull"),
        ("settle", "messages.ack"),
        ("delete", "messages.delete"),
        ("look_again", "messages.peek"),
        ("queue_empty", "queue.empty"),
    ):
        assert ask(browser, name, own, "post", htmx=False).status_code == 403
        entry = AuditEntry.objects.exclude(pk=own.entry.pk).latest("pk")
        assert (entry.action, entry.outcome, entry.reason) == (action, "refused", "not-allowed"), name
        assert entry.user_name == "viewer"
