"""Whatever the upstream says, each page is a page: no failure of ours, and nothing in it becomes markup."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings

from queues_app.models import AuditEntry, Batch
from queues_app.sandbox import QueueHandle, Sandbox
from tests.security.conftest import Belongings, new_intent
from tests.security.lying import ATTRIBUTE, ELEMENT, LIES, Lie, LyingTransport, speaking_through
from tests.support.people import signed_in

# Ours to say: that something could not be done. Never that we broke down.
HONEST = {200, 204, 302, 303, 403, 404, 409, 422, 429, 502, 503, 504}
HTMX = {"HX-Request": "true"}
quick = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Visitor:
    """Looks at pages and checks each."""

    def __init__(self, browser: Client, own: Belongings) -> None:
        self.browser = browser
        self.place = [own.account.pk, own.queue_id]

    def get(self, name: str, *args: Any, **headers: str) -> HttpResponse:
        return self.checked(self.browser.get(reverse(name, args=args), headers=headers))

    def post(self, name: str, *args: Any, form: dict[str, Any] | None = None) -> HttpResponse:
        return self.checked(self.browser.post(reverse(name, args=args), form or {}))

    def read(self, batch: Batch) -> None:
        self.get("batch", *self.place, batch.pk)
        for position in range(min(batch.message_count, 3)):
            self.get("message", *self.place, batch.pk, position)
            self.get("message_body", *self.place, batch.pk, position)
        self.get("audit")
        self.get("audit_entry", batch.entry_id)

    def checked(self, answer: Any) -> HttpResponse:
        response: HttpResponse = answer
        assert response.status_code in HONEST
        if response.headers.get("Content-Type", "").startswith("text/html"):
            text = response.content.decode()
            assert ELEMENT not in text
            assert ATTRIBUTE not in text
        return response


@pytest.fixture
def visitor(mine: Belongings) -> Visitor:
    return Visitor(signed_in(mine.owner), mine)


@pytest.fixture
def liar(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, orders: QueueHandle) -> Any:
    orders.push("plain")
    orders.push(b"\x00\xff")
    transport = LyingTransport(sandbox.transport())
    with speaking_through(transport, monkeypatch):
        yield transport


@quick
@given(lies=LIES)
def test_lists_and_facts_of_queues(visitor: Visitor, liar: LyingTransport, lies: list[Lie]) -> None:
    cache.clear()
    liar.lies = lies
    account, queue = visitor.place
    visitor.get("queues", account)
    visitor.get("queues", account, **HTMX)
    visitor.get("queue", account, queue)
    visitor.get("queue_facts", account, queue, **HTMX)


@quick
@given(lies=LIES)
def test_peeks_and_pulls_and_what_they_brought(visitor: Visitor, liar: LyingTransport, lies: list[Lie]) -> None:
    cache.clear()
    liar.lies = lies
    Batch.objects.all().delete()
    visitor.post("peek", *visitor.place, form={"batch_size": 10, "intent": new_intent()})
    pull = {"batch_size": 2, "visibility_timeout": "1 s", "intent": new_intent()}
    visitor.post("pull", *visitor.place, form=pull)
    for batch in Batch.objects.all():
        visitor.read(batch)
        visitor.post("peek_again", *visitor.place, batch.pk)
    assert not AuditEntry.objects.filter(reason="internal-error").exists()


@quick
@given(lies=LIES)
def test_settling(visitor: Visitor, mine: Belongings, liar: LyingTransport, lies: list[Lie]) -> None:
    liar.lies = lies
    mine.pulled.leases.update(state="held")
    form = {"step": "do", "verb": "retry", "position": ["0", "1"], "delay": "5 s", "intent": new_intent()}
    went = visitor.post("settle", *visitor.place, mine.pulled.pk, form=form)
    if "Location" in went.headers:
        visitor.checked(visitor.browser.get(went.headers["Location"]))
    visitor.get("batch", *visitor.place, mine.pulled.pk)
    assert not AuditEntry.objects.filter(reason="internal-error").exists()


@quick
@given(lies=LIES)
def test_deleting_and_looking_again(visitor: Visitor, mine: Belongings, liar: LyingTransport, lies: list[Lie]) -> None:
    liar.lies = lies
    mine.peeked.deletions.exclude(entry_id=mine.entry.pk).delete()
    form = {"step": "do", "position": ["1", "2"], "intent": new_intent()}
    went = visitor.post("delete", *visitor.place, mine.peeked.pk, form=form)
    for deletion in mine.peeked.deletions.filter(position=1):
        visitor.post("look_again", *visitor.place, mine.peeked.pk, deletion.entry_id)
        visitor.get("audit_entry", deletion.entry_id)
    if "Location" in went.headers:
        visitor.checked(visitor.browser.get(went.headers["Location"]))
    visitor.get("message", *visitor.place, mine.peeked.pk, 1)
    assert not AuditEntry.objects.filter(reason="internal-error").exists()


@quick
@given(lies=LIES)
def test_emptying(visitor: Visitor, mine: Belongings, liar: LyingTransport, lies: list[Lie]) -> None:
    cache.clear()
    liar.lies = lies
    mine.owner.groups.add(Group.objects.get(name="Lead"))
    visitor.get("queue_empty", *visitor.place)
    form = {"name": "orders", "shown_name": "orders", "intent": new_intent()}
    went = visitor.post("queue_empty", *visitor.place, form=form)
    if "Location" in went.headers:
        visitor.checked(visitor.browser.get(went.headers["Location"]))
    visitor.get("queue_empty_status", *visitor.place, **HTMX)
    assert not AuditEntry.objects.filter(reason="internal-error").exists()


@quick
@given(lies=LIES)
def test_check_ups_of_credentials(visitor: Visitor, mine: Belongings, liar: LyingTransport, lies: list[Lie]) -> None:
    cache.clear()
    liar.lies = lies
    own = mine.account.credential.pk
    visitor.post("credential_verify", own)
    visitor.get("credential", own)
    visitor.get("credentials")
    form = {"label": f"n{new_intent()[:8]}", "kind": "token", "environment": "staging", "secret": "cfut_" + "a" * 45}
    visitor.post("credential_add", form={**form, "intent": new_intent()})
    assert not AuditEntry.objects.filter(reason="internal-error").exists()
