"""Which time a page of charts shows, as its address says it: the last so long, or from one moment to another."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError

from queues_app.charts import Span

# Value and word.
LASTS: Final = {
    "30min": timedelta(minutes=30),
    "2h": timedelta(hours=2),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
WORDS: Final = {"30min": "30 min", "2h": "2 h", "6h": "6 h", "24h": "24 h", "7d": "7 d", "30d": "30 d"}
USUAL: Final = "24h"
SHORTEST: Final = LASTS["30min"]
LONGEST: Final = LASTS["30d"]
# Nothing is kept of what was before, and not every zone can write the first moments of the calendar.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TYPED: Final = "%Y-%m-%dT%H:%M"
_BOTH: Final = ("since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """`last` is empty for a range between two moments. `is_local`: they were typed, in the person's own zone."""

    span: Span
    last: str = ""
    was: str = ""  # of `LASTS`: where a range between two moments was chosen from
    is_local: bool = False

    @property
    def query(self) -> str:
        """The query string, the same in every zone; empty for what is usual."""
        if self.last:
            return "" if self.last == USUAL else f"?last={self.last}"
        moments = {"since": _text(self.span.since), "until": _text(self.span.until)}
        return f"?{urlencode(moments | ({'was': self.was} if self.was else {}))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a range cannot be shown, which of the two fields it is about, and what was typed into them."""

    sentence: str
    fields: frozenset[str]
    since: str
    until: str


class MomentField(forms.Field):
    """A moment, with its zone or as a field of the browser writes it, in the zone of the person."""

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            return datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise ValidationError("This is no moment. Write it as 2026-11-23T14:05.") from error


class RangeForm(forms.Form):
    """Every field may be left out."""

    last = forms.ChoiceField(
        required=False,
        choices=list(WORDS.items()),
        error_messages={"invalid_choice": f"Choose one of these: {', '.join(WORDS.values())}."},
    )
    since = MomentField(required=False, label="From")
    until = MomentField(required=False, label="To")

    def chosen(self, *, zone: tzinfo, now: datetime) -> tuple[Chosen, Problem | None]:
        """What is shown, and what is wrong with what was asked for: then it is the usual time."""
        self.full_clean()
        last = self.cleaned_data.get("last") or USUAL
        usual = Chosen(span=Span(now - LASTS[last], now), last=last)
        if self.errors:
            sentences = [f"{self.fields[field].label or 'Time'}: {said[0]}" for field, said in self.errors.items()]
            return usual, self._problem(" ".join(sentences), *self.errors, zone=zone, usual=usual)
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        if since is None and until is None:
            return usual, None
        if since is None or until is None:
            missing = "since" if since is None else "until"
            sentence = "A time of your own has two moments, From and To."
            return usual, self._problem(sentence, missing, zone=zone, usual=usual)
        try:
            # Where an hour came twice, all of it is meant.
            span = Span(_aware(since, zone, fold=0), min(_aware(until, zone, fold=1), now))
        except OverflowError:
            sentence = "These moments are beyond the calendar."
            return usual, self._problem(sentence, *_BOTH, zone=zone, usual=usual)
        sentence, fields = _wrong_with(span, now)
        if sentence:
            return usual, self._problem(sentence, *fields, zone=zone, usual=usual)
        was = str(self.data.get("was", ""))
        is_local = since.tzinfo is None or until.tzinfo is None
        return Chosen(span=span, was=was if was in LASTS else "", is_local=is_local), None

    def _problem(self, sentence: str, *fields: str, zone: tzinfo, usual: Chosen) -> Problem:
        """With what the two fields held; with the usual time where nothing was typed into either."""
        held = {name: self._typed(name, zone) for name in _BOTH}
        if not any(held.values()):
            held = {"since": typed(usual.span.since, zone), "until": typed(usual.span.until, zone)}
        return Problem(sentence=sentence, fields=frozenset(fields), **held)

    def _typed(self, name: str, zone: tzinfo) -> str:
        """As a field of the browser wants it, which shows nothing that is no moment."""
        at: datetime | None = self.cleaned_data.get(name)
        if at is None:
            return ""
        try:
            return (at if at.tzinfo is None else at.astimezone(zone)).strftime(_TYPED)
        except OverflowError:
            return ""


def typed(at: datetime, zone: tzinfo) -> str:
    """A moment as a field of the browser wants it."""
    return at.astimezone(zone).strftime(_TYPED)


def _wrong_with(span: Span, now: datetime) -> tuple[str, tuple[str, ...]]:
    """In a sentence, and the fields that it is about."""
    if span.since < EARLIEST:
        return f"Nothing is kept of the time before {EARLIEST.year}.", ("since",)
    if span.since >= now:
        return "This time is still to come.", ("since",)
    if span.until <= span.since:
        return "To is not after From.", _BOTH
    if span.length < SHORTEST:
        return "Take 30 min at least.", _BOTH
    if span.length > LONGEST:
        return "Take 30 d at most.", _BOTH
    return "", ()


def _aware(at: datetime, zone: tzinfo, *, fold: int) -> datetime:
    return (at.replace(tzinfo=zone, fold=fold) if at.tzinfo is None else at).astimezone(UTC)


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
