"""What a proxy says of a request: who asked, over what, below which path, by which id. Only named ones are believed.

Everybody can send `X-Forwarded-For`. So these headers are read here, before anything else, and nowhere else; of a peer
that is not in `TRUSTED_PROXIES` they are taken off the request unread.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network
type GetResponse = Callable[[HttpRequest], HttpResponse]

# A path such as "/team/queuescope": no slash at the end, none doubled, and no segment that a browser would resolve.
BASE_PATH: Final = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]{1,64}){1,8}")

_FOR, _PROTO, _PREFIX = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_PREFIX"
_REQUEST_ID = "HTTP_X_REQUEST_ID"
# The host is what the proxy passes on as Host; the others are spellings of the same claims, which nobody reads.
_CLAIMS: Final = (
    _FOR,
    _PROTO,
    _PREFIX,
    _REQUEST_ID,
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)


def address_in(text: str) -> Address | None:
    """The address in one item of `X-Forwarded-For`: with or without a port, as some proxies write it."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        # Without the zone: it names a network card of the machine that wrote it.
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A socket for both families writes 10.0.0.1 as ::ffff:10.0.0.1.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def networks_in(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks of those items that are addresses or CIDRs; the others are told by a system check."""
    networks: list[Network] = []
    for text in texts:
        with suppress(ValueError):
            networks.append(ipaddress.ip_network(text))
    return tuple(networks)


def client_of(peer: Address, chain: str, trusted: tuple[Network, ...]) -> Address:
    """The rightmost address of `X-Forwarded-For` that is none of our proxies.

    Each proxy adds at the right whom it was asked by, so that everything to the left of the first stranger is that
    stranger's own word. An item that is no address ends the walk too: then the last proxy is all that is known.
    """
    client = peer
    for item in reversed(chain.split(",")):
        if not any(client in network for network in trusted):
            break
        told = address_in(item)
        if told is None:
            break
        client = told
    return client


def below_prefix(path: str) -> str:
    """A path of ours as `resolve` wants it: without the path that the whole site is served below."""
    prefix = get_script_prefix()
    return f"/{path.removeprefix(prefix)}" if path.startswith(prefix) else path


class TrustedProxiesMiddleware:
    """First of all: makes the request say the truth about its client, its scheme and its path.

    `REMOTE_ADDR` is the client's afterwards. The prefix is `X-Forwarded-Prefix`, else `BASE_PATH`; the proxy may have
    taken it off the path or not.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.trusted = networks_in(settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        claims = {name: str(request.META.pop(name)) for name in _CLAIMS if name in request.META}
        # Django caches them, and may have been asked already.
        request.__dict__.pop("headers", None)
        prefix = settings.BASE_PATH
        peer = address_in(request.META.get("REMOTE_ADDR", ""))
        if peer is not None and any(peer in network for network in self.trusted):
            request.META["REMOTE_ADDR"] = str(client_of(peer, claims.get(_FOR, ""), self.trusted))
            if _PROTO in claims:
                # A list means several proxies; the connection is as safe as its least safe part.
                is_https = {word.strip().lower() for word in claims[_PROTO].split(",")} == {"https"}
                request.META[_PROTO] = "https" if is_https else "http"
            if _REQUEST_ID in claims:
                request.META[_REQUEST_ID] = claims[_REQUEST_ID]
            told = claims.get(_PREFIX, "").rstrip("/")
            if BASE_PATH.fullmatch(told):
                prefix = told
        before = get_script_prefix()
        _move(request, prefix)
        try:
            response = self.get_response(request)
        finally:
            set_script_prefix(before)
        for cookie in response.cookies.values():
            if cookie["path"] == "/":
                # Two dashboards below one name must not overwrite each other's sessions.
                cookie["path"] = f"{prefix}/"
        return response


def _move(request: Any, prefix: str) -> None:
    path = request.path_info
    if prefix and (path == prefix or path.startswith(f"{prefix}/")):
        path = path.removeprefix(prefix) or "/"
        request.path_info = request.META["PATH_INFO"] = path
    if prefix:
        request.META["SCRIPT_NAME"] = prefix
        request.path = f"{prefix}{path}"
    set_script_prefix(f"{prefix}/")
