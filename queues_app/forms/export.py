"""What an export is asked with."""

from typing import Any

from django import forms

from queues_app.forms.positions import PositionsField, of_batch
from queues_app.operations.export_formats import Format


class ExportForm(forms.Form):
    """Two steps: `confirm` asks what the file should be, `do` makes it. No position means all of the batch."""

    step = forms.ChoiceField(choices=[("confirm", "ask first"), ("do", "do it")])
    format = forms.TypedChoiceField(
        choices=[(form.value, form.name) for form in Format],
        coerce=Format,
        error_messages={
            "required": "Choose what the file should be.",
            "invalid_choice": "A file can be JSONL, CSV or ZIP.",
        },
    )
    position = PositionsField(required=False)

    def __init__(self, *args: Any, message_count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].required = self.data.get("step") == "do"
        of_batch(self, message_count)
