"""What is sent, typed or from a file, and where to. Nothing is sent by these: they lead to a preview."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from queues_app.forms.messages import DurationField
from queues_app.forms.positions import PositionsField, of_batch
from queues_app.operations import drafts, sending, sending_files
from queues_app.operations.drafts import Draft, Flaw
from queues_app.operations.sending_files import FileFormat, HowToRead

TYPES: Final = [("json", "JSON"), ("text", "Text")]
FORMATS: Final = [
    (FileFormat.VALUES.value, "JSONL: each line is a message"),
    (FileFormat.EXPORT.value, "JSONL from an export"),
    (FileFormat.CSV.value, "CSV with a head line"),
]
_TYPE_ERRORS: Final = dict.fromkeys(("required", "invalid_choice"), "Choose JSON or text.")


def _delay() -> DurationField:
    return DurationField(low=0, high=drafts.MAX_DELAY_S, range_words="0 s and 24 h", required=False)


class _BodiesForm(forms.Form):
    """`body` comes once for each message. A browser sends CRLF for each line end: it is read as LF."""

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.bodies = [body.replace("\r\n", "\n") for body in data.getlist("body")]

    def clean(self) -> dict[str, Any]:
        if len(self.bodies) > drafts.MAX_AT_ONCE:
            raise ValidationError(f"At most {drafts.MAX_AT_ONCE} messages can be typed at once. Send a file instead.")
        return self.cleaned_data


class TypedForm(_BodiesForm):
    content_type = forms.ChoiceField(choices=TYPES, error_messages=_TYPE_ERRORS)
    delay = _delay()
    split = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(self.bodies):
            self.add_error(None, "Type at least one message.")
        if cleaned.get("split") and (cleaned.get("content_type") != "json" or len(self.bodies) != 1):
            self.add_error(None, "Only a single body of type JSON can be split into messages.")
        return cleaned

    def found(self) -> list[Draft | Flaw]:
        """The messages, or what is wrong with them, in their order; empty fields of several are left out."""
        cleaned = self.cleaned_data
        if cleaned["split"]:
            return drafts.split(text=self.bodies[0], delay_seconds=cleaned["delay"])
        return [
            drafts.draft(line=number, body=body, content_type=cleaned["content_type"], delay_seconds=cleaned["delay"])
            for number, body in enumerate(self.bodies, start=1)
            if body
        ]


class FileForm(forms.Form):
    file = forms.FileField(
        error_messages={
            "required": "Choose a file.",
            "empty": "The file is empty.",
            "invalid": "The file did not arrive. Choose it again.",
            "missing": "The file did not arrive. Choose it again.",
        },
        allow_empty_file=True,
    )
    file_format = forms.ChoiceField(
        choices=FORMATS, error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose what the file is.")
    )
    column = forms.CharField(max_length=200, required=False)
    content_type = forms.ChoiceField(choices=TYPES, required=False, error_messages=_TYPE_ERRORS)
    delay = _delay()

    def found(self) -> list[Draft | Flaw]:
        """The messages of the file and its flaws.

        Raises FileError.
        """
        cleaned = self.cleaned_data
        how = HowToRead(
            file_format=FileFormat(cleaned["file_format"]),
            column=cleaned["column"] or "body",
            content_type="json" if cleaned["content_type"] == "json" else "text",
            delay_seconds=cleaned["delay"],
        )
        return sending_files.read(cleaned["file"].read(sending_files.MAX_FILE_BYTES + 1), how)


class StepForm(forms.Form):
    """One step of a sending; `step` is its number, `word` what to send again."""

    act = forms.ChoiceField(choices=[(act, act) for act in ("send", "pause", "again")])
    step = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    word = forms.ChoiceField(choices=[(word, word) for word in sending.AGAIN], required=False)
    leave_out = forms.BooleanField(required=False)
    by_itself = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("act") == "again" and not self.cleaned_data.get("word"):
            raise ValidationError("Say which messages are sent again.")
        return self.cleaned_data


class AgainForm(_BodiesForm):
    """`position` once for each kept message; `target` is an account of ours and a queue in it."""

    position = PositionsField()
    target = forms.ChoiceField(error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a queue."))
    content_type = forms.ChoiceField(choices=[("", "as it was"), *TYPES], required=False, error_messages=_TYPE_ERRORS)
    delay = _delay()

    def __init__(self, data: QueryDict, *, message_count: int, targets: list[tuple[str, str]]) -> None:
        super().__init__(data)
        of_batch(self, message_count)
        self.fields["target"].choices = targets  # type: ignore[attr-defined]

    def clean_position(self) -> list[int]:
        positions: list[int] = self.cleaned_data["position"]
        if len(positions) > drafts.MAX_AT_ONCE:
            raise ValidationError(f"At most {drafts.MAX_AT_ONCE} messages at once.")
        return positions
