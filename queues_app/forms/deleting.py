"""What a deletion of chosen messages is asked with: positions in a kept copy, and nothing that could name a queue."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from queues_app.forms.once import SubmittedOnce
from queues_app.forms.positions import PositionsField, of_batch
from queues_app.operations.deleting import MOST_AT_ONCE


class DeleteForm(SubmittedOnce):
    """Two steps: `confirm` asks, `do` does it. `position` is sent once for each chosen message."""

    step = forms.ChoiceField(choices=[("confirm", "ask first"), ("do", "do it")])
    position = PositionsField()

    def __init__(self, *args: Any, message_count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The question has no number of its own: it does nothing.
        self.fields["intent"].required = self.data.get("step") != "confirm"
        of_batch(self, message_count)

    def clean_position(self) -> list[int]:
        positions = list(dict.fromkeys(self.cleaned_data["position"]))
        if len(positions) > MOST_AT_ONCE:
            raise ValidationError(f"At most {MOST_AT_ONCE} messages at once.")
        return positions
