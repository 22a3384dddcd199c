"""What the parts of the client share: the way a call is made."""

from collections.abc import Callable, Mapping
from typing import Any

from queues_app.cloudflare.answers import Answer
from queues_app.cloudflare.auth import Auth
from queues_app.cloudflare.caller import Call, Caller


class Asking:
    """Holds the caller; each part of the client adds its calls."""

    _caller: Caller

    def _ask[T](
        self,
        auth: Auth,
        call: Call,
        ids: Mapping[str, str],
        read: Callable[[Any], T | None],
        payload: Any = None,
    ) -> Answer[T]:
        return self._caller.call(auth, call, ids, lambda parts: read(parts.result), payload=payload)
