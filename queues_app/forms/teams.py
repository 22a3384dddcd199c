"""Teams: the name of one, who belongs to it as what, and what each role may do with a credential."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from queues_app.access import ROLES, SHAREABLE, TEAM_ROLES, Permission
from queues_app.forms import pasted
from queues_app.forms.once import SubmittedOnce
from queues_app.models import User

# What each role of a team can be let do; more than the role holds is not offered.
OFFERED: Final = {role: tuple(each for each in SHAREABLE if each in ROLES[role]) for role in TEAM_ROLES}


class NameForm(forms.Form):
    """The name of a team."""

    name = forms.CharField(max_length=80, error_messages={"required": "Type a name."})

    def clean_name(self) -> str:
        name = pasted.one_line(self.cleaned_data["name"])
        if not name:
            raise ValidationError("Type a name that can be seen.")
        return name


class NewTeamForm(NameForm, SubmittedOnce):
    """The same, once for each submit."""


class MemberForm(forms.Form):
    """Somebody who has an account here, and what they are in the team."""

    person = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        to_field_name="username",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose somebody who has an account here."),
    )
    role = forms.ChoiceField(
        choices=[(role, role) for role in TEAM_ROLES],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a role."),
    )


class LimitsForm(SubmittedOnce):
    """For each role of a team, what it may do with a credential: a field of the role's name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role, offered in OFFERED.items():
            self.fields[role] = forms.MultipleChoiceField(
                required=False, choices=[(each.value, each.value) for each in offered]
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned[role] for role in OFFERED):
            raise ValidationError("Choose what at least one role may do.")
        return cleaned

    def limits(self) -> dict[str, list[str]]:
        """What each role may do. Whoever may do something sees the queues."""
        chosen = {role: set(self.cleaned_data[role]) for role in OFFERED}
        return {
            role: [each.value for each in offered if each in chosen[role] or (chosen[role] and each == _FIRST)]
            for role, offered in OFFERED.items()
        }


_FIRST: Final = Permission.SEE_QUEUES
