"""The names of queues come from elsewhere: what no eye can see in them acts on no page of ours."""

import re
from collections.abc import Callable
from itertools import batched, product
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from queues_app.models import Batch, Lease, User
from queues_app.sandbox import QueueHandle, Sandbox
from tests.security.conftest import Belongings
from tests.security.routes import ROUTES
from tests.security.test_access import ask
from tests.support.people import Cast, signed_in

RAW = "\u202e\x1b\x01\u200b"
QUEUE = f"orders{RAW}-queue"
# What a form sends back is the true name.
_VALUE = re.compile(r'\bvalue="[^"]*"')
# Some addresses at a time, so that cases can run beside each other.
SOME = tuple(batched(sorted(name for name, route in ROUTES.items() if not route.is_open), 21))

type Give = Callable[[User], Belongings]


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    sandbox.add_queue("feeder", dead_letter_queue=QUEUE)
    queue = sandbox.add_queue(QUEUE, max_retries=5, dead_letter_queue=f"dead{RAW}-letters")
    queue.push_many([{"order": number} for number in range(3)])
    return queue


@pytest.fixture
def own(cast: Cast, give: Give) -> Belongings:
    own = give(cast.admin)
    Batch.objects.update(queue_name=QUEUE)
    Lease.objects.update(queue_name=QUEUE)
    return own


def raw_in(answer: HttpResponse) -> list[str]:
    """Where something raw stands on a page."""
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    page = _VALUE.sub("", answer.content.decode())
    return [page[max(0, found.start() - 80) : found.end() + 20] for found in re.finditer(f"[{RAW}]+", page)]


def notices(browser: Client, answer: HttpResponse) -> list[str]:
    """What is raw on the page that a deed leads to, where it may be told."""
    leads = answer.headers.get("Location", "")
    page: Any = browser.get(leads) if leads.startswith("/") else None
    return [] if page is None else raw_in(page)


@pytest.mark.parametrize("names", SOME, ids=[f"{names[0]}-{names[-1]}" for names in SOME])
def test_no_page_and_no_answer_to_a_form_has_them_raw(cast: Cast, own: Belongings, names: tuple[str, ...]) -> None:
    browser = signed_in(cast.admin)
    found = {}
    for name, htmx in product(names, (False, True)):
        # What one address did is taken back before the next is asked: making everything anew takes minutes.
        before = transaction.savepoint_create()
        page, deed = (ask(browser, name, own, method, htmx=htmx) for method in ("get", "post"))
        found[name, htmx] = [*raw_in(page), *raw_in(deed), *notices(browser, deed)]
        transaction.savepoint_rollback(before)
    assert {place: raw for place, raw in found.items() if raw} == {}
