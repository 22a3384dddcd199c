"""Two hosts on one PostgreSQL and one Redis are one service: what one does, the other knows at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from queues_app.models import AuditEntry, Outcome
from tests.deployment.conftest import Scene
from tests.deployment.forms import pull_form
from tests.support.waiting import wait_until
from tests.team.hosts import Hosts, connections_of, is_signed_in, people_locked, sign_in

# Committed, for other processes to see. The roles are there again for each test.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_a_session_of_one_host_is_valid_on_the_other_and_ends_on_both(hosts: Hosts) -> None:
    one, other = hosts
    session = sign_in(one)
    assert is_signed_in(one, session)
    assert is_signed_in(other, session)

    with other.browser(session) as browser:
        browser.post("/sign-out/")

    assert not is_signed_in(one, session)
    assert not is_signed_in(other, session)


def test_attempts_to_sign_in_are_counted_together(hosts: Hosts) -> None:
    one, other = hosts
    for dashboard in (one, other, one, other, one):
        assert not is_signed_in(dashboard, sign_in(dashboard, password="wrong"))

    assert not is_signed_in(other, sign_in(other))
    last = AuditEntry.objects.filter(action="session.sign_in").latest("pk")
    assert (last.outcome, last.reason) == (Outcome.REFUSED, "too-many-attempts")


def test_the_same_form_sent_to_both_at_once_pulls_once(
    hosts: Hosts, scene: Scene, meanwhile: ThreadPoolExecutor
) -> None:
    session, form = sign_in(hosts[0]), pull_form()
    scene.sandbox.hold("pull")
    browsers = [dashboard.browser(session) for dashboard in (*hosts, *hosts)]
    answers = [meanwhile.submit(browser.post, f"{scene.place}pull/", data=form) for browser in browsers]
    scene.wait_for("pull")
    scene.sandbox.release()

    statuses = [answer.result().status_code for answer in answers]
    for browser in browsers:
        browser.close()
    assert 303 in statuses
    assert set(statuses) <= {303, 409}
    assert scene.queue.count("pull") == 1
    assert AuditEntry.objects.filter(action="messages.pull").count() == 1


def test_a_page_that_both_are_asked_for_at_once_asks_cloudflare_once(
    hosts: Hosts, scene: Scene, meanwhile: ThreadPoolExecutor
) -> None:
    session, page = sign_in(hosts[0]), f"/accounts/{scene.account.pk}/queues/"
    scene.sandbox.hold("queues")
    with hosts[0].browser(session) as one, hosts[1].browser(session) as other:
        asking = meanwhile.submit(one.get, page)
        wait_until(lambda: scene.sandbox.count("queues"), what="list asked for")
        waiting = meanwhile.submit(other.get, page)
        # Only then has it looked at what is remembered: an earlier answer would be none of a flight.
        wait_until(lambda: "queuescope_facts_waiting 1.0" in other.get("/metrics").text, what="host that waits")
        scene.sandbox.release()
        assert [scene.queue.name in answer.result().text for answer in (asking, waiting)] == [True, True]
        told = other.get("/metrics").text

    assert scene.sandbox.count("queues") == 1
    assert 'queuescope_facts_total{facts="queues",source="shared"} 1.0' in told
    assert 'queuescope_facts_total{facts="queues",source="asked"}' not in told


def test_a_host_that_dies_in_the_middle_of_a_pull_leaves_an_unknown_entry_that_the_other_shows(
    hosts: Hosts, scene: Scene, meanwhile: ThreadPoolExecutor
) -> None:
    one, other = hosts
    session, form = sign_in(one), pull_form()
    scene.sandbox.hold("pull")
    with one.browser(session) as browser:
        lost = meanwhile.submit(browser.post, f"{scene.place}pull/", data=form)
        scene.wait_for("pull")
        one.process.kill()
        one.kill_workers()
        scene.sandbox.release()
        with pytest.raises(httpx.TransportError):
            lost.result()

    entry = AuditEntry.objects.get(action="messages.pull")
    assert (entry.outcome, entry.completed_at) == (Outcome.UNKNOWN, None)
    with other.browser(session) as browser:
        assert "no end was written; a lease may exist" in browser.get(f"/audit/{entry.pk}/").text
        assert browser.post(f"{scene.place}pull/", data=form).status_code == 409
    assert scene.queue.count("pull") == 1


def test_who_waits_for_cloudflare_holds_no_connection_to_the_database(
    hosts: Hosts, scene: Scene, own_database: str, meanwhile: ThreadPoolExecutor
) -> None:
    one, _ = hosts
    session = sign_in(one)
    scene.sandbox.hold("pull")
    with ExitStack() as open_ones:
        browsers = [open_ones.enter_context(one.browser(session)) for _ in range(4)]
        waiting = [meanwhile.submit(browser.post, f"{scene.place}pull/", data=pull_form()) for browser in browsers]
        scene.wait_for("pull", 4)

        # Four wait, and the pool has two.
        assert is_signed_in(one, session)
        assert 1 <= connections_of(f"one-{own_database[-8:]}") <= 2
        assert not any(answer.done() for answer in waiting)
        scene.sandbox.release()
        assert [answer.result().status_code for answer in waiting] == [303] * 4


def test_who_finds_all_connections_taken_is_told_so_in_a_sentence(
    hosts: Hosts, own_database: str, meanwhile: ThreadPoolExecutor
) -> None:
    one, _ = hosts
    session = sign_in(one)
    with ExitStack() as open_ones:
        browsers = [open_ones.enter_context(one.browser(session)) for _ in range(3)]
        with people_locked():
            stuck = [meanwhile.submit(browser.get, "/credentials/") for browser in browsers[:2]]
            wait_until(lambda: connections_of(f"one-{own_database[-8:]}", waiting=True) == 2, what="pool in use")
            told = browsers[2].get("/credentials/")
        assert [answer.result().status_code for answer in stuck] == [200, 200]

    assert told.status_code == 503
    assert "The database does not answer" in told.text
    assert told.headers["Retry-After"] == "5"
