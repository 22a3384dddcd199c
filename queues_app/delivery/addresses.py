"""Addresses that everybody could reach: what somebody may name without reaching what only this server can.

The name is resolved here, once, and the connection goes to the very address that was looked at. The system's way to
resolve has no limit of time, so a thread of its own waits for it, and there are never more such threads than places.
"""

import ipaddress
import socket
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Any, Final

from queues_app.delivery.errors import PrivateAddressError, SlowNameError, UnreachableError
from queues_app.delivery.limits import NAME_S

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Where an address of the fourth version stands in the last 32 bits (RFC 6052).
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Nobody's, though Python 3.13 takes them for everybody's: documentation (RFC 9637), segment routing (RFC 9602), and the
# relays of 6to4 that were (RFC 7526).
_NOBODYS: Final = tuple(map(ipaddress.ip_network, ("3fff::/20", "5f00::/16", "192.88.99.0/24")))
# Names that no server of the internet answers for (RFC 6761, 6762, 8375, and what ICANN reserved in 2024)
_INNER_NAMES: Final = (".localhost", ".local", ".internal", ".home.arpa")
_places = threading.BoundedSemaphore(32)


def public(host: str, port: int, *, allowed: Iterable[Network] = ()) -> Sequence[str]:
    """The addresses of a host that are everybody's, or in a network that is allowed.

    Raises UnreachableError, SlowNameError, PrivateAddressError.
    """
    networks = tuple(allowed)
    open_ = [address for address in _resolved(host, port) if _is_open(address, networks)]
    if not open_:
        raise PrivateAddressError
    return open_


def is_inner(host: str, *, allowed: Iterable[Network] = ()) -> bool:
    """Whether a host is not everybody's by its looks: nobody is asked, so that this tells nothing of the network here.

    Where networks are allowed, an inner name may be in one of them.
    """
    networks = tuple(allowed)
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        name = host.lower().rstrip(".")
        return not networks and ("." not in name or f".{name}".endswith(_INNER_NAMES))
    return not any(_is_open(address, networks) for address in _addresses(found))


def _resolved(host: str, port: int) -> Sequence[str]:
    ends_at = monotonic() + NAME_S
    if not _places.acquire(timeout=NAME_S):
        raise SlowNameError
    answer: Future[Any] = Future()
    # One that never ends keeps no process from ending.
    threading.Thread(target=_resolve, args=(_places, answer, host, port), daemon=True).start()
    try:
        return _addresses(answer.result(timeout=max(0.0, ends_at - monotonic())))
    except TimeoutError:
        raise SlowNameError from None
    except (OSError, UnicodeError) as error:
        raise UnreachableError("There is no such name, or nobody could say its address.") from error


def _resolve(places: threading.BoundedSemaphore, answer: Future[Any], host: str, port: int) -> None:
    try:
        answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, ValueError) as error:
        answer.set_exception(error)
    finally:
        places.release()


def _addresses(found: Iterable[Any]) -> Sequence[str]:
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


def _is_open(text: str, allowed: Sequence[Network]) -> bool:
    # With a zone it is of one network card.
    address = _meant(ipaddress.ip_address(text.partition("%")[0]))
    if any(address in network for network in allowed):
        return True
    if any(address in network for network in _NOBODYS):
        return False
    if "%" in text or (isinstance(address, ipaddress.IPv6Address) and address.is_site_local):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _meant(address: Address) -> Address:
    """Where a packet goes in the end: some addresses of the sixth version are ones of the fourth."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    if inner is None and address in _TRANSLATED:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address
