"""A legal hold: which audit entries stay."""

from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from queues_app.forms import pasted
from queues_app.forms.audit import SANE_DAYS
from queues_app.forms.once import SubmittedOnce

_NO_DAY = {"invalid": "This is no day such as 2026-11-26."}


class HoldForm(SubmittedOnce):
    """Cleans to the columns of `AuditHold`, and the number of the submit. What is left out narrows nothing."""

    reason = forms.CharField(
        max_length=200, error_messages={"required": "Type why: a case, a ticket, or who asked for it."}
    )
    queue = forms.CharField(max_length=200, required=False)
    person = forms.CharField(max_length=150, required=False)
    since = forms.DateField(required=False, validators=SANE_DAYS, error_messages=_NO_DAY)
    until = forms.DateField(required=False, validators=SANE_DAYS, error_messages=_NO_DAY)

    def clean_reason(self) -> str:
        reason = pasted.one_line(self.cleaned_data["reason"])
        if not reason:
            raise ValidationError("Type a reason that can be seen.")
        return reason

    def clean_queue(self) -> str:
        return pasted.one_line(self.cleaned_data["queue"])

    def clean_person(self) -> str:
        return pasted.one_line(self.cleaned_data["person"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "This day is before the first one.")
        return cleaned

    def columns(self, zone: tzinfo) -> dict[str, Any]:
        """The columns of the hold: days as the person's own, the last one included."""
        cleaned = self.cleaned_data
        since, until = cleaned["since"], cleaned["until"]
        return {name: cleaned[name] for name in ("reason", "queue", "person")} | {
            "since": datetime.combine(since, time.min, tzinfo=zone) if since else None,
            "until": datetime.combine(until + timedelta(days=1), time.min, tzinfo=zone) if until else None,
        }
