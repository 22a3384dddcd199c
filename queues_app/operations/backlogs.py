"""About how many messages wait in each queue of a large account, to know which to count first.

Nobody waits for it: who looks gets what was told last, and what is told now is there at the next look.
"""

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils import timezone

from queues_app import cloudflare, remembered, spending, upstream
from queues_app.access import Permission
from queues_app.audit import Caller, Subject
from queues_app.cloudflare import Limit
from queues_app.models import Account, Action
from queues_app.operations import allowed, analytics
from queues_app.operations.analytics import Asked

# Analytics come some minutes late, and a queue that nobody touches has rows now and then only.
WINDOW: Final = timedelta(minutes=30)
REMEMBERED_S: Final = 600
ASKED_AGAIN_S: Final = 60

_asking = threading.Lock()
_under_way: dict[int, Future[None]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlogs(Asked):
    """Id of a queue → about how many wait; None where that could not be read. A queue that is missing is unknown."""

    messages: dict[str, float] | None = None


def known(*, caller: Caller, account: Account) -> Mapping[str, float]:
    """What was told last, nothing where nothing was. Cloudflare is asked once a minute, aside.

    Raises NotAllowedError, VaultError.
    """
    subject = Subject(credential=account.credential, account=account)
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=subject)
    last = remembered.get(_key(account), Backlogs)
    if last is None or (timezone.now() - last.read_at).total_seconds() >= ASKED_AGAIN_S:
        _ask_aside(account)
    return (last.messages if last else None) or {}


def _ask_aside(account: Account) -> None:
    if spending.of(account.credential_id, Limit.GRAPHQL).is_near:
        return
    auth = upstream.auth_of(account.credential)
    with _asking:
        future = _under_way.get(account.pk)
        if future is None or future.done():
            _under_way[account.pk] = upstream.aside_for_long(_ask, auth, account)


def _ask(auth: cloudflare.Auth, account: Account) -> None:
    until = datetime.fromtimestamp(timezone.now().timestamp() // 60 * 60, UTC)

    def ask(client: cloudflare.Client) -> Backlogs:
        answer = client.backlogs(auth, account_id=account.account_id, since=until - WINDOW, until=until)
        return Backlogs(read_at=answer.received_at, messages=dict(answer.value))

    found = analytics.once(Backlogs, account, "analytics", f"backlogs:{account.pk}:{until:%Y%m%d%H%M}", ask)
    # A refusal is remembered as such; what was told before stands until it is too old to be a hint.
    if found.messages is not None:
        remembered.put(_key(account), found, REMEMBERED_S)


def _key(account: Account) -> str:
    return f"backlogs:{account.pk}"
