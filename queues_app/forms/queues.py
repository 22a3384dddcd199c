"""What the address of the list of queues can say. What it says wrongly is ignored, and the page says so."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django import forms

ATTENTION: Final = "attention"
LOSS: Final = "loss"
ALL: Final = "all"
# Value and word.
SHOWS: Final = (
    (ALL, "All"),
    ("attention", "Need attention"),
    ("paused", "Paused"),
    ("nobody", "Nobody consumes"),
    ("dead-letter", "Dead-letter"),
)
ORDERS: Final = (
    (ATTENTION, "attention"),
    ("name", "name"),
    ("backlog", "backlog"),
    ("oldest", "oldest"),
    (LOSS, "loss"),
)
PREFIX: Final = "prefix"
GROUPS: Final = (("", "by need"), (PREFIX, "by prefix"))
MOST_PAGES: Final = 100_000
MOST_KEPT: Final = 1_000  # characters: the beginnings of a hundred ids, and what stands between them

_SENTENCES: Final = {
    "q": "This filter cannot be used, so nothing is filtered by it.",
    "show": "There is no such group of queues, so all are shown.",
    "order": "There is no such order, so they are ordered by attention.",
    "group": "There is no such grouping, so they are grouped by need.",
    "page": "There is no such page, so this is the first.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is shown. Every address of the page is made from this."""

    q: str = ""
    show: str = ALL
    order: str = ATTENTION
    quiet: bool = False  # whether the quiet ones are unfolded
    group: str = ""
    open: str = ""  # the beginning of names whose group shows its rows
    page: int = 1
    # The rows as they stand before a reader, for a refresh that must not move them; see rows/queue_selection.py.
    keep: str = ""
    anew: bool = False  # the rows of `keep`, ordered once more before anybody has read them

    def query(self, **changes: Any) -> str:
        """The query string, with changes; what is as it always is has no place in it. A change leads to page 1."""
        wanted = replace(self, **{"page": 1, "keep": "", "anew": False, **changes})
        pairs = {
            "q": wanted.q,
            "show": "" if wanted.show == ALL else wanted.show,
            "order": "" if wanted.order == ATTENTION else wanted.order,
            "quiet": "shown" if wanted.quiet else "",
            "group": wanted.group,
            "open": wanted.open if wanted.group else "",
            "page": "" if wanted.page == 1 else str(wanted.page),
            "keep": wanted.keep,
            "anew": "yes" if wanted.anew else "",
        }
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{text}" if text else ""


class QueueFilterForm(forms.Form):
    """Every field may be left out."""

    q = forms.CharField(required=False, max_length=200)
    show = forms.ChoiceField(required=False, choices=SHOWS)
    order = forms.ChoiceField(required=False, choices=ORDERS)
    quiet = forms.CharField(required=False)
    group = forms.ChoiceField(required=False, choices=GROUPS)
    open = forms.CharField(required=False, max_length=100)
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES)
    keep = forms.RegexField(r"\A[0-9a-f.-]*\Z", required=False, max_length=MOST_KEPT)
    anew = forms.CharField(required=False)

    def chosen(self) -> tuple[Chosen, tuple[str, ...]]:
        """What could be understood, and a sentence for each thing that could not."""
        self.full_clean()
        remarks = tuple(_SENTENCES[name] for name in self.errors if name in _SENTENCES)
        cleaned = self.cleaned_data
        return Chosen(
            q=cleaned.get("q") or "",
            show=cleaned.get("show") or ALL,
            order=cleaned.get("order") or ATTENTION,
            quiet=cleaned.get("quiet") == "shown",
            group=cleaned.get("group") or "",
            open=cleaned.get("open") or "",
            page=cleaned.get("page") or 1,
            keep=cleaned.get("keep") or "",
            anew=cleaned.get("anew") == "yes",
        ), remarks
