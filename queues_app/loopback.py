"""Which host names can only mean this machine."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether nothing sent to this name leaves the machine: `localhost`, `x.localhost`, `127.0.0.1`, `[::1]`."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
