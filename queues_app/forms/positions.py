"""Messages of a kept batch, named by their places in it."""

from typing import Any

from django import forms


class PositionsField(forms.TypedMultipleChoiceField):
    """`position`, sent once for each chosen message. Cleans to whole numbers; `of_batch` says how many there are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            coerce=int,
            error_messages={
                "required": "No message is selected.",
                "invalid_choice": "A message was named that is not in this batch. Load the page again.",
            },
            **kwargs,
        )


def of_batch(form: forms.Form, message_count: int) -> None:
    """Let the field `position` of this form name the messages of a batch of so many."""
    form.fields["position"].choices = [(str(at), str(at)) for at in range(message_count)]  # type: ignore[attr-defined]
