"""What the address of a batch says about finding in it, and what is kept for it."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from queues_app import finding
from queues_app.finding import COLUMNS, MOST_CHARACTERS, Path, QueryError
from queues_app.finding.query import And
from queues_app.operations.finding import MOST_COLUMNS, read_column
from queues_app.operations.searching import Wanted

MOST_POSITION: Final = 10_000


class FindForm(forms.Form):
    """`q` is the filter, `add` what is typed beside it, `sort` a column, with "-" before it from high to low.

    After `is_valid`, `wanted` is what to look for. A filter that cannot be read is in `wrong`, and `typed` is its text.
    `since` is the earlier peek that the batch is told against; what names none is as if it were not there.
    """

    q = forms.CharField(required=False, strip=True)
    add = forms.CharField(required=False, strip=True)
    sort = forms.CharField(required=False, max_length=MOST_CHARACTERS)

    def __init__(self, data: Any, *, zone: tzinfo, columns: tuple[Path, ...]) -> None:
        super().__init__(data)
        self.zone = zone
        self.since = earlier_in(data)
        self.wanted = Wanted(query=And(()), columns=columns)
        self.wrong: QueryError | None = None
        self.typed = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        by, descending = self._sort(cleaned.get("sort", ""))
        query = And(())
        for text in (cleaned.get("q", ""), cleaned.get("add", "")):
            self.typed = text
            try:
                added = finding.parse(text, self.zone)
                # Read back as one text: its length and its terms have bounds, too.
                self.typed = finding.render(And((*_terms(query), *_terms(added))))
                query = And(_terms(finding.parse(self.typed, self.zone)))
            except QueryError as error:
                self.wrong = error
                raise ValidationError(error.sentence) from error
            finally:
                self.wanted = Wanted(query=query, by=by, descending=descending, columns=self.wanted.columns)
        self.typed = ""
        return cleaned

    def _sort(self, text: str) -> tuple[str | Path, bool]:
        name = text.removeprefix("-")
        if not name or name in COLUMNS:
            return name, text.startswith("-")
        try:
            return read_column(name), text.startswith("-")
        except QueryError as error:
            raise ValidationError("There is no such column to sort by.") from error


def earlier_in(data: Mapping[str, str]) -> str:
    """The number of the earlier peek that an address names; empty where it names none."""
    try:
        return str(UUID(data.get("since", "")))
    except ValueError:
        return ""


def _terms(query: finding.Query) -> tuple[finding.Query, ...]:
    return query.terms if isinstance(query, And) else (query,)


class SaveFilterForm(forms.Form):
    """The present filter, under a name."""

    name = forms.CharField(max_length=80, error_messages={"required": "Give the filter a name."})
    q = forms.CharField(max_length=MOST_CHARACTERS, error_messages={"required": "There is no filter to save."})
    is_shared = forms.BooleanField(required=False)

    def clean_q(self) -> str:
        try:
            return finding.render(finding.parse(self.cleaned_data["q"]))
        except QueryError as error:
            raise ValidationError(error.sentence) from error


class ColumnsForm(forms.Form):
    """The picked columns; `columns` are their paths."""

    column = forms.Field(required=False, widget=forms.SelectMultiple)

    def clean_column(self) -> tuple[Path, ...]:
        texts = list(dict.fromkeys(self.cleaned_data["column"] or []))
        if len(texts) > MOST_COLUMNS:
            raise ValidationError(f"Pick at most {MOST_COLUMNS} columns.")
        try:
            return tuple(read_column(text) for text in texts)
        except QueryError as error:
            raise ValidationError("One of these is no field of a body.") from error


class CompareForm(forms.Form):
    """Two messages: `a` of the batch, and `b` of the same or of the batch `other`."""

    a = forms.IntegerField(min_value=0, max_value=MOST_POSITION)
    b = forms.IntegerField(min_value=0, max_value=MOST_POSITION)
    other = forms.UUIDField(required=False)


class PairForm(forms.Form):
    """The two chosen rows."""

    position = forms.Field(required=False, widget=forms.SelectMultiple)

    def __init__(self, data: Any, *, message_count: int) -> None:
        super().__init__(data)
        self.message_count = message_count

    def clean_position(self) -> list[int]:
        texts = set(self.cleaned_data["position"] or [])
        chosen = sorted(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 9)
        if len(chosen) != len(texts) or not all(place < self.message_count for place in chosen):
            raise ValidationError("One of these is no message of this batch.")
        if len(chosen) != 2:
            raise ValidationError(f"Choose two messages to compare, not {len(chosen)}.")
        return chosen
