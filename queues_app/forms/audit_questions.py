"""What the audit is asked, as it stands in the address of the answer, and a sentence that explains an outcome."""

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from queues_app.forms import pasted
from queues_app.forms.audit import SANE_DAYS
from queues_app.forms.once import SubmittedOnce
from queues_app.operations.audit_streams import MESSAGE_ID
from queues_app.operations.explaining import LONGEST_SENTENCE

# "Last week", where nothing else is said: today and the six days before it.
DAYS: Final = 7
_SHORTEST_SENTENCE: Final = 8


class _DaysForm(forms.Form):
    """From one day to another, both included. Left out, they are what `first` and `last` say."""

    since = forms.DateField(
        required=False, label="From", validators=SANE_DAYS, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        required=False, label="To", validators=SANE_DAYS, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "This day is before the first one.")
        return cleaned


class LookedForm(_DaysForm):
    """Who looked at a queue."""

    queue = forms.RegexField(r"\A[0-9a-f]{32}\Z", label="Queue", error_messages={"required": "Choose a queue."})

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day."""
        last: date = self.cleaned_data["until"] or max(today, self.cleaned_data["since"] or today)
        return self.cleaned_data["since"] or last - timedelta(days=DAYS - 1), last


class DidForm(_DaysForm):
    """Everything that a person did."""

    who = forms.CharField(max_length=150, label="Who", error_messages={"required": "Choose a person."})


class MessageForm(forms.Form):
    """Everything that happened to a message."""

    id = forms.RegexField(
        rf"\A{MESSAGE_ID.pattern}\Z",
        max_length=64,
        label="Message id",
        error_messages={
            "required": "Type or paste a message id.",
            "invalid": "This is no message id: it has 8 to 64 letters, digits, dots, dashes, colons or underscores.",
        },
    )


class DigestForm(forms.Form):
    """Where the weekly digest goes; empty for nowhere."""

    address = forms.EmailField(
        required=False, max_length=254, error_messages={"invalid": "This is no address for mail."}
    )


class ExplainForm(SubmittedOnce):
    """What became of it, in a sentence or a few."""

    sentence = forms.CharField(
        max_length=LONGEST_SENTENCE,
        error_messages={
            "required": "Say what became of it.",
            "max_length": f"At most {LONGEST_SENTENCE} characters go on the record.",
        },
    )

    def clean_sentence(self) -> str:
        line = pasted.one_line(self.cleaned_data["sentence"])
        if len(line) < _SHORTEST_SENTENCE:
            raise ValidationError("Say it in a sentence: whoever reads the audit was not there.")
        return line
