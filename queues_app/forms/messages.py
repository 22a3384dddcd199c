"""What a look, a pull and a settling are asked with. Nothing is sent unless all of it is valid."""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from queues_app.forms.once import SubmittedOnce
from queues_app.forms.positions import PositionsField, of_batch
from queues_app.forms.words import errors_in_words
from queues_app.operations.leases import MAX_DELAY_SECONDS, Verb
from queues_app.operations.ledger import MOST_CHOSEN
from queues_app.operations.look import MAX_BATCH_SIZE, MAX_VISIBILITY_TIMEOUT_MS

MIN_VISIBILITY_TIMEOUT_S: Final = 1
MAX_VISIBILITY_TIMEOUT_S: Final = MAX_VISIBILITY_TIMEOUT_MS // 1000
_UNITS: Final = {
    "": 1,
    "s": 1,
    "sec": 1,
    "second": 1,
    "seconds": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hour": 3600,
    "hours": 3600,
    "d": 86_400,
    "day": 86_400,
    "days": 86_400,
}
_PART: Final = re.compile(r"([0-9]{1,9})\s*([a-z]*)")


class DurationField(forms.CharField):
    """A length of time as people write it: `30`, `30 s`, `5 min`, `1 h 30 min`. Cleans to whole seconds."""

    def __init__(self, *, low: int, high: int, range_words: str, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)
        self.low = low
        self.high = high
        self.range_words = range_words

    def to_python(self, value: object) -> Any:
        """Whole seconds, or None for nothing typed."""
        text = super().to_python(value)
        return seconds_of(text.lower()) if text else None

    def validate(self, value: int | None) -> None:
        if value is None:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return
        if not self.low <= value <= self.high:
            raise ValidationError(f"Between {self.range_words}.")

    def run_validators(self, value: object) -> None:
        """The validators of a text field know nothing of a number; `validate` has said all."""


def seconds_of(text: str) -> int:
    """The seconds that a person wrote.

    Raises ValidationError for what is no length of time.
    """
    whole = rest = text.strip()
    seconds = 0
    while rest:
        part = _PART.match(rest)
        if part is None or part[2] not in _UNITS or (not part[2] and part[0] != whole):
            raise ValidationError("Write a time such as 30 s, 5 min or 1 h.")
        seconds += int(part[1]) * _UNITS[part[2]]
        rest = rest[part.end() :].strip()
    return seconds


def asks(data: Mapping[str, Any]) -> bool:
    """Whether what was sent wants the question and not the deed. A verb that mostly harms nothing has none."""
    return data.get("step") == "confirm" and data.get("verb") not in {verb.value for verb in Verb if not verb.asks}


def intent_of(intent: uuid.UUID | None, verb: Verb | None, chosen: Iterable[object]) -> uuid.UUID | None:
    """The number of a submit without a question: of the page, the verb and what was chosen on it.

    So the same page can do one thing after the other, and none of them twice.
    """
    if intent is None or verb is None or verb.asks:
        return intent
    return uuid.uuid5(intent, f"{verb} {' '.join(map(str, chosen))}")


class _BatchSizeField(forms.IntegerField):
    def __init__(self) -> None:
        words = f"A whole number from 1 to {MAX_BATCH_SIZE}."
        super().__init__(
            min_value=1,
            max_value=MAX_BATCH_SIZE,
            error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), words),
        )


class _EntryField(forms.IntegerField):
    """The number of an audit entry that a page names; may be missing."""

    def __init__(self) -> None:
        words = "This form is incomplete. Load the page again."
        super().__init__(
            required=False,
            min_value=1,
            max_value=2**63 - 1,
            error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), words),
        )


class PeekForm(SubmittedOnce):
    batch_size = _BatchSizeField()


class PullForm(SubmittedOnce):
    batch_size = _BatchSizeField()
    visibility_timeout = DurationField(
        low=MIN_VISIBILITY_TIMEOUT_S,
        high=MAX_VISIBILITY_TIMEOUT_S,
        range_words="1 s and 12 h",
        error_messages={"required": "For how long? Write a time such as 30 s."},
    )
    # The entry of the forecast that the page showed, if it did.
    forecast = _EntryField()


class ForecastForm(forms.Form):
    """`forecast` is the entry of a peek that is shown already: it is read again, unless a new one is asked for."""

    batch_size = _BatchSizeField()
    forecast = _EntryField()
    anew = forms.BooleanField(required=False)

    @property
    def shown(self) -> int | None:
        """The entry of the forecast to read again; None for a new one."""
        entry_id: int | None = self.cleaned_data["forecast"]
        return None if self.cleaned_data["anew"] else entry_id

    @property
    def in_words(self) -> str:
        """What is wrong, for a place that has no field to stand beside."""
        return " ".join(errors_in_words(self))


class EndsField(forms.IntegerField):
    """How many messages the question said that the answer ends; nothing where it was not asked."""

    def __init__(self) -> None:
        words = "This form is incomplete. Load the page again."
        super().__init__(
            required=False,
            min_value=0,
            max_value=MOST_CHOSEN,
            error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), words),
        )

    def clean(self, value: object) -> int:
        """The number, 0 for none."""
        return super().clean(value) or 0


class SettleForm(SubmittedOnce):
    """Two steps: `confirm` asks, `do` does it. `position` is sent once for each chosen message."""

    step = forms.ChoiceField(choices=[("confirm", "ask first"), ("do", "do it")])
    verb = forms.TypedChoiceField(choices=[(verb.value, verb.name) for verb in Verb], coerce=Verb)
    delay = DurationField(low=0, high=MAX_DELAY_SECONDS, range_words="0 s and 24 h", required=False)
    position = PositionsField()
    ends = EndsField()

    def __init__(self, *args: Any, message_count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The question has no number of its own: it does nothing.
        self.fields["intent"].required = not self.asks
        of_batch(self, message_count)

    @property
    def asks(self) -> bool:
        """Whether the question is wanted."""
        return asks(self.data)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        cleaned["intent"] = intent_of(cleaned.get("intent"), cleaned.get("verb"), cleaned.get("position", ()))
        return cleaned
