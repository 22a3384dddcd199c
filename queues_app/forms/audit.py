"""The filters of the audit page, as they stand in its address."""

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from queues_app.forms.once import IntentField
from queues_app.models import Action
from queues_app.models.audit import WORDS
from queues_app.operations import audit_files
from queues_app.operations.audit_streams import Filter, Place
from queues_app.operations.export_formats import Format

_RECEIPT = re.compile(r"(?:R-?)?(\d{1,18})", re.IGNORECASE)
_CURSOR = re.compile(r"(\d{1,16})-(\d{1,18})")

# Far from the ends of the calendar, so that a day more or another zone is still a day.
SANE_DAYS = (
    MinValueValidator(date(2000, 1, 1), "This day is before the log began."),
    MaxValueValidator(date(2999, 12, 31), "This day is too far ahead."),
)

_OF_PEOPLE = (
    *("session.", "person.", "factor.", "credential.", "team."),
    *("rule.", "two_person.", "approval.", "masking.", "account."),
    *("audit.", "watch."),
)
# The segments: what an entry did to messages.
KINDS: dict[str, tuple[Action, ...]] = {
    "looked": (
        Action.PEEK,
        Action.SEE_QUEUES,
        Action.OPEN_COPY,
        Action.REVEAL,
        Action.EXPORT,
        Action.EXPORT_MANY,
    ),
    "leased": (Action.PULL, Action.EXTEND),
    "changed": (
        Action.ACK,
        Action.RETRY,
        Action.DELETE,
        Action.SEND,
        *(action for action in Action if action.value.startswith(("queue.", "consumer."))),
    ),
    "people": tuple(action for action in Action if action.value.startswith(_OF_PEOPLE)),
    "not-ok": (),
    # What others did with credentials of the reader's.
    "lent": (),
}

# The fields that say what fits; the others say which page of it.
FILTERS: Final = ("q", "kind", "who", "action", "queue", "credential", "outcome", "since", "until")


class AuditFilterForm(forms.Form):
    """Every field may be left out. What cannot be understood is a field error, and no entries are shown."""

    q = forms.CharField(required=False, max_length=80, strip=True, label="Message id, receipt, request id or cf-ray")
    kind = forms.ChoiceField(required=False, choices=[(kind, kind) for kind in KINDS])
    who = forms.CharField(required=False, max_length=150, label="Who")
    action = forms.ChoiceField(required=False, choices=[("", "anything"), *Action.choices], label="What")
    queue = forms.RegexField(r"\A[0-9a-f]{32}\Z", required=False, label="Queue")
    credential = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, label="Credential")
    outcome = forms.ChoiceField(
        required=False, choices=[("", "any"), *((word, word) for word in WORDS)], label="Outcome"
    )
    since = forms.DateField(
        required=False,
        label="From",
        validators=SANE_DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        required=False,
        label="To",
        validators=SANE_DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    before = forms.CharField(required=False)
    newer_than = forms.IntegerField(required=False, min_value=0)

    def clean_before(self) -> Place | None:
        """The last entry of the page before: microseconds since 1970 and its number."""
        text = self.cleaned_data["before"]
        if not text:
            return None
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise ValidationError("This is not a place in the log.")
        try:
            seconds, micros = divmod(int(match[1]), 1_000_000)
            at = datetime.fromtimestamp(seconds, tz=timezone.get_default_timezone()).replace(microsecond=micros)
        except (OverflowError, ValueError, OSError) as error:
            raise ValidationError("This is not a place in the log.") from error
        return Place(at, int(match[2]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "This day is before the first one.")
        return cleaned

    def chosen(self, zone: tzinfo) -> Filter:
        """What fits, with days as they are where the person is."""
        cleaned = self.cleaned_data
        kind, until = cleaned["kind"], cleaned["until"]
        return Filter(
            actions=(Action(cleaned["action"]),) if cleaned["action"] else KINDS.get(kind, ()),
            lent=kind == "lent",
            not_ok=kind == "not-ok",
            who=cleaned["who"],
            queue_id=cleaned["queue"],
            credential_id=cleaned["credential"],
            outcome=cleaned["outcome"],
            since=_midnight(cleaned["since"], zone) if cleaned["since"] else None,
            before_day=_midnight(until + timedelta(days=1), zone) if until else None,
            receipt=self._receipt(),
            text=cleaned["q"],
        )

    def asked(self) -> dict[str, str]:
        """What was filled in of the filter itself, as it stands in an address. It can be read only when valid."""
        return {name: str(self.cleaned_data[name]) for name in FILTERS if self.cleaned_data[name] not in ("", None)}

    def _receipt(self) -> int | None:
        """The receipt's number, when that is what stands in the search box."""
        match = _RECEIPT.fullmatch(self.cleaned_data["q"])
        return int(match[1]) if match else None


class AuditExportForm(AuditFilterForm):
    """The filter once more, what the file should be, and the number of the submit."""

    format = forms.TypedChoiceField(
        choices=[(form.value, form.name) for form in audit_files.FORMATS],
        coerce=Format,
        error_messages={
            "required": "Choose what the file should be.",
            "invalid_choice": "The audit log can be a file as JSONL or CSV.",
        },
        label="As",
    )
    intent = IntentField()


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)
