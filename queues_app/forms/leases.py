"""What is done to chosen leases. They are named by their numbers in the ledger, as the page captured them."""

import re
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from queues_app.forms.messages import (
    MAX_VISIBILITY_TIMEOUT_S,
    MIN_VISIBILITY_TIMEOUT_S,
    DurationField,
    EndsField,
    asks,
    intent_of,
)
from queues_app.forms.once import SubmittedOnce
from queues_app.operations.leases import MAX_DELAY_SECONDS, Verb
from queues_app.operations.ledger import MOST_CHOSEN

# Of 64 bits at most.
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


class LeasesField(forms.Field):
    """Numbers of leases: one in each value, or many with commas between. Cleans to them, sorted, each once."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Sequence[str] | None) -> tuple[int, ...]:
        """The numbers; raises ValidationError for what is none, and for too many."""
        texts = ",".join(value or ()).split(",") if value else []
        if len(texts) > MOST_CHOSEN:
            raise ValidationError(f"At most {MOST_CHOSEN:,} leases at once.")
        if not all(_NUMBER.fullmatch(text) for text in texts):
            raise ValidationError("A lease was named that is none. Load the page again.")
        return tuple(sorted({int(text) for text in texts}))


class LeaseForm(SubmittedOnce):
    """Two steps for what asks: `confirm`, then `do`. `act` is a row's own button: its verb and its lease."""

    step = forms.ChoiceField(choices=[("confirm", "ask first"), ("do", "do it")])
    verb = forms.TypedChoiceField(choices=[(verb.value, verb.name) for verb in Verb], coerce=Verb)
    lease = LeasesField(error_messages={"required": "No lease is selected."})
    delay = DurationField(low=0, high=MAX_DELAY_SECONDS, range_words="0 s and 24 h", required=False)
    visibility_timeout = DurationField(
        low=MIN_VISIBILITY_TIMEOUT_S, high=MAX_VISIBILITY_TIMEOUT_S, range_words="1 s and 12 h", required=False
    )

    ends = EndsField()

    def __init__(self, data: QueryDict) -> None:
        verb, _, lease = data.get("act", "").partition(" ")
        if lease:
            data = data.copy()
            data["verb"] = verb
            # A row's own button asks first where the verb does.
            if verb in {each.value for each in Verb if each.asks}:
                data["step"] = "confirm"
            data.setlist("lease", [lease])
        super().__init__(data)
        self.fields["intent"].required = not self.asks

    @property
    def asks(self) -> bool:
        """Whether the question is wanted."""
        return asks(self.data)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        chosen = (*cleaned.get("lease", ()), cleaned.get("visibility_timeout") or "")
        cleaned["intent"] = intent_of(cleaned.get("intent"), cleaned.get("verb"), chosen)
        return cleaned
