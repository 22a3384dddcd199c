"""Inviting, joining, and giving a role."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from queues_app.access import ROLES
from queues_app.forms.you import NewPasswordForm
from queues_app.models import User
from queues_app.operations.invitations import NameTakenError


class RoleForm(forms.Form):
    """One role."""

    role = forms.ChoiceField(
        choices=[(role, role) for role in ROLES],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a role."),
    )


class InviteForm(RoleForm):
    """Whom to invite, and as what."""

    full_name = forms.CharField(required=False, max_length=150)


class JoinForm(NewPasswordForm):
    """The name to sign in with, and a password."""

    field_order = ("name", "new")

    name = forms.CharField(max_length=150, error_messages={"required": "Choose a name to sign in with."})

    def __init__(self, *args: Any, full_name: str, **kwargs: Any) -> None:
        first, _space, last = full_name.partition(" ")
        super().__init__(*args, user=User(first_name=first, last_name=last), **kwargs)

    def clean_name(self) -> str:
        name = str(User.normalize_username(self.cleaned_data["name"]))
        self.user.username = name
        User._meta.get_field("username").run_validators(name)
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(NameTakenError.sentence)
        return name
