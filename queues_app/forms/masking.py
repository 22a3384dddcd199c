"""A rule for what is masked, and the reason for revealing a field."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from queues_app.forms import pasted
from queues_app.forms.once import SubmittedOnce
from queues_app.masking import PATTERNS, Kind, Rule, RuleError, checked
from queues_app.models import Account
from queues_app.operations.revealing import LONGEST_REASON

KINDS: Final = (
    (Kind.KEY.value, "key"),
    (Kind.PATH.value, "path"),
    (Kind.PATTERN.value, "pattern"),
    (Kind.WORD.value, "word"),
)
_SHORTEST_REASON: Final = 3


class MaskForm(SubmittedOnce):
    """One rule, or the usual ones. Cleans to the columns of `MaskingRule`, and the number of the submit."""

    kind = forms.ChoiceField(
        choices=[(kind.value, kind.value) for kind in Kind],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose what the rule goes by."),
    )
    value = forms.CharField(max_length=200, required=False)
    named = forms.ChoiceField(required=False, choices=[("", ""), *((name, name) for name in PATTERNS)])
    pattern = forms.CharField(
        max_length=200, error_messages={"required": "Type a queue’s name, or part of it with a star; * is every queue."}
    )
    account_id = forms.ChoiceField(required=False)
    note = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, accounts: Iterable[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "every account"), *((account.account_id, account.name) for account in accounts)]
        self.fields["account_id"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean_pattern(self) -> str:
        line = pasted.one_line(self.cleaned_data["pattern"])
        if not line:
            raise ValidationError("Type a name that can be seen.")
        return line

    def clean_note(self) -> str:
        return pasted.one_line(self.cleaned_data["note"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "kind" in cleaned and "value" in cleaned:
            kind = Kind(cleaned["kind"])
            value = cleaned.get("named", "") if kind is Kind.PATTERN else pasted.one_line(cleaned["value"])
            try:
                cleaned["value"] = checked(Rule(kind, value)).value
            except RuleError as error:
                self.add_error("value", str(error))
        return cleaned

    def columns(self) -> dict[str, Any]:
        """The columns of the rule."""
        return {name: self.cleaned_data[name] for name in ("kind", "value", "pattern", "account_id", "note")}


class RevealForm(SubmittedOnce):
    """Which masked field of a message, as the page named it, and why it has to be seen."""

    place = forms.IntegerField(min_value=0, max_value=1_000_000)
    path = forms.CharField(max_length=2_000, required=False, strip=False)
    reason = forms.CharField(
        min_length=_SHORTEST_REASON,
        max_length=LONGEST_REASON,
        error_messages={
            "required": "Type why you need to see it.",
            "min_length": "Type why you need to see it, in a word at least.",
            "max_length": f"Say it in {LONGEST_REASON} characters.",
        },
    )

    def clean_reason(self) -> str:
        reason = pasted.one_line(self.cleaned_data["reason"])
        if not reason:
            raise ValidationError("Type a reason that can be seen.")
        return reason
