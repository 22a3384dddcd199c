"""Everything that Queuescope leaves behind while a test runs, and a search for what must not be in it."""

import base64
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.db import connection
from django.http import HttpResponse
from django.http.response import StreamingHttpResponse
from django.test import Client, override_settings
from django.views.debug import ExceptionReporter

# Signs of a piece, and from one piece to the next: whatever shows 17 signs in a row shows a whole piece.
PIECE = 12
STEP = 6


@dataclass(slots=True)
class Evidence:
    """Texts by where they were found."""

    texts: list[tuple[str, str]] = field(default_factory=list)

    def add(self, where: str, text: str) -> None:
        self.texts.append((where, text))

    def answer(self, where: str, answer: HttpResponse | StreamingHttpResponse) -> None:
        self.add(where, f"{answer.headers}\n{answer.cookies}\n{answer.getvalue().decode(errors='replace')}")

    def everything_kept(self) -> None:
        """The whole database, row by row, what its sessions hold, and the cache."""
        self.add("database", "\n".join(connection.connection.iterdump()))
        self.add("sessions", str([session.get_decoded() for session in Session.objects.all()]))
        remembered: Mapping[str, bytes] = cache._cache  # type: ignore[attr-defined]  # of the cache in memory
        self.add("cache", "\n".join(f"{key} {value.decode('latin-1')}" for key, value in remembered.items()))

    def search(self, secrets: Mapping[str, str], *, ignoring: Iterable[str] = ()) -> list[str]:
        """Where pieces of these secrets stand, in any of the usual disguises; `ignoring` begins of places."""
        pieces = {piece: name for name, secret in secrets.items() for piece in _pieces(secret)}
        texts = [(where, text) for where, text in self.texts if not where.startswith(tuple(ignoring))]
        # One look at everything for each piece; only a hit is looked up where it is.
        everything = "\0".join(text for _, text in texts)
        hits = [piece for piece in pieces if piece in everything]
        return sorted(
            {
                f"{pieces[piece]} in {where}: {_around(text, piece)}"
                for piece in hits
                for where, text in texts
                if piece in text
            }
        )


class _Keeper(logging.Handler):
    """Keeps records with all that is in them, tracebacks and the values in their frames included."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(logging.DEBUG)
        self._evidence = evidence

    def emit(self, record: logging.LogRecord) -> None:
        self._evidence.add(f"log of {record.name}", f"{record.getMessage()} {vars(record)}")
        if record.exc_info:
            formatter = logging.Formatter()
            self._evidence.add(f"traceback in log of {record.name}", formatter.formatException(record.exc_info))


@contextmanager
def collecting() -> Iterator[Evidence]:
    """Collect every log record and every report that Django could make of an unexpected exception."""
    evidence = Evidence()
    keeper, root = _Keeper(evidence), logging.getLogger()
    level = root.level

    def failed(sender: object, request: Any = None, **more: object) -> None:
        _add_reports(evidence, request)

    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    got_request_exception.connect(failed)
    try:
        yield evidence
    finally:
        got_request_exception.disconnect(failed)
        root.setLevel(level)
        root.removeHandler(keeper)


def quiet_browser(browser: Client) -> Client:
    """One that shows the page of an unexpected exception, as a real browser would."""
    browser.raise_request_exception = False
    return browser


def _add_reports(evidence: Evidence, request: Any) -> None:
    """The report that Django mails to administrators, and the page that it shows to developers."""
    reporter = ExceptionReporter(request, *sys.exc_info())
    evidence.add("report to administrators", reporter.get_traceback_text())
    with override_settings(DEBUG=True):
        evidence.add("report to developers", reporter.get_traceback_html())


def _around(text: str, piece: str) -> str:
    at = text.index(piece)
    return repr(text[max(0, at - 80) : at + 40])


def _pieces(secret: str) -> Iterator[str]:
    """Pieces of the secret as it is, backwards, quoted, in hex and in base64 at each offset."""
    raw = secret.encode()
    forms = [secret, secret[::-1], quote(secret, safe=""), raw.hex(), raw.hex().upper(), repr(secret)[1:-1]]
    for offset in range(3):
        # The first and last signs of base64 depend on what stands around the secret.
        whole = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        inner = whole[4 if offset else 0 : -2]
        forms += [inner, inner.replace("+", "-").replace("/", "_")]
    for form in forms:
        for start in range(0, max(1, len(form) - PIECE + 1), STEP):
            yield form[start : start + PIECE]
