"""Asking for an approval and deciding about one, and which acts need a second person."""

from collections.abc import Iterable
from typing import Any

from django import forms

from queues_app.access import NEED_TWO
from queues_app.forms import pasted
from queues_app.forms.once import SubmittedOnce
from queues_app.forms.rules import PatternField
from queues_app.models import Account


class AskForm(SubmittedOnce):
    """`act` is what `approvals.token_of` signed."""

    act = forms.CharField(max_length=100_000)
    reason = forms.CharField(
        max_length=500, error_messages={"required": "Say why, for whoever decides. Nothing was asked for yet."}
    )

    def clean_reason(self) -> str:
        return pasted.one_line(self.cleaned_data["reason"])


class DecideForm(forms.Form):
    decision = forms.ChoiceField(choices=[("approve", "approve"), ("decline", "decline")])
    remark = forms.CharField(max_length=500, required=False)

    def clean_remark(self) -> str:
        return pasted.one_line(self.cleaned_data["remark"])


class TwoPersonForm(SubmittedOnce):
    """Cleans to the columns of `TwoPersonRule`, and the number of the submit."""

    permissions = forms.MultipleChoiceField(
        choices=[(permission.value, permission.value) for permission in NEED_TWO],
        error_messages={"required": "Choose what needs a second person."},
    )
    pattern = PatternField()
    account_id = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, accounts: Iterable[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "every account"), *((account.account_id, account.name) for account in accounts)]
        self.fields["account_id"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def columns(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("permissions", "pattern", "account_id")}
