"""The pages of the ledger: what is held, by whom, how long, and what became of what is not."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission as Grant
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from queues_app.models import Account, Action, AuditEntry, Effect, Lease, LeaseState, Outcome, QueueRule, User
from queues_app.operations import ledger
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, signed_in
from tests.views.leases.acts import LEASES, act, ids, numbers, pull
from tests.views.messages.acts import HTMX, Elements, text_of

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer


def set_lease(position: int, **fields: object) -> None:
    Lease.objects.filter(position=position).update(**fields)


def test_what_one_holds_counts_down_the_next_to_end_first(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    pull(account, sandbox.add_queue("invoices"), 1, seconds=600)
    pull(account, orders, 2)

    page = browser.get(LEASES)

    assert [lease.queue_name for lease in Lease.objects.all()] == ["invoices", "orders", "orders"]
    assert ids(page) == list(Lease.objects.order_by("expires_at", "pk").values_list("message_id", flat=True))
    text = text_of(page)
    assert "You hold 3 messages." in text
    assert "You pulled 3 messages today, in 2 pulls." in text
    assert "Return everything (3)…" in text
    assert text.count("data-until=") == 3
    assert re.search(r"<b>orders</b>.*acme-logistics.*2 held.*<b>invoices</b>", text, re.DOTALL)
    Elements(page).assert_sound()


def test_what_others_hold_of_a_queue_that_a_rule_hides_is_not_told_and_cannot_be_named(
    lead: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    secret = sandbox.add_queue("prod-payments")
    pull(account, orders, 1)
    pull(account, secret, 2)
    QueueRule.objects.create(effect=Effect.DENY, permissions=["see_queues"], pattern="prod-*", role="Lead")

    page = lead.get(reverse("leases_all"))

    assert "prod-payments" not in text_of(page)
    assert ids(page) == [Lease.objects.get(queue_name="orders").message_id]
    assert "1 message" in text_of(page)
    hidden = Lease.objects.filter(queue_name="prod-payments").values_list("pk", flat=True)
    assert act(lead, "ack", *hidden).status_code == 404
    assert secret.count("settle") == 0


def test_leases_of_others_lead_to_their_messages_where_these_may_be_opened(
    lead: Client, account: Account, orders: QueueHandle
) -> None:
    """By the reader's own way to the account, and not where a rule takes reading away."""
    pull(account, orders, 2)
    everybodys = reverse("leases_all")
    own = Account.objects.get(credential__owner__username="lead")
    links = [link["href"] or "" for link in Elements(lead.get(everybodys)).all("a", title="The kept copy")]
    assert len(links) == 2
    assert all(link.startswith(f"/accounts/{own.pk}/") for link in links)
    assert lead.get(links[0]).status_code == 200
    QueueRule.objects.create(effect=Effect.DENY, permissions=["pull"], pattern="orders", role="Lead")
    assert not Elements(lead.get(everybodys)).all("a", title="The kept copy")


def test_ones_own_leases_of_a_queue_that_a_rule_hides_are_told_also_beside_those_of_others(
    lead: Client, account: Account, sandbox: Sandbox
) -> None:
    pull(account, sandbox.add_queue("prod-payments"), 2)
    Lease.objects.filter(position=0).update(holder=User.objects.get(username="lead"))
    QueueRule.objects.create(effect=Effect.DENY, permissions=["see_queues"], pattern="prod-*")

    assert ids(lead.get(reverse("leases_all"))) == [Lease.objects.get(position=0).message_id]


