"""What a person does on these pages, as a browser would send it, and a look at what came back."""

import html
import re
import uuid
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queues_app.cloudflare import Message, Queue
from queues_app.models import Account, Batch, Mode
from queues_app.operations import batches
from queues_app.operations.batches import Fetched
from queues_app.sandbox import QueueHandle, Sandbox

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    type Answer = _MonkeyPatchedWSGIResponse

HTMX = {"HX-Request": "true"}
PICTURE = re.compile(r"/accounts/\d+/queues/[0-9a-f]{32}/batches/[0-9a-f-]{36}/messages/\d+/picture/(\?[a-z0-9=&-]*)?")
# Elements that never have an end.
VOID = frozenset({"input", "meta", "link", "br", "hr", "img", "use", "path", "circle", "rect"})


def url_of(name: str, account: Account, queue: QueueHandle, *more: object, **query: object) -> str:
    return reverse(name, args=[account.pk, queue.id, *more], query=query or None)


def peek(browser: Client, account: Account, queue: QueueHandle, **typed: Any) -> "Answer":
    headers = typed.pop("headers", None)
    return browser.post(
        url_of("peek", account, queue), {"batch_size": 50, "intent": uuid.uuid4(), **typed}, headers=headers
    )


def pull(browser: Client, account: Account, queue: QueueHandle, **typed: Any) -> "Answer":
    headers = typed.pop("headers", None)
    fields = {"batch_size": 10, "visibility_timeout": "30 s", "intent": uuid.uuid4(), **typed}
    return browser.post(url_of("pull", account, queue), fields, headers=headers)


def pulled(browser: Client, account: Account, queue: QueueHandle) -> Batch:
    """The batch of a pull that went well."""
    answer = pull(browser, account, queue)
    assert answer.status_code == 303, answer.content
    return Batch.objects.latest("fetched_at")


def peeked(browser: Client, account: Account, queue: QueueHandle) -> Batch:
    """The batch of a peek that went well."""
    answer = peek(browser, account, queue)
    assert answer.status_code == 303, answer.content
    return Batch.objects.latest("fetched_at")


def settle(
    browser: Client, account: Account, queue: QueueHandle, batch: Batch, *positions: int, **typed: Any
) -> "Answer":
    headers = typed.pop("headers", None)
    fields = {"step": "do", "verb": "ack", "intent": uuid.uuid4(), "position": positions, **typed}
    return browser.post(url_of("settle", account, queue, batch.pk), fields, headers=headers)


def delete(
    browser: Client, account: Account, queue: QueueHandle, batch: Batch, *positions: int, **typed: Any
) -> "Answer":
    headers = typed.pop("headers", None)
    fields = {"step": "do", "intent": uuid.uuid4(), "position": positions, **typed}
    return browser.post(url_of("delete", account, queue, batch.pk), fields, headers=headers)


def look_again(browser: Client, account: Account, queue: QueueHandle, batch: Batch, **typed: Any) -> "Answer":
    """For the newest deletion of the batch."""
    entry_id = batch.deletions.latest("pk").entry_id
    return browser.post(url_of("look_again", account, queue, batch.pk, entry_id), typed)


def keep(account: Account, queue: QueueHandle, *messages: Message, mode: Mode = Mode.PEEK, **more: Any) -> Batch:
    """A batch as if it had just been fetched, without asking anybody."""
    shape = Queue(
        id=queue.id,
        name=queue.name,
        created_at=None,
        modified_at=None,
        producers=(),
        producers_total_count=0,
        consumers=(),
        consumers_total_count=0,
        delivery_delay=None,
        delivery_paused=False,
        message_retention_period=None,
        jurisdiction=None,
    )
    fetched = Fetched(mode=mode, messages=messages, fetched_at=timezone.now(), asked_for=100, queue=shape, **more)
    return batches.keep(owner=account.credential.owner, account=account, entry_id=1, fetched=fetched)


def text_of(answer: "Answer") -> str:
    return html.unescape(answer.content.decode())


class Elements(HTMLParser):
    """All elements of a page, and whether each end fits its beginning: markup from a body would break that."""

    def __init__(self, answer: "Answer") -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.misfits: list[str] = []
        self.feed(answer.content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misfits.append(tag)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        """The attributes of each `tag` that has these; `_` stands for `-`."""
        names = {name.replace("_", "-"): value for name, value in wanted.items()}
        return [
            attrs
            for name, attrs in self.found
            if name == tag and all(attrs.get(key) == value for key, value in names.items())
        ]

    def assert_sound(self) -> None:
        """Nothing in it acts: no foreign element, no handler, no style, every end in its place."""
        assert not self.misfits
        assert not self.open
        for tag, attrs in self.found:
            assert tag not in {"iframe", "object", "embed", "style", "base"}, tag
            # The one picture that there may be comes from the route that gives nothing but pictures.
            assert tag != "img" or PICTURE.fullmatch(attrs.get("src") or ""), attrs
            assert tag != "script" or set(attrs) <= {"src", "type", "defer"}, attrs
            assert not [name for name in attrs if name.startswith("on") or name == "style"], attrs
            assert not (attrs.get("href") or "").startswith(("javascript:", "data:")), attrs


def rename(sandbox: Sandbox, queue: QueueHandle, name: str) -> None:
    """As somebody does at Cloudflare, past this dashboard."""
    for one in sandbox.store.accounts.values():
        if queue.id in one.queues:
            one.queues[queue.id].name = name
