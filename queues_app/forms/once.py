"""The number of a submit."""

from typing import Any, Final

from django import forms

_INCOMPLETE: Final = "This form is incomplete. Load the page again."


class IntentField(forms.UUIDField):
    """A number that is made with the form, so that the same submit is never carried out twice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages={"required": _INCOMPLETE, "invalid": _INCOMPLETE}, **kwargs)


class SubmittedOnce(forms.Form):
    """A form whose submit has a number, so that the same submit is never carried out twice."""

    intent = IntentField()
