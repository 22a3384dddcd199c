"""What a deletion of chosen messages is asked with: positions in a kept copy, and nothing that could name a queue."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from queues_app.forms.once import IntentField
from queues_app.operations.deleting import MOST_AT_ONCE


class DeleteForm(forms.Form):
    """Two steps: `confirm` asks, `do` does it. `position` is sent once for each chosen message."""

    intent = IntentField()
    step = forms.ChoiceField(choices=[("confirm", "ask first"), ("do", "do it")])
    position = forms.TypedMultipleChoiceField(
        coerce=int,
        error_messages={
            "required": "No message is selected.",
            "invalid_choice": "A message was named that is not in this batch. Load the page again.",
        },
    )

    def __init__(self, *args: Any, message_count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The question has no number of its own: it does nothing.
        self.fields["intent"].required = self.data.get("step") != "confirm"
        self.fields["position"].choices = [(str(at), str(at)) for at in range(message_count)]  # type: ignore[attr-defined]

    def clean_position(self) -> list[int]:
        positions = list(dict.fromkeys(self.cleaned_data["position"]))
        if len(positions) > MOST_AT_ONCE:
            raise ValidationError(f"At most {MOST_AT_ONCE} messages at once.")
        return positions

    @property
    def errors_in_words(self) -> list[str]:
        """Every error as a sentence, for a form that has no fields to stand beside."""
        return [str(error) for errors in self.errors.values() for error in errors]
