"""Who may read how this server is: whoever brings METRICS_TOKEN, or asks from METRICS_ADDRESSES. By default nobody."""

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest

from queues_app.callers import address_of


def may_scrape(request: HttpRequest) -> bool:
    """Whether this request may see what the server counts, and what is wrong with it."""
    return _has_the_token(request) or _is_from_a_good_address(request)


def _has_the_token(request: HttpRequest) -> bool:
    scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
    token = settings.METRICS_TOKEN
    # As bytes: on text beyond ASCII the comparison would raise.
    same = hmac.compare_digest(offered.strip().encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and same


def _is_from_a_good_address(request: HttpRequest) -> bool:
    text = address_of(request)
    if text is None:
        return False
    address = ipaddress.ip_address(text)
    return any(address in network for network in _networks())


def _networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    # Entries that cannot be read are told by a system check, and end the start.
    return [ipaddress.ip_network(entry, strict=False) for entry in settings.METRICS_ADDRESSES]
