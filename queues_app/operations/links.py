"""The name of this deployment and addresses of its pages, for those who are told elsewhere: by mail, webhook, log."""

from django.conf import settings
from django.urls import get_script_prefix, reverse


def host() -> str:
    """The name that people type: the first of ALLOWED_HOSTS, which may stand for all below a name, or for any."""
    first: str = settings.ALLOWED_HOSTS[0]
    return first.removeprefix(".").replace("*", "localhost")


def absolute(name: str, *args: object) -> str:
    """The address of a page by the name that people type."""
    path = reverse(name, args=args).removeprefix(get_script_prefix().rstrip("/"))
    place = f"https://{host()}" if settings.HTTPS_ONLY else f"http://{host()}:{settings.PORT}"
    return f"{place}{settings.BASE_PATH}{path}"
