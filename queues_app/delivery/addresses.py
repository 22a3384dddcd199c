"""Addresses that everybody could reach: what somebody may name without reaching what only this server can.

The name is resolved here, once, and the connection goes to the very address that was looked at.
"""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Final

from queues_app.delivery.errors import PrivateAddressError, UnreachableError

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Where an address of the fourth version stands in the last 32 bits (RFC 6052).
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")


def public(host: str, port: int, *, allowed: Iterable[Network] = ()) -> Sequence[str]:
    """The addresses of a host that are everybody's, or in a network that is allowed.

    Raises UnreachableError, PrivateAddressError.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError("There is no such name, or nobody could say its address.") from error
    networks = tuple(allowed)
    addresses = dict.fromkeys(str(place[0]) for *_, place in found)
    open_ = [address for address in addresses if _is_open(address, networks)]
    if not open_:
        raise PrivateAddressError
    return open_


def _is_open(text: str, allowed: Sequence[Network]) -> bool:
    # With a zone it is of one network card.
    address = _meant(ipaddress.ip_address(text.partition("%")[0]))
    if any(address in network for network in allowed):
        return True
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
