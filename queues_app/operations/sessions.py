"""Where somebody is signed in, and the end of it: one session, all but this one, or all of them."""

from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from queues_app import audit
from queues_app.audit import Caller
from queues_app.models import Action, User
from queues_app.operations import allowed


def of(request: HttpRequest, user: User) -> list[UserSession]:
    """The sessions that still open something, newest first; the one that asks is among them."""
    key = request.session.session_key
    if key and not UserSession.objects.filter(session_key=key).exists():
        # It began before sessions were listed.
        UserSession.objects.create_from_request(request)
    found: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(found, key=lambda session: session.created_at, reverse=True)


def end(*, caller: Caller, session: UserSession) -> None:
    """End one session of the caller's own.

    Raises AuditUnavailableError.
    """
    with audit.record(
        caller=caller, action=Action.SESSIONS_END, parameters={"address": session.ip, "sessions": 1}
    ) as record:
        session.end()
        record.ok()


def end_others(*, caller: Caller, keep: str | None) -> int:
    """End every session of the caller's but the one named; how many there were.

    Raises AuditUnavailableError.
    """
    user = allowed.signed_in(caller)
    with audit.record(caller=caller, action=Action.SESSIONS_END) as record:
        count = end_all(user, keep=keep)
        record.ok(remark=f"sessions ended: {count}")
    return count


def end_all(user: User, *, keep: str | None = None) -> int:
    """End them at once, also those that nobody listed. Not on the record: whoever calls it has an entry open."""
    keys = set(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            keys.add(session.session_key)
    keys.discard(keep)
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for key in keys:
        store.delete(key)
    UserSession.objects.filter(user=user, session_key__in=keys).delete()
    return len(keys)
