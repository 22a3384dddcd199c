"""What a report of an unexpected exception tells: where it happened, and no value of anything.

Django leaves out only what code has marked, and with DEBUG nothing at all. Here almost every frame holds a message's
body, a lease id or a secret, so that one forgotten mark would be a leak.
"""

import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any, Final

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.views.debug import SafeExceptionReporterFilter

# Django's own, and the addresses that may hold a password.
_HIDDEN: Final = re.compile("API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|_URL", re.IGNORECASE)


class NoValues(SafeExceptionReporterFilter):
    """Shows the frames without their variables, and the names of what a form sent without the values."""

    hidden_settings = _HIDDEN

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        return {}.items()

    def get_post_parameters(self, request: HttpRequest | None) -> MultiValueDict[str, str]:
        names = request.POST if request is not None else ()
        return MultiValueDict({name: [self.cleansed_substitute] for name in names})

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return dict.fromkeys(request.COOKIES, self.cleansed_substitute)
