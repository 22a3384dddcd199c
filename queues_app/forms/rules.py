"""A rule for queues, and the question what somebody may do at one."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from queues_app.access import OF_QUEUES
from queues_app.forms import pasted
from queues_app.forms.once import SubmittedOnce
from queues_app.models import Account, Effect, User

EVERYBODY: Final = ""
_ROLE, _PERSON = "role:", "person:"


def whose_choices() -> list[tuple[str, str]]:
    """Whom a rule can be for: everybody, a role, a person."""
    roles = [(f"{_ROLE}{name}", f"the role {name}") for name in _names(Group)]
    people = [(f"{_PERSON}{name}", name) for name in _people()]
    return [(EVERYBODY, "everybody"), *roles, *people]


class PatternField(forms.CharField):
    """A queue's name, or part of it with stars, in one line."""

    def __init__(self, **kwargs: Any) -> None:
        required = "Type a queue’s name, or part of it with a star, such as prod-*."
        super().__init__(max_length=200, error_messages={"required": required}, **kwargs)

    def clean(self, value: Any) -> str:
        return _one_line(super().clean(value))


class RuleForm(SubmittedOnce):
    """One rule. Cleans to the columns of `QueueRule`, and the number of the submit."""

    effect = forms.ChoiceField(
        choices=Effect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose whether the rule denies or allows."),
    )
    permissions = forms.MultipleChoiceField(
        choices=[(permission.value, permission.value) for permission in OF_QUEUES],
        error_messages={"required": "Choose what the rule is about."},
    )
    pattern = PatternField()
    account_id = forms.ChoiceField(required=False)
    whose = forms.ChoiceField(required=False)
    note = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, accounts: Iterable[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "every account"), *((account.account_id, account.name) for account in accounts)]
        self.fields["account_id"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["whose"].choices = whose_choices()  # type: ignore[attr-defined]  # the same

    def clean_note(self) -> str:
        return pasted.one_line(self.cleaned_data["note"])

    def columns(self) -> dict[str, Any]:
        """The columns of the rule."""
        cleaned = self.cleaned_data
        whose = cleaned["whose"]
        person = whose.removeprefix(_PERSON) if whose.startswith(_PERSON) else None
        return {
            "effect": cleaned["effect"],
            "permissions": cleaned["permissions"],
            "pattern": cleaned["pattern"],
            "account_id": cleaned["account_id"],
            "user": User.objects.get(username=person) if person is not None else None,
            "role": whose.removeprefix(_ROLE) if whose.startswith(_ROLE) else "",
            "note": cleaned["note"],
        }


class WhyForm(forms.Form):
    """Whom the question is about, and which queue."""

    person = forms.ChoiceField()
    account_id = forms.ChoiceField()
    queue = forms.CharField(max_length=200, error_messages={"required": "Type the name of a queue."})

    def __init__(self, *args: Any, people: Iterable[str], accounts: Iterable[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [(name, name) for name in people]  # type: ignore[attr-defined]  # a ChoiceField
        choices = [(account.account_id, account.name) for account in accounts]
        self.fields["account_id"].choices = choices  # type: ignore[attr-defined]  # the same

    def clean_queue(self) -> str:
        return _one_line(self.cleaned_data["queue"])


def _one_line(text: str) -> str:
    line = pasted.one_line(text)
    if not line:
        raise ValidationError("Type a name that can be seen.")
    return line


def _names(model: type[Group]) -> list[str]:
    return list(model.objects.order_by("name").values_list("name", flat=True))


def _people() -> list[str]:
    return list(User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True))
