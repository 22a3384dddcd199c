"""The one way to ask other places about people and passwords: bounded in time and size, encrypted, no redirects.

requests, since allauth brings it and signs people in by it; the client of Cloudflare stays in `cloudflare/`.
"""

import time
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings

from queues_app import upstream
from queues_app.loopback import is_loopback

CONNECT_TIMEOUT: Final = 3.0
READ_TIMEOUT: Final = 5.0
WHOLE_TIMEOUT: Final = 8.0
MAX_BYTES: Final = 1024 * 1024
_CHUNK: Final = 65536


class Session(requests.Session):
    """What allauth asks with. Whatever goes wrong is a `requests.RequestException`."""

    def request(self, method: str, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Ask, and read the whole answer. Nobody waits here with a connection of the database's pool."""
        text = url.decode() if isinstance(url, bytes) else url
        if not is_allowed(text):
            raise requests.exceptions.InvalidURL("Not encrypted, or no address.")
        upstream.give_back_connections()
        bounds = {"timeout": (CONNECT_TIMEOUT, READ_TIMEOUT), "allow_redirects": False, "stream": True}
        until = time.monotonic() + WHOLE_TIMEOUT
        try:
            with super().request(method, url, *args, **{**kwargs, **bounds}) as response:
                response._content = _read(response, until)  # what requests keeps there itself when it does not stream
        except UnicodeError as error:
            raise requests.exceptions.InvalidHeader(type(error).__name__) from None
        return response


def is_allowed(address: str) -> bool:
    """Whether we ask there: HTTPS, unless it is on this machine or nothing here is encrypted."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _port = parts.port
    except ValueError:
        return False
    is_plain_allowed = not settings.HTTPS_ONLY or is_loopback(host)
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_plain_allowed))


def get_text(address: str, *, headers: dict[str, str] | None = None) -> str:
    """The text at an address.

    Raises requests.RequestException for everything but a 200 in time.
    """
    return _get(address, headers).text


def get_object(address: str, *, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The JSON object at an address.

    Raises requests.RequestException, also for what is none.
    """
    try:
        found = _get(address, headers).json()
    except RecursionError:
        raise requests.exceptions.InvalidJSONError("nested without end") from None
    if not isinstance(found, dict):
        raise requests.exceptions.InvalidJSONError("no object")
    return found


def _get(address: str, headers: dict[str, str] | None) -> requests.Response:
    with Session() as session:
        response = session.get(address, headers=headers)
    if response.status_code != requests.codes.ok:
        raise requests.HTTPError(f"status {response.status_code}")
    return response


def _read(response: requests.Response, until: float) -> bytes:
    """All of it, unless it is too long or too slow: one who sends a byte now and then holds no thread."""
    body = bytearray()
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_BYTES:
                raise requests.exceptions.ContentDecodingError("The answer is too long.")
            if time.monotonic() > until:
                raise requests.exceptions.ReadTimeout("The answer takes too long.")
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise requests.exceptions.ConnectionError(type(error).__name__) from error
    return bytes(body)
