"""The whole main job, with failures in the middle: nothing of a secret is left anywhere it does not belong."""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from queues_app import bodies, cloudflare, vault
from queues_app.models import Batch, Credential, Lease, Mode
from queues_app.operations import batches, checkup
from queues_app.sandbox import QueueHandle, Sandbox
from queues_app.sandbox.seed import TOKENS
from tests.security.conftest import new_intent
from tests.security.evidence import Evidence, collecting, quiet_browser
from tests.security.lying import speaking_through
from tests.support.people import Cast, signed_in

TOKEN = "cfut_Zq8Rk2Vw5Yt1Xp7Ld9Nb4Mc6Jh3Gf0SaUeOiWy5TzKx2Pv8"
WRONG_TOKEN = "cfut_Bn3Hs7Cj1Dg9Fk5Lm2Qr8Wt4Xv6Yz0PaEiOuJk7NsGd3Rb9"
BODY = "confidential: Grüße an Frau Wójcik-Ångström, Konto 4711-0815-2342"
BYTES = b"\x00\x01 likewise confidential bytes: 9182-7364-5546 \xff\xfe"
# Where a body may be seen: the pages of messages, and nowhere else.
MESSAGE_PAGES = ("page: batch", "page: message", "page: body")
FAULTS = ("reset", "html", "truncated", "server_error", "rate_limited", "wrong_shape")


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Sandbox:
    """One whose token can be searched for: the seed's own is mostly zeros."""
    monkeypatch.setitem(TOKENS, "full", TOKEN)
    return Sandbox(clock=sandbox.clock, seed="empty")


@pytest.fixture
def queue(sandbox: Sandbox, upstream_url: str) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")
    queue.push(BODY)
    queue.push({"note": BODY})
    queue.push(BYTES)
    return queue


@pytest.fixture
def browser(cast: Cast) -> Client:
    return quiet_browser(signed_in(cast.owner))


@pytest.fixture
def evidence() -> Iterator[Evidence]:
    with collecting() as evidence:
        yield evidence


class Job:
    """The main job in a browser; every answer is evidence."""

    def __init__(self, browser: Client, queue: QueueHandle, evidence: Evidence) -> None:
        self.browser = browser
        self.queue = queue
        self.evidence = evidence

    def get(self, name: str, *args: Any, query: str = "") -> HttpResponse:
        return self._answered(name, self.browser.get(reverse(name, args=args) + query))

    def post(self, name: str, *args: Any, form: dict[str, Any] | None = None) -> HttpResponse:
        return self._answered(name, self.browser.post(reverse(name, args=args), form or {}))

    @property
    def credential(self) -> Credential:
        return Credential.objects.earliest("pk")

    @property
    def place(self) -> list[Any]:
        account = self.credential.accounts.get(account_id=self.queue.account_id)
        return [account.pk, self.queue.id]

    def add_credential(self, secret: str = TOKEN, label: str = "main") -> HttpResponse:
        form = {"label": label, "kind": "token", "environment": "sandbox", "secret": secret, "intent": new_intent()}
        return self.post("credential_add", form=form)

    def peek(self) -> HttpResponse:
        return self.post("peek", *self.place, form={"batch_size": 10, "intent": new_intent()})

    def pull(self) -> HttpResponse:
        form = {"batch_size": 10, "visibility_timeout": "30 s", "intent": new_intent()}
        return self.post("pull", *self.place, form=form)

    def settle(self, batch: Batch, step: str = "do", *, position: int = 0) -> HttpResponse:
        form = {"step": step, "verb": "ack", "position": [position], "intent": new_intent()}
        return self.post("settle", *self.place, batch.pk, form=form)

    def hold_on(self, batch: Batch) -> HttpResponse:
        numbers = ",".join(str(lease.pk) for lease in batch.leases.all())
        form = {"step": "do", "verb": "extend", "lease": numbers, "intent": new_intent()}
        return self.post("lease_acts", form=form)

    def read(self, batch: Batch) -> None:
        """Every page on which a body may stand."""
        self.get("batch", *self.place, batch.pk)
        for position in range(batch.message_count):
            for view in ("decoded", "raw", "hex"):
                self.get("message", *self.place, batch.pk, position, query=f"?view={view}")
            self.get("message_body", *self.place, batch.pk, position)

    def _answered(self, name: str, answer: Any) -> HttpResponse:
        place = {"batch": "batch", "message": "message", "message_body": "body"}.get(name, f"({name})")
        self.evidence.answer(f"page: {place}", answer)
        response: HttpResponse = answer
        return response


@pytest.fixture
def job(browser: Client, queue: QueueHandle, evidence: Evidence) -> Job:
    return Job(browser, queue, evidence)


def pulled() -> Batch:
    return Batch.objects.filter(mode=Mode.PULL).latest("fetched_at")


def lease_ids() -> dict[str, str]:
    """All that were ever given out."""
    found = [message.lease_id for batch in Batch.objects.all() for message in batches.messages_of(batch)]
    found += [vault.unseal(lease.sealed_lease_id).decode() for lease in Lease.objects.all()]
    return {f"lease id {number}": lease for number, lease in enumerate(found) if lease}


