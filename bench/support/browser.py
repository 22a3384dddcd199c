"""What asks in the measurements: a kept connection that costs little itself."""

import gzip
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from typing import Final, Self
from urllib.parse import urlencode, urlsplit

import brotli

_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came over the wire, still compressed."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    seconds: float

    def text(self) -> str:
        """What is in it, unpacked."""
        encoding = self.headers.get("content-encoding", "")
        body = gzip.decompress(self.body) if encoding == "gzip" else self.body
        return (brotli.decompress(body) if encoding == "br" else body).decode(errors="replace")


class Browser:
    """One kept connection to a server, with cookies. Asks for compressed answers as browsers do."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._base = parts.path
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        """GET a path."""
        return self._ask("GET", path, b"", headers)

    def post(self, path: str, form: Mapping[str, object]) -> Answer:
        """POST a form, with the token that Django asks for."""
        return self.send(
            path, urlencode({**form, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}).encode(), _FORM
        )

    def send(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST bytes."""
        return self._ask("POST", path, body, headers)

    def sign_in(self, name: str, password: str) -> Self:
        """Through the form, as a person does."""
        self.get("/sign-in/")
        answer = self.post("/sign-in/", {"login": name, "password": password})
        if "sessionid" not in self.cookies:
            raise RuntimeError(f"signing in was answered by {answer.status}")
        return self

    def another(self, url: str) -> "Browser":
        """A second connection of the same person."""
        browser = Browser(url)
        browser.cookies = dict(self.cookies)
        return browser

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        sent = {"Accept-Encoding": "gzip, br", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        began = time.perf_counter()
        try:
            response = self._sent(method, path, body, sent)
        except ConnectionError:
            # A kept connection that the server closed meanwhile: browsers open another one, too.
            self._connection.close()
            response = self._sent(method, path, body, sent)
        got = response.read()
        seconds = time.perf_counter() - began
        for header in response.headers.get_all("Set-Cookie", []):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(header).items()})
        return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, got, seconds)

    def _sent(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> HTTPResponse:
        self._connection.request(method, self._base + path, body, headers)
        return self._connection.getresponse()
