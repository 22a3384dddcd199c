"""Rules while Cloudflare does not answer: what may be hidden is not shown from memory either."""

import pytest
from django.test import Client
from django.urls import reverse

from queues_app.models import Account, QueueRule
from queues_app.operations import queues
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast
from tests.support.stack import calling
from tests.views.messages.acts import text_of

PAGES = ("queue", "queue_overview", "queue_history", "queue_settings", "queue_leases")


@pytest.fixture
def counted(cast: Cast, account: Account, sandbox: Sandbox) -> QueueHandle:
    """Its counts are remembered, as `manage.py watch` leaves them; its name is not, and Cloudflare does not tell it."""
    queue = sandbox.add_queue("secret-orders")
    queue.push_many(["waits"] * 77)
    queues.read_metrics(caller=calling(cast.owner), account=account, queue_ids=[queue.id], budget_s=5)
    queue.fault("server_error", route="queue")
    return queue


@pytest.mark.parametrize("name", PAGES)
def test_counts_of_a_queue_whose_name_cannot_be_read_are_shown_to_nobody_whom_a_rule_is_about(
    browser: Client, account: Account, counted: QueueHandle, name: str
) -> None:
    QueueRule.objects.create(effect="deny", permissions=["see_queues"], pattern="secret-*")
    page = browser.get(reverse(name, args=[account.pk, counted.id]))
    assert page.status_code == 403
    assert "77" not in text_of(page)


def test_without_a_rule_they_are_shown_beside_the_failure(
    browser: Client, account: Account, counted: QueueHandle
) -> None:
    page = browser.get(reverse("queue", args=[account.pk, counted.id]))
    assert page.status_code == 502
    assert "77" in text_of(page)
