"""What emptying a queue is asked with: its name, typed, beside the name that the page showed."""

from typing import Any

from django import forms

from queues_app.forms.once import IntentField
from queues_app.forms.words import errors_in_words


class EmptyForm(forms.Form):
    """`shown_name` is the name when the page was made; the operation compares both with the name of now."""

    intent = IntentField()
    shown_name = forms.CharField(
        strip=False, max_length=500, error_messages={"required": "This form is incomplete. Load the page again."}
    )
    name = forms.CharField(strip=False, max_length=500, error_messages={"required": "Type the name of the queue."})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "name" in cleaned and "shown_name" in cleaned and cleaned["name"] != cleaned["shown_name"]:
            self.add_error("name", "This is not yet the name of the queue. Nothing was sent.")
        return cleaned

    @property
    def problem(self) -> str:
        """The first thing that is wrong."""
        return next(iter(errors_in_words(self)), "")
