"""A day at the dashboard by plain addresses and forms, the same in each release: for `record.py` and its tests."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from django.test import Client

    from queues_app.sandbox import Sandbox

PASSWORD: Final = "correct-horse-battery-staple"
PEOPLE: Final = {"owner": "Lead", "viewer": "Viewer", "admin": "Admin"}
QUEUES: Final = ("orders", "invoices")
MESSAGES: Final = 12


def stage(sandbox: "Sandbox") -> None:
    """The queues at the upstream, as they are before anybody came."""
    for name in QUEUES:
        queue = sandbox.add_queue(name, max_retries=5, dead_letter_queue=f"{name}-dlq")
        queue.push_many([{"order": number, "of": name} for number in range(MESSAGES)])


def sign_in(browser: "Client", name: str) -> None:
    answer = browser.post("/sign-in/", {"login": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    assert "/sign-in/" not in answer.headers["Location"]


class Operator:
    """Somebody at a browser. Each step fails when the page does not do what it is asked."""

    def __init__(self, browser: "Client", place: str) -> None:
        self.browser = browser
        self.place = place

    def see(self, address: str, **query: Any) -> str:
        answer = self.browser.get(address, query)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer.content.decode()

    def do(self, address: str, **form: Any) -> str:
        """Send a form; where it leads."""
        answer = self.browser.post(address, {"intent": str(uuid.uuid4()), **form})
        assert answer.status_code in (302, 303), (address, answer.status_code)
        return str(answer.headers["Location"]).partition("?")[0]

    def work(self) -> Iterator[str]:
        """Pull, look, settle, hold on, delete, send, keep: the addresses of what was left behind, as it comes."""
        pulled = self.do(f"{self.place}pull/", batch_size=4, visibility_timeout="12 h")
        yield pulled
        self.do(f"{pulled}settle/", step="do", verb="ack", position="0")
        self.do(f"{pulled}settle/", step="do", verb="retry", position="1", delay="60 s")
        self.do(f"{pulled}filters/", name=f"orders {uuid.uuid4()}", q="order")
        self.do(f"{pulled}columns/", column="order")
        peeked = self.do(f"{self.place}peek/", batch_size=10)
        yield peeked
        self.do(f"{peeked}delete/", step="do", position="2")
        prepared = self.do(f"{self.place}send/", content_type="json", body='{"order": 100}')
        self.do(prepared, act="send", step="0")
        yield prepared
        self.do(f"{self.place}settings/pause/", step="do")
        self.do(f"{self.place}settings/resume/")
        self.see(f"{pulled}export/", format="jsonl", position="2")
        self.do("/preferences/", theme="dark")

    def look(self, *addresses: str) -> None:
        """The main pages, and these."""
        queues = self.place.partition("queues/")[0] + "queues/"
        for address in ("/credentials/", queues, self.place, f"{self.place}settings/", f"{self.place}leases/"):
            self.see(address)
        for address in ("/leases/", "/leases/all/", "/leases/return/", "/audit/", *addresses):
            self.see(address)
