"""Second factors by allauth.mfa: their secrets sealed in our vault, failed ones on the record."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from qrcode import QRCode  # type: ignore[import-untyped]  # it has no types
from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]

from queues_app import audit, vault
from queues_app.expected import ExpectedError
from queues_app.models import Action, User
from queues_app.signin import TooManyAttemptsError, caller_named

# While an authenticator app is being added, its secret waits in the session: sealed as in its own table.
_PENDING = "factors.pending_secret"


class WrongCodeError(ExpectedError):
    """The password was right, the second step was not."""

    sentence = "This code is not right, or was used before. Wait for the next one."
    reason = "wrong-code"


class WrongPasskeyError(ExpectedError):
    """What the browser sent proves no passkey of this server."""

    sentence = "This passkey was not accepted. Try again, or sign in with your password."
    reason = "wrong-passkey"


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's hooks for second factors."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WrongCodeError.sentence,
        "cannot_generate_recovery_codes": "Recovery codes stand in for a second factor. Add one first.",
    }

    def encrypt(self, text: str) -> str:
        return vault.seal(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unseal(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """The second step by a code, of the app or a recovery code."""

    def clean_code(self) -> str:
        with _failures_on_record(self.user, WrongCodeError()):
            code: str = super().clean_code()
        return code


class PasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The second step by a passkey."""

    def clean_credential(self) -> Authenticator:
        with _failures_on_record(self.user, WrongPasskeyError()):
            return super().clean_credential()


class PasskeySignInForm(LoginWebAuthnForm):  # type: ignore[misc]
    """Signing in by a passkey alone."""

    def clean_credential(self) -> Authenticator:
        # Whose it claims to be is a stranger's word.
        with _failures_on_record(None, WrongPasskeyError()):
            return super().clean_credential()


class AddAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """Adding an authenticator app. Each time the page is opened it has a new secret."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.user = user
        session = context.request.session
        sealed = session.get(_PENDING) if self.is_bound else None
        if sealed is None:
            sealed = session[_PENDING] = vault.seal(generate_totp_secret().encode()).decode()
        self.secret = vault.unseal(sealed.encode()).decode()

    def clean_code(self) -> str:
        validate_can_add_authenticator(self.user)
        code: str = super().clean_code()
        return code

    def forget(self) -> None:
        """The secret is kept for good, or not wanted any more."""
        context.request.session.pop(_PENDING, None)


def qr_path(text: str) -> tuple[str, int]:
    """A QR code as the path of an SVG, each dark field one unit square, and its size with the quiet edge."""
    code = QRCode(error_correction=ERROR_CORRECT_M)
    code.add_data(text)
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return path, len(rows)


@contextmanager
def _failures_on_record(user: User | None, wrong: ExpectedError) -> Iterator[None]:
    """Around what may find a proof wanting: the attempt is written down before the page says so."""
    try:
        yield
    except ValidationError as error:
        was_looked_at = error.code == "incorrect_code"
        name = user.get_username() if user else "somebody unknown"
        audit.refuse(
            caller=caller_named(context.request, user, name),
            action=Action.SIGN_IN,
            why=wrong if was_looked_at else TooManyAttemptsError(),
        )
        raise (ValidationError(wrong.sentence, code=error.code) if was_looked_at else error) from error
