"""The dead-letter map of an account; against the sandbox."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from queues_app import upstream
from queues_app.models import Account, Credential
from queues_app.models.credential import CredentialStatus
from queues_app.sandbox import Sandbox
from tests.support.people import Cast, make_account
from tests.views.test_queues import HTMX, html_of

pytestmark = pytest.mark.usefixtures("now")

MANY = 120


def map_of(browser: Client, account: Account, query: str = "", status: int = 200) -> str:
    return html_of(browser, f"/accounts/{account.pk}/dead-letters/{query}", status)


def titles_of(page: str) -> list[str]:
    """The dead-letter queues of a page, in its order."""
    found = re.findall(r'<div class="fed">\s*<h2>(.*?)</h2>', page, re.DOTALL)
    return [html.unescape(re.sub("<[^>]+>", "", each)).strip() for each in found]


def links_of(page: str) -> dict[str, str]:
    """Word of a link → where it leads."""
    found = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return {re.sub("<[^>]+>", "", word).strip(): html.unescape(address) for address, word in found}


@pytest.fixture
def many(sandbox: Sandbox) -> None:
    for number in range(MANY):
        sandbox.add_queue(f"team-{number:03}-dlq", consumer=None)
        sandbox.add_queue(f"team-{number:03}", dead_letter_queue=f"team-{number:03}-dlq")


@pytest.mark.usefixtures("many")
def test_many_dead_letter_queues_come_in_pages_that_lead_to_each_other(browser: Client, account: Account) -> None:
    address, seen, pages = "", [], 0
    while True:
        page = map_of(browser, account, address)
        pages += 1
        seen += titles_of(page)
        assert "more dead-letter queues" not in page
        if "Next" not in links_of(page):
            break
        address = "?" + links_of(page)["Next"].partition("?")[2]
    assert pages == 3
    assert seen == [f"team-{number:03}-dlq" for number in range(MANY)]
    assert "Dead-letter queues 101 to 120 of 120" in page
    assert "There is no page 9; this is the last." in map_of(browser, account, "?page=9")


@pytest.mark.usefixtures("many")
def test_the_filter_finds_one_by_its_name_or_by_the_name_of_what_feeds_it(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("lonely-sender", dead_letter_queue="team-007-dlq")
    page = map_of(browser, account, "?q=007+DLQ")
    assert titles_of(page) == ["team-007-dlq"]
    assert "1 of 120 dead-letter queues" in page
    assert 'value="007 DLQ"' in page
    assert titles_of(map_of(browser, account, "?q=lonely")) == ["team-007-dlq"]
    assert "No queue matches" in map_of(browser, account, "?q=nonsense")


@pytest.mark.usefixtures("many")
def test_the_filter_gets_the_map_alone_and_the_address_follows_it(browser: Client, account: Account) -> None:
    response = browser.get(f"/accounts/{account.pk}/dead-letters/?q=team-007&page=", headers=HTMX)
    assert response.headers["HX-Replace-Url"] == f"/accounts/{account.pk}/dead-letters/?q=team-007"
    part = response.content.decode()
    assert part.strip().startswith('<div class="map" id="map">')
    assert titles_of(part) == ["team-007-dlq"]


def test_of_many_that_feed_one_a_few_are_named_and_the_list_has_all(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("all-dlq", consumer=None)
    for number in range(40):
        sandbox.add_queue(f"sender-{number:02}", dead_letter_queue="all-dlq")
    page = map_of(browser, account)
    links = links_of(page)
    assert sum(word.startswith("sender-") for word in links) == 5
    listed = html_of(browser, links["and 35 more that feed all-dlq"])
    assert listed.count("<tr data-row") == 41
    # Whom the filter means stands before them.
    assert "sender-39" in links_of(map_of(browser, account, "?q=sender-39"))


def test_queues_that_delete_at_the_limit_have_a_list_of_their_own(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    for number in range(1_130):
        sandbox.add_queue(f"sender-{number:04}")
    page = map_of(browser, account)
    links = links_of(page)
    assert sum(word.startswith("sender-") for word in links) == 12
    assert "1,130 queues delete at the limit." in links
    page = html_of(browser, links["Show all 1,130 queues that delete at the limit"])
    assert "Queues 1 to 100 of 1,130" in page
    assert "sender-0100" in html_of(browser, f"/accounts/{account.pk}/dead-letters/?show=deleting&page=2")
    page = map_of(browser, account, "?show=deleting&q=0777")
    assert "1 of 1,130 queues that delete at the limit." in page
    assert "sender-0777" in links_of(page)


def test_those_that_need_a_person_stand_first_and_unknown_counts_before_nobody(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    for name in ("a-dark", "b-empty", "c-full", "z-losing"):
        sandbox.add_queue(name, dead_letter_queue=f"{name}-dlq")
    sandbox.add_queue("a-dark-dlq", consumer=None).fault("server_error", route="metrics")
    sandbox.add_queue("b-empty-dlq", consumer=None)
    sandbox.add_queue("c-full-dlq", consumer=None).push("a", age_s=60)
    sandbox.add_queue("z-losing-dlq", consumer=None, retention=86400).push("a", age_s=86400 - 600)
    sandbox.add_queue("lost", dead_letter_queue="nowhere")
    page = map_of(browser, account)
    assert titles_of(page) == ["z-losing-dlq", "nowhere", "c-full-dlq", "b-empty-dlq", "a-dark-dlq"]
    # An unknown count is nothing to look at.
    assert "2 have something to look at. 1 count is unknown." in page
    assert "Not read: 500 from Cloudflare.<" in page


def test_what_is_not_on_the_page_of_a_large_map_is_counted_aside_and_then_stands_where_it_belongs(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    for number in range(201):
        sandbox.add_queue(f"team-{number:03}-dlq", consumer=None)
        sandbox.add_queue(f"team-{number:03}", dead_letter_queue=f"team-{number:03}-dlq")
    sandbox.add_queue("z-losing-dlq", consumer=None, retention=86400).push("a", age_s=86400 - 600)
    sandbox.add_queue("z-losing", dead_letter_queue="z-losing-dlq")
    assert titles_of(map_of(browser, account))[0] == "team-000-dlq"
    map_of(browser, account, "?q=z-losing")
    upstream.close()
    now.shift(timedelta(seconds=5))
    page = map_of(browser, account)
    assert titles_of(page)[0] == "z-losing-dlq"
    assert sandbox.count("metrics") < 202


def test_each_count_says_of_when_it_is_also_where_it_could_not_be_read_again(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    sandbox.add_queue("empty", dead_letter_queue="empty-dlq")
    dead = sandbox.add_queue("orders-dlq", consumer=None)
    dead.push_many(["a"] * 9, age_s=60)
    sandbox.add_queue("empty-dlq", consumer=None)
    page = map_of(browser, account)
    assert "oldest 1 min · as of 14:03:22" in page
    assert page.count("as of 14:03:22, <span data-at=") == 2
    dead.fault("server_error", route="metrics")
    now.shift(timedelta(minutes=2))
    page = map_of(browser, account)
    assert "was 9 · as of 14:03:22" in page
    assert "1 count is unknown." in page
    assert ">2 min</span>" in page or ">2 min ago</span>" in page


def test_the_map_is_a_place_of_the_queues(browser: Client, account: Account) -> None:
    page = map_of(browser, account)
    assert re.search(r'<a href="[^"]+/queues/" data-key="g q" aria-current="page">Queues</a>', page)


def test_an_address_that_cannot_be_understood_is_said_and_ignored(browser: Client, account: Account) -> None:
    page = map_of(browser, account, "?show=everything&page=x")
    assert "There is no such list, so this is the map." in page
    assert "There is no such page, so this is the first." in page


def test_a_map_that_was_never_read_says_why_and_leads_on(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.fault("html", route="queues")
    links = links_of(map_of(browser, account, status=502))
    assert links["Try again"] == f"/accounts/{account.pk}/dead-letters/"
    assert links["See its credential"] == f"/credentials/{account.credential_id}/"


def test_while_the_list_fails_the_map_that_was_read_stays_and_no_count_is_asked_for(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    sandbox.add_queue("orders-dlq", consumer=None).push("a", age_s=60)
    map_of(browser, account)
    sandbox.fault("html", route="queues")
    now.shift(timedelta(minutes=2))
    page = map_of(browser, account, status=502)
    assert titles_of(page) == ["orders-dlq"]
    assert "as of 14:03:22" in page
    assert sandbox.count("metrics") == 1


def test_what_another_account_has_is_not_said_from_the_memory_of_a_credential_that_was_refused(
    browser: Client, account: Account, cast: Cast, sandbox: Sandbox
) -> None:
    labs = make_account(
        cast.owner, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-labs"], name="labs", label="labs"
    )
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    sandbox.add_queue("orders-dlq", account="acme-labs")
    html_of(browser, f"/accounts/{labs.pk}/queues/")
    assert "labs has one" in map_of(browser, account)

    Credential.objects.filter(pk=labs.credential_id).update(status=CredentialStatus.EXPIRED)

    assert "labs has one" not in map_of(browser, account)
