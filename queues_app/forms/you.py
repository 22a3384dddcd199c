"""What a person changes of their own sign-in."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from queues_app.models import User


class NewPasswordForm(forms.Form):
    """A new password, by the rules of `AUTH_PASSWORD_VALIDATORS`. Typed once: the eye shows it."""

    new = forms.CharField(strip=False, max_length=1024, error_messages={"required": "Type the new password."})

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new


class PasswordForm(NewPasswordForm):
    """The same, with the present one."""

    field_order = ("present", "new")

    present = forms.CharField(strip=False, max_length=1024, error_messages={"required": "Type your present password."})