def assert_nothing_leaked(evidence: Evidence) -> None:
    evidence.everything_kept()
    everywhere = {
        "token": TOKEN,
        "refused token": WRONG_TOKEN,
        "sealing key": settings.CREDENTIAL_KEYS[0],
        "signing key": settings.SECRET_KEY,
        **lease_ids(),
    }
    assert evidence.search(everywhere) == []
    outside = {"body": BODY, "bytes": BYTES[2:-2].decode()}
    assert evidence.search(outside, ignoring=MESSAGE_PAGES) == []


def test_the_search_finds_what_is_there(evidence: Evidence) -> None:
    evidence.add("here", f"Bearer {TOKEN}")
    evidence.add("there", TOKEN[::-1])
    assert {found.split(":")[0] for found in evidence.search({"token": TOKEN})} == {"token in here", "token in there"}


def test_the_main_job_leaves_no_secret_anywhere(job: Job, evidence: Evidence) -> None:
    assert job.add_credential(WRONG_TOKEN).status_code == 422
    assert job.add_credential().status_code in (302, 303)
    own = job.credential.pk
    job.get("credential", own)
    job.post("credential_verify", own)
    job.post("credential_replace", own, form={"secret": WRONG_TOKEN, "intent": new_intent()})
    job.post("credential_rename", own, form={"label": TOKEN})
    for name in ("queues", "queue"):
        assert job.get(name, *job.place[: 1 if name == "queues" else 2]).status_code == 200
    assert job.peek().status_code == 303
    peeked = Batch.objects.get()
    job.read(peeked)
    job.post("peek_again", *job.place, peeked.pk)
    assert job.pull().status_code == 303
    job.read(pulled())
    assert job.hold_on(pulled()).status_code == 303
    job.settle(pulled(), "confirm")
    assert job.settle(pulled()).status_code == 303
    job.get("batch", *job.place, pulled().pk)
    for name in ("audit", "credentials", "home", "leases", "leases_return"):
        job.get(name)
    job.get("credential_delete", own)
    assert [text for where, text in evidence.texts if where == "page: batch" and "Wójcik" in text]

    assert_nothing_leaked(evidence)
    job.post("credential_delete", own)


def test_no_failure_of_the_upstream_brings_a_secret_to_light(
    job: Job, evidence: Evidence, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with speaking_through(sandbox.transport(), monkeypatch):
        job.add_credential()
        job.pull()
        acts: dict[str, Callable[[], HttpResponse]] = {
            "verify_user": lambda: job.post("credential_verify", job.credential.pk),
            "pull": job.pull,
            "peek": job.peek,
            "settle": lambda: job.settle(pulled()),
            "extend": lambda: job.hold_on(pulled()),
            "queues": lambda: job.get("queues", job.place[0]),
        }
        for fault in FAULTS:
            for route, act in acts.items():
                sandbox.fault(fault, route=route, count=3)
                act()
                sandbox.clear_faults()

    assert_nothing_leaked(evidence)


# Where a mistake of ours may strike, with what is in hand there.
INJECTIONS: dict[str, tuple[Any, str]] = {
    "while sealing": (vault, "_fernet"),
    "while a request is made": (cloudflare.ApiToken, "headers"),
    "while a credential is examined": (checkup, "examine"),
    "while it is sent": (cloudflare.Client, "pull"),
    "while it is settled": (cloudflare.Client, "settle"),
    "while it is held on": (cloudflare.Client, "extend"),
    "while it is kept": (batches, "_seal"),
    "while it is unpacked": (batches, "_unpack"),
    "while it is previewed": (bodies, "preview"),
    "while it is read": (bodies, "read"),
}


@pytest.mark.parametrize("where", sorted(INJECTIONS))
def test_a_mistake_of_ours_in_the_middle_shows_no_secret(
    job: Job, evidence: Evidence, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    job.add_credential()
    job.pull()
    batch = pulled()

    def fails(*args: object, **kwargs: object) -> NoReturn:
        message = "injected by the test"
        raise RuntimeError(message)

    with monkeypatch.context() as broken:
        broken.setattr(*INJECTIONS[where], fails)
        job.add_credential(label="another")
        job.post("credential_verify", job.credential.pk)
        job.post("credential_replace", job.credential.pk, form={"secret": TOKEN, "intent": new_intent()})
        job.peek()
        job.pull()
        job.hold_on(batch)
        job.settle(batch, position=1)
        job.get("leases")
        job.get("batch", *job.place, batch.pk)
        job.get("message", *job.place, batch.pk, 0)
        job.get("message_body", *job.place, batch.pk, 2)

    assert any("injected by the test" in text for where, text in evidence.texts if where.startswith("report"))
    for place, text in evidence.texts:
        assert not (place.startswith("page") and "injected by the test" in text)
    assert_nothing_leaked(evidence)
