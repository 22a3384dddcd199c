"""Changing one's own password."""

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from queues_app import audit
from queues_app.audit import Caller
from queues_app.expected import ExpectedError
from queues_app.models import Action
from queues_app.operations import allowed, sessions


class PresentPasswordError(ExpectedError):
    """Whoever sits at an open browser must know the password to change it."""

    sentence = "This is not your present password."
    reason = "wrong-password"


@sensitive_variables("present", "new")
def change(request: HttpRequest, *, caller: Caller, present: str, new: str) -> None:
    """Set a new password, which was validated; every other session of the person ends.

    Raises PresentPasswordError, AuditUnavailableError.
    """
    user = allowed.signed_in(caller)
    with audit.record(caller=caller, action=Action.PASSWORD) as record:
        if not user.check_password(present):
            raise PresentPasswordError
        user.set_password(new)
        user.save(update_fields=["password"])
        # The session's key changes too, and with it goes what was listed under the old one.
        update_session_auth_hash(request, user)
        count = sessions.end_all(user, keep=request.session.session_key)
        record.ok(remark=f"other sessions ended: {max(count - 1, 0)}")
