"""Addresses of pages for those who are told elsewhere: by mail and by webhook."""

from django.conf import settings
from django.urls import get_script_prefix, reverse


def absolute(name: str, *args: object) -> str:
    """The address of a page by the name that people type: the first of ALLOWED_HOSTS."""
    path = reverse(name, args=args).removeprefix(get_script_prefix().rstrip("/"))
    host = settings.ALLOWED_HOSTS[0].removeprefix(".").replace("*", "localhost")
    place = f"https://{host}" if settings.HTTPS_ONLY else f"http://{host}:{settings.PORT}"
    return f"{place}{settings.BASE_PATH}{path}"
