"""What a change of a queue's delivery or consumer is asked with. Nothing is sent unless all of it is valid."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from queues_app import formats
from queues_app.cloudflare import Consumer, Queue
from queues_app.forms.messages import DurationField
from queues_app.operations.queue_settings import PullSettings, QueueTimes

MAX_RETRY_DELAY_S: Final = 86_400
MAX_DELAY_S: Final = 86_400
MIN_RETENTION_S: Final = 60
MAX_RETENTION_S: Final = 14 * 86_400
MAX_VISIBILITY_TIMEOUT_MS: Final = 43_200_000
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_INCOMPLETE: Final = dict.fromkeys(
    ("required", "invalid", "invalid_choice"), "This form is incomplete. Load the page again."
)


class ActForm(forms.Form):
    """Two steps: `confirm` asks and does nothing, `do` does it once for its `intent`."""

    step = forms.ChoiceField(choices=[("confirm", "ask first"), ("do", "do it")], error_messages=_INCOMPLETE)
    intent = forms.UUIDField(error_messages=_INCOMPLETE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The question has no number of its own: it does nothing.
        self.fields["intent"].required = self.is_answer

    @property
    def is_answer(self) -> bool:
        return bool(self.data.get("step") != "confirm")

    def problems(self, *beside: str) -> list[str]:
        """The errors as sentences, without those of the fields that they stand beside."""
        return [str(error) for name, errors in self.errors.items() if name not in beside for error in errors]


class _SetDurationField(DurationField):
    """A length of time that may be set already: left as it is shown, it stays, also as 1.5 s or 1 d.

    `per_second` is 1,000 for what cleans to milliseconds.
    """

    def __init__(self, *, per_second: int = 1, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.per_second = per_second
        self.present: int | None = None

    def to_python(self, value: object) -> Any:
        """In the field's own unit, or None for nothing typed."""
        if self.present is not None and str(value).strip() == self.shown(self.present):
            return self.present
        seconds = super().to_python(value)
        return None if seconds is None else seconds * self.per_second

    def shown(self, value: int) -> str:
        return formats.duration(value) if self.per_second == 1 else formats.duration_ms(value)


def _whole(low: int, high: int) -> forms.IntegerField:
    words = f"A whole number from {low} to {high}."
    messages = dict.fromkeys(("invalid", "min_value", "max_value"), words)
    return forms.IntegerField(min_value=low, max_value=high, required=False, error_messages=messages)


class ConsumerForm(ActForm):
    """The settings of an HTTP pull consumer. `seen` stands for the consumer that the form was made from."""

    SETTINGS: Final = ("max_retries", "dead_letter_queue", "retry_delay", "visibility_timeout", "batch_size")

    seen = forms.CharField(max_length=32, required=False)
    batch_size = _whole(1, 100)
    max_retries = _whole(0, 100)
    retry_delay = _SetDurationField(low=0, high=MAX_RETRY_DELAY_S, range_words="0 s and 24 h")
    visibility_timeout = _SetDurationField(
        low=0, high=MAX_VISIBILITY_TIMEOUT_MS, range_words="0 s and 12 h", per_second=1000
    )
    dead_letter_queue = forms.CharField(
        required=False, max_length=63, error_messages={"max_length": "A queue's name has at most 63 characters."}
    )

    def __init__(self, *args: Any, queue_name: str, consumer: Consumer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queue_name = queue_name
        self._present = (consumer.dead_letter_queue or "") if consumer else ""
        if consumer is not None:
            self.fields["retry_delay"].present = consumer.retry_delay  # type: ignore[attr-defined]
            self.fields["visibility_timeout"].present = consumer.visibility_timeout_ms  # type: ignore[attr-defined]

    def clean_dead_letter_queue(self) -> str:
        name: str = self.cleaned_data["dead_letter_queue"]
        if name and name == self._queue_name:
            raise ValidationError("A queue cannot be its own dead-letter queue.")
        if name and name != self._present and not _NAME.fullmatch(name):
            raise ValidationError("A queue's name has letters, digits and dashes, and no dash at its ends.")
        return name

    def wanted(self) -> PullSettings:
        """What was typed; an empty field is left to Cloudflare's default."""
        typed = self.cleaned_data
        return PullSettings(
            batch_size=typed["batch_size"],
            max_retries=typed["max_retries"],
            retry_delay=typed["retry_delay"],
            visibility_timeout_ms=typed["visibility_timeout"],
            dead_letter_queue=typed["dead_letter_queue"],
        )


class TimesForm(ActForm):
    """Delay and retention of a queue. `seen` stands for those that the form was made from."""

    SETTINGS: Final = ("delivery_delay", "message_retention_period")

    seen = forms.CharField(max_length=32, error_messages=_INCOMPLETE)
    delivery_delay = _SetDurationField(low=0, high=MAX_DELAY_S, range_words="0 s and 24 h")
    message_retention_period = _SetDurationField(
        low=MIN_RETENTION_S, high=MAX_RETENTION_S, range_words="1 min and 14 d"
    )

    def __init__(self, *args: Any, queue: Queue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["delivery_delay"].present = queue.delivery_delay  # type: ignore[attr-defined]
        self.fields["message_retention_period"].present = queue.message_retention_period  # type: ignore[attr-defined]
        self._held = queue

    def wanted(self) -> QueueTimes:
        """What was typed; an empty field leaves what is set."""
        typed = self.cleaned_data
        delay, kept = typed["delivery_delay"], typed["message_retention_period"]
        return QueueTimes(
            delivery_delay=self._held.delivery_delay if delay is None else delay,
            message_retention_period=self._held.message_retention_period if kept is None else kept,
        )


class RemoveForm(ActForm):
    """`must_type` is the name that has to be typed before a consumer that is in use elsewhere is removed; or empty."""

    seen = forms.CharField(max_length=32, error_messages=_INCOMPLETE)
    typed = forms.CharField(required=False, max_length=1000)

    def __init__(self, *args: Any, must_type: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._must_type = must_type

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if self.is_answer and self._must_type and typed != self._must_type.strip():
            raise ValidationError("This is not its name. Nothing was removed.")
        return typed
