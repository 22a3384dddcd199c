"""Where something goes, read from an address. What an address holds beside the host may be secret."""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from queues_app.loopback import is_loopback


class Way(StrEnum):
    """How it leaves: the scheme of the address."""

    LOG = "log"
    UDP = "syslog+udp"
    TCP = "syslog+tcp"
    TLS = "syslog+tls"
    HTTPS = "https"
    HTTP = "http"


_PORTS: Final = {Way.LOG: 0, Way.UDP: 514, Way.TCP: 601, Way.TLS: 6514, Way.HTTPS: 443, Way.HTTP: 80}
_BY_HTTP: Final = (Way.HTTPS, Way.HTTP)
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
# urlsplit drops some of what is none of these without a word.
_PRINTABLE: Final = re.compile(r"[!-~]+")
_HOST: Final = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}")


class UnreadableDestinationError(ValueError):
    """No destination. `must` says what it has to be; the value is in no message."""

    def __init__(self, must: str) -> None:
        self.must = must
        super().__init__(must)


@dataclass(frozen=True, slots=True)
class Destination:
    """One place that is told. Its name is what the record, the page and the metrics say; secrets are in none of it."""

    name: str
    way: Way
    host: str = ""
    port: int = 0
    path: str = field(default="", repr=False)  # with its query
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """The address, without what may be secret in it."""
        if self.way is Way.LOG:
            return "standard output"
        return f"{self._shortest}{'/…' if self.path.strip('/') else ''}"

    @property
    def url(self) -> str:
        """Where to post: all but the user and the password, so not to be told."""
        return f"{self.way}://{self._bracketed}:{self.port}{self.path}"

    @property
    def _shortest(self) -> str:
        return f"{self.way}://{self._bracketed}{'' if self.port == _PORTS[self.way] else f':{self.port}'}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def read(text: str, *, is_plain_allowed: bool = False) -> Destination:
    """The destination that an address names. HTTP in the clear is for this machine, unless allowed.

    Raises UnreadableDestinationError.
    """
    try:
        address = urlsplit(text)
        port = address.port
    except ValueError:
        raise UnreadableDestinationError("is no address") from None
    if not _PRINTABLE.fullmatch(text):
        raise UnreadableDestinationError("holds a blank, or what is not plain ASCII")
    if address.scheme not in set(Way):
        raise UnreadableDestinationError(f"begins with none of {', '.join(f'{way}:' for way in Way)}")
    if address.fragment and not _LABEL.fullmatch(address.fragment):
        raise UnreadableDestinationError("has a name behind # that is not 1 to 50 letters, digits, dots or dashes")
    way = Way(address.scheme)
    if way is Way.LOG:
        if text.partition("#")[0] != "log:":
            raise UnreadableDestinationError("names a place for the log, which is standard output: log:")
        return Destination(address.fragment or "log", way)
    return _elsewhere(way, address, port, is_plain_allowed)


def _elsewhere(way: Way, address: SplitResult, port: int | None, is_plain_allowed: bool) -> Destination:
    host = address.hostname or ""
    if not _HOST.fullmatch(host) or port == 0:
        raise UnreadableDestinationError("names no host, or no port that there is")
    if way is Way.HTTP and not (is_plain_allowed or is_loopback(host)):
        raise UnreadableDestinationError("is not https, and not on this machine: anybody on the way could read it")
    if way not in _BY_HTTP and (address.username is not None or address.path.strip("/") or address.query):
        raise UnreadableDestinationError("holds more than a host and a port: syslog knows no user, path or query")
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    found = Destination(
        name=address.fragment,
        way=way,
        host=host,
        port=port or _PORTS[way],
        path=path if way in _BY_HTTP else "",
        user=unquote(address.username or ""),
        password=unquote(address.password or ""),
    )
    return found if found.name else replace(found, name=found._shortest)
