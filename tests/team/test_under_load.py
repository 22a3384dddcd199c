"""Two hosts behind a proxy, and everybody at work at once: nothing is lost or done twice, and no page fails."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from queues_app.models import AuditEntry, Lease, Outcome
from tests.deployment.conftest import Scene
from tests.deployment.forms import pull_form, settle_form
from tests.deployment.serving import CSRF
from tests.support.people import PASSWORD
from tests.support.waiting import LONG_ENOUGH, wait_until
from tests.team.hosts import Hosts
from tests.team.round_robin import RoundRobin, round_robin

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

READERS, WRITERS, ROUNDS = 4, 3, 3
# Where people sit; the proxy is at 127.0.0.1.
DESK = "127.0.0.9"


@pytest.fixture(scope="module")
def host_settings() -> dict[str, str]:
    """As behind a proxy that ends TLS. More threads than connections, so that they wait for each other."""
    return {"HTTPS_ONLY": "1", "TRUSTED_PROXIES": "127.0.0.1", "DATABASE_POOL_SIZE": "3"}


@pytest.fixture
def proxy(hosts: Hosts) -> Iterator[RoundRobin]:
    with round_robin(*(host.url for host in hosts)) as proxy:
        yield proxy


def browser(proxy: RoundRobin, session: str = "") -> httpx.Client:
    return httpx.Client(
        base_url=proxy.url,
        transport=httpx.HTTPTransport(local_address=DESK),
        cookies={"csrftoken": CSRF, **({"sessionid": session} if session else {})},
        headers={"X-CSRFToken": CSRF, "Origin": proxy.url.replace("http:", "https:"), "Host": proxy.url[7:]},
        timeout=LONG_ENOUGH,
    )


def sign_in(proxy: RoundRobin) -> str:
    with browser(proxy) as visitor:
        visitor.headers["Referer"] = f"{visitor.headers['Origin']}/sign-in/"
        visitor.post("/sign-in/", data={"login": "owner", "password": PASSWORD})
        return visitor.cookies["sessionid"]


class Readers:
    """People who open one page after the other until they are told to stop."""

    def __init__(self, proxy: RoundRobin, session: str, place: str, pool: ThreadPoolExecutor) -> None:
        self.seen: Counter[int] = Counter()
        self._enough = threading.Event()
        self._at_work = [pool.submit(self._read, proxy, session, place, first) for first in range(READERS)]

    def stop(self) -> None:
        self._enough.set()
        for reading in self._at_work:
            reading.result()

    def _read(self, proxy: RoundRobin, session: str, place: str, first: int) -> None:
        pages = [place.partition("queues/")[0] + "queues/", place, f"{place}leases/", "/leases/", "/audit/"]
        with browser(proxy, session) as reader:
            while not self._enough.is_set():
                first += 1
                self.seen[reader.get(pages[first % len(pages)]).status_code] += 1


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(READERS + 2 * WRITERS + 2) as pool:
        yield pool


def twice(
    pool: ThreadPoolExecutor, one: httpx.Client, other: httpx.Client, address: str, form: Mapping[str, Any]
) -> set[str]:
    """Send the same form on both ways at once; where they lead who were not told that it is under way."""
    sent: list[Future[httpx.Response]] = [pool.submit(way.post, address, data=form) for way in (one, other)]
    answers = [each.result() for each in sent]
    assert {answer.status_code for answer in answers} <= {303, 409}
    return {answer.headers["Location"].partition("?")[0] for answer in answers if answer.status_code == 303}


def pull_and_acknowledge(proxy: RoundRobin, session: str, place: str, pool: ThreadPoolExecutor) -> None:
    with browser(proxy, session) as one, browser(proxy, session) as other:
        for _ in range(ROUNDS):
            (batch,) = twice(pool, one, other, f"{place}pull/", pull_form())
            twice(pool, one, other, f"{batch}settle/", settle_form(0))


def test_under_load_each_lease_is_on_the_ledger_once_and_nobody_is_told_of_a_failure(
    scene: Scene, proxy: RoundRobin, crowd: ThreadPoolExecutor
) -> None:
    pulls = WRITERS * ROUNDS
    scene.queue.push_many([{"order": number} for number in range(2 * pulls)])
    session = sign_in(proxy)
    readers = Readers(proxy, session, scene.place, crowd)
    with ThreadPoolExecutor(WRITERS) as writers:
        at_work = [writers.submit(pull_and_acknowledge, proxy, session, scene.place, crowd) for _ in range(WRITERS)]
        for each in at_work:
            each.result()
    readers.stop()

    assert set(readers.seen) == {200}, readers.seen
    assert (scene.queue.count("pull"), scene.queue.count("settle")) == (pulls, pulls)
    assert Lease.objects.count() == 2 * pulls
    assert len(set(Lease.objects.values_list("message_id", flat=True))) == 2 * pulls
    assert Counter(Lease.objects.values_list("state", flat=True)) == {"acked": pulls, "held": pulls}
    entries = AuditEntry.objects.exclude(action="session.sign_in")
    assert set(entries.values_list("outcome", "client_address")) == {(Outcome.OK, DESK)}
    assert not entries.filter(completed_at=None).exists()
    assert Counter(entries.values_list("action", flat=True)) == {"messages.pull": pulls, "messages.ack": pulls}


def test_a_host_that_is_stopped_under_load_ends_what_it_began_and_nobody_is_told_of_a_failure(
    scene: Scene, hosts: Hosts, proxy: RoundRobin, crowd: ThreadPoolExecutor
) -> None:
    scene.queue.push_many([{"order": number} for number in range(10)])
    session = sign_in(proxy)
    readers = Readers(proxy, session, scene.place, crowd)
    scene.sandbox.hold("pull")
    with browser(proxy, session) as one, browser(proxy, session) as other, browser(proxy, session) as third:
        under_way = [crowd.submit(way.post, f"{scene.place}pull/", data=pull_form()) for way in (one, other, third)]
        scene.wait_for("pull", 3)
        proxy.take_out(0)
        # Who came to its door before this is in.
        with hosts[0].browser() as last:
            assert last.get("/healthz/").status_code == 200
        hosts[0].ask_to_stop()
        before = readers.seen[200]
        wait_until(lambda: readers.seen[200] > before + 2 * READERS, what="pages of the host that is left")
        assert hosts[0].process.poll() is None
        scene.sandbox.release()
        assert [answer.result().status_code for answer in under_way] == [303] * 3
        assert hosts[0].process.wait(LONG_ENOUGH) == 0
        assert one.post(f"{scene.place}pull/", data=pull_form()).status_code == 303
        readers.stop()

    assert set(readers.seen) == {200}, readers.seen
    pulls = AuditEntry.objects.filter(action="messages.pull")
    assert set(pulls.values_list("outcome", flat=True)) == {Outcome.OK}
    assert not AuditEntry.objects.filter(completed_at=None).exists()
    assert scene.queue.count("pull") == pulls.count() == 4
    assert len(set(Lease.objects.values_list("message_id", flat=True))) == Lease.objects.count() == 8


def test_a_host_that_dies_in_the_middle_of_pulls_leaves_entries_unknown_and_the_other_carries_all_on(
    scene: Scene, hosts: Hosts, proxy: RoundRobin, crowd: ThreadPoolExecutor
) -> None:
    scene.queue.push_many([{"order": number} for number in range(10)])
    session = sign_in(proxy)
    readers = Readers(proxy, session, scene.place, crowd)
    scene.sandbox.hold("pull")
    with browser(proxy, session) as one, browser(proxy, session) as other, browser(proxy, session) as third:
        under_way = [crowd.submit(way.post, f"{scene.place}pull/", data=pull_form()) for way in (one, other, third)]
        scene.wait_for("pull", 3)
        hosts[0].process.kill()
        hosts[0].kill_workers()
        proxy.take_out(0)
        scene.sandbox.release()
        statuses = Counter(answer.result().status_code for answer in under_way)
        before = readers.seen[200]
        wait_until(lambda: readers.seen[200] > before + 2 * READERS, what="pages of the host that is left")
        readers.stop()

        assert set(statuses) == {303, 502}
        assert set(readers.seen) <= {200, 502}, readers.seen
        pulls = AuditEntry.objects.filter(action="messages.pull")
        outcomes = {Outcome.OK: statuses[303], Outcome.UNKNOWN: statuses[502]}
        assert Counter(pulls.values_list("outcome", flat=True)) == outcomes
        # What was answered is on the ledger; of what was not, the record says that there may be leases.
        assert Lease.objects.count() == 2 * statuses[303]
        for entry in pulls.filter(outcome=Outcome.UNKNOWN):
            assert "no end was written; a lease may exist" in one.get(f"/audit/{entry.pk}/").text
        assert one.post(f"{scene.place}pull/", data=pull_form()).status_code == 303
