"""A person without a browser: sends what forms send. For the steps before the one that a test shows in the browser."""

import html
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx

from tests.browser.stack import Person

# What a browser keeps in a cookie and sends back in each form; any will do, as long as they are the same.
TOKEN: Final = "w" * 32


class Wire:
    """Somebody's session over HTTP. A step that is answered with anything but "look there" fails the test."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    @classmethod
    @contextmanager
    def of(cls, person: Person, home: str) -> Iterator["Wire"]:
        cookies = {"sessionid": person.session, "csrftoken": TOKEN}
        with httpx.Client(base_url=home, cookies=cookies, trust_env=False, timeout=30) as client:
            yield cls(client)

    def post(self, path: str, **fields: str | int | list[int] | list[str]) -> str:
        """The path that the answer leads to."""
        data = {"csrfmiddlewaretoken": TOKEN, "intent": str(uuid.uuid4()), **fields}
        answer = self._client.post(path, data=data)
        if not answer.has_redirect_location:
            message = f"{answer.status_code} for POST {path}: {answer.text[:2000]}"
            raise AssertionError(message)
        there = urlsplit(answer.headers["Location"])
        return f"{there.path}?{there.query}" if there.query else there.path

    def hidden(self, path: str, name: str) -> str:
        """What a page carries in its hidden field of this name."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self._client.get(path).text)
        if found is None:
            message = f"No field {name} at {path}"
            raise AssertionError(message)
        return html.unescape(found[1])

    def peek(self, queue: str) -> str:
        """The page of the kept copy; `queue` is the queue's."""
        return self.post(f"{queue}peek/", batch_size=50)

    def pull(self, queue: str, *, messages: int = 10, lease: str = "60 s") -> str:
        """The page of the kept copy; `queue` is the queue's."""
        return self.post(f"{queue}pull/", batch_size=messages, visibility_timeout=lease)

    def settle(self, copy: str, verb: str, *positions: int) -> str:
        """The page of the kept copy, which says what came of it."""
        return self.post(f"{copy.split('?')[0]}settle/", step="do", verb=verb, position=list(positions))