def test_every_state_is_told_in_words(browser: Client, account: Account, orders: QueueHandle) -> None:
    pull(account, orders, 7)
    ago = timezone.now() - timedelta(minutes=1)
    set_lease(0, extensions=2)
    set_lease(1, state=LeaseState.ACKED, settled_at=ago)
    set_lease(2, state=LeaseState.RETRIED, settled_at=ago, settled_by="lead")
    set_lease(3, state=LeaseState.SKIPPED, settled_at=ago, warning="lease is no longer <b>valid</b>")
    set_lease(4, state=LeaseState.UNKNOWN, settled_at=ago)
    set_lease(5, expires_at=ago)
    set_lease(6, sealed_lease_id=b"")

    text = text_of(browser.get(LEASES))

    assert "held, extended 2×" in text
    assert "acknowledged" in text
    assert "retried" in text
    assert "by lead" in text
    assert "lease is no longer <b>valid</b>" in text
    assert "lease is no longer &lt;b&gt;valid" in browser.get(LEASES).content.decode()
    assert "if it was not settled, its lease ends" in text
    assert re.search(r"lapsed \d\d:\d\d:\d\d", text)
    assert "probably visible again" in text
    assert "its lease id is lost" in text
    assert "You hold 2 messages." in text


def test_what_ended_long_ago_is_not_told_and_the_page_is_bounded(
    browser: Client, account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(account, orders, 6)
    set_lease(0, expires_at=timezone.now() - ledger.ENDED_FOR - timedelta(seconds=1))
    page = browser.get(LEASES)
    assert len(ids(page)) == 5
    assert "what is not shown" not in text_of(page)

    monkeypatch.setattr(ledger, "MOST_ROWS", 3)
    page = browser.get(LEASES)
    assert len(ids(page)) == 3
    assert "what is not shown is held all the same" in text_of(page)
    assert "You hold 5 messages." in text_of(page)


def test_a_lease_outlives_its_batch_and_then_has_no_copy(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pull(account, orders, 1)
    copy = reverse("message", args=[account.pk, orders.id, batch.pk, 0])
    assert Elements(browser.get(LEASES)).all("a", href=copy)

    batch.delete()

    page = browser.get(LEASES)
    assert not Elements(page).all("a", href=copy)
    assert len(ids(page)) == 1


def test_a_new_browser_and_a_new_process_hold_the_same(cast: Cast, account: Account, orders: QueueHandle) -> None:
    """Nothing of a lease is in the session or in memory: another sign-in returns what the first one pulled."""
    pull(account, orders)
    later = signed_in(cast.owner)
    answer = act(later, "return", *numbers())
    assert answer.status_code == 303
    assert {message.state for message in orders.messages} == {"ready"}


def test_others_leases_are_nobodys_business_without_the_permission(
    cast: Cast, account: Account, orders: QueueHandle, lead: Client
) -> None:
    pull(account, orders)
    teammate = signed_in(cast.teammate)
    assert ids(teammate.get(LEASES)) == []
    assert "Everybody's" not in text_of(teammate.get(LEASES))

    refused = teammate.get("/leases/all/")
    assert refused.status_code == 403
    # The same page would say the same again.
    assert "Try again" not in text_of(refused)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.user_name, entry.action, entry.outcome) == ("teammate", Action.SEE_QUEUES, Outcome.REFUSED)
    assert entry.parameters == {"leases": "of everybody"}

    page = lead.get("/leases/all/")
    assert len(ids(page)) == 3
    assert "3 messages are held, 0 of them by you." in text_of(page)
    assert text_of(page).count('<td class="c-holder" role="cell">owner</td>') == 3
    assert (
        len(re.findall(r'href="/accounts/[0-9]+/queues/[0-9a-f]{32}/batches/[0-9a-f-]{36}/messages', text_of(page)))
        == 3
    )


def test_a_queue_shows_ones_own_leases_and_to_those_who_may_everybodys(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, lead: Client
) -> None:
    pull(account, orders)
    pull(account, sandbox.add_queue("invoices"), 2)
    page = browser.get(reverse("queue_leases", args=[account.pk, orders.id]))
    assert len(ids(page)) == 3
    assert "You hold 3 messages of this queue." in text_of(page)
    (tab,) = Elements(page).all("a", href=reverse("queue_leases", args=[account.pk, orders.id]), aria_current="page")
    assert tab

    other = Account.objects.get(credential__owner__username="lead")
    theirs = lead.get(reverse("queue_leases", args=[other.pk, orders.id]))
    assert len(ids(theirs)) == 3
    onward = lead.get(reverse("queue_leases", args=[account.pk, orders.id]))
    assert onward.headers["Location"] == reverse("queue_leases", args=[other.pk, orders.id])


def test_the_queues_leases_are_there_while_the_upstream_is_down(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    pull(account, orders)
    cache.clear()
    sandbox.fault("reset")
    page = browser.get(reverse("queue_leases", args=[account.pk, orders.id]))
    assert (page.status_code, len(ids(page))) == (200, 3)


def test_the_header_counts_what_one_holds(browser: Client, cast: Cast, account: Account, orders: QueueHandle) -> None:
    assert "held by you" not in text_of(browser.get("/audit/"))
    pull(account, orders)
    assert '3<span class="sr"> held by you</span>' in text_of(browser.get("/audit/"))
    assert "held by you" not in text_of(signed_in(cast.teammate).get("/audit/"))


def newer_url(page: "Answer") -> str:
    (place,) = Elements(page).all("div", id="ledger-newer")
    return str(place["hx-get"])


def test_a_refresh_says_what_changed_and_moves_no_row(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    pull(account, orders)
    url = newer_url(browser.get(LEASES))
    asked = len(sandbox.calls)

    same = browser.get(url, headers=HTMX)
    assert "since:" not in text_of(same)
    assert "You hold 3 messages." in text_of(same)

    set_lease(1, expires_at=timezone.now() - timedelta(seconds=1))
    lapsed = browser.get(url, headers=HTMX)
    assert "since:" not in text_of(lapsed), "that a lease lapsed is said by the row itself"
    assert "You hold 2 messages." in text_of(lapsed)

    set_lease(0, state=LeaseState.ACKED, settled_at=timezone.now())
    changed = browser.get(url, headers=HTMX)
    assert "Leases were pulled, settled or extended since:" in text_of(changed)
    assert "<tr" not in text_of(changed)
    assert len(sandbox.calls) == asked


@pytest.mark.parametrize("what", ["pulled", "extended", "perhaps extended"])
def test_a_refresh_notices_whatever_is_done(browser: Client, account: Account, orders: QueueHandle, what: str) -> None:
    pull(account, orders)
    url = newer_url(browser.get(LEASES))
    if what == "pulled":
        pull(account, orders, 1)
    else:
        set_lease(1, **({"extensions": 1} if what == "extended" else {"warning": "who knows"}))
    assert "since:" in text_of(browser.get(url, headers=HTMX))


@pytest.mark.parametrize("since", ["", "x", "-1", "99999999999999999999", "٣", "999999999999999999"])
def test_a_refresh_with_nonsense_offers_the_page(browser: Client, since: str, account: Account) -> None:
    answer = browser.get(LEASES, {"seen": "nonsense", "since": since}, headers=HTMX)
    assert answer.status_code == 200
    assert "since:" in text_of(answer)


def test_three_hundred_rows_cost_few_queries(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    batch = pull(account, orders, 1)
    lease = Lease.objects.get()
    for position in range(1, 301):
        lease.pk, lease.position, lease.message_id = None, position, f"message-{position}"
        lease.save()
    assert batch.leases.count() == 301
    with django_assert_max_num_queries(15):
        page = browser.get(LEASES)
    assert len(ids(page)) == 300


def test_without_any_lease_the_page_says_so(browser: Client, account: Account) -> None:
    page = browser.get(LEASES)
    assert "Nothing is held" in text_of(page)
    assert "You hold nothing." in text_of(page)
    assert "Return everything" not in text_of(page)


def test_whoever_may_see_and_not_settle_gets_no_buttons_for_others(
    cast: Cast, account: Account, orders: QueueHandle
) -> None:
    pull(account, orders)
    cast.teammate.user_permissions.add(Grant.objects.get(codename="see_all_leases"))
    page = signed_in(User.objects.get(pk=cast.teammate.pk)).get("/leases/all/")
    assert "Your role may not settle messages that others hold." in text_of(page)
    assert not Elements(page).all("button", name="act")
    assert not [box for box in Elements(page).all("input", name="lease") if "data-leased" in box]
