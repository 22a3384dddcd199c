"""What the address of the dead-letter map can say. What it says wrongly is ignored, and the page says so."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django import forms

from queues_app.forms.queues import MOST_PAGES

# The other list of the map: queues that name no dead-letter queue.
DELETING: Final = "deleting"

_SENTENCES: Final = {
    "q": "This filter cannot be used, so nothing is filtered by it.",
    "show": "There is no such list, so this is the map.",
    "page": "There is no such page, so this is the first.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is shown. Every address of the page is made from this."""

    q: str = ""
    show: str = ""
    page: int = 1

    @property
    def is_deleting(self) -> bool:
        return self.show == DELETING

    def query(self, **changes: Any) -> str:
        """The query string, with changes; what is as it always is has no place in it. A change leads to page 1."""
        wanted = replace(self, **{"page": 1, **changes})
        pairs = {"q": wanted.q, "show": wanted.show, "page": "" if wanted.page == 1 else str(wanted.page)}
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{text}" if text else ""


class DeadLetterFilterForm(forms.Form):
    """Every field may be left out."""

    q = forms.CharField(required=False, max_length=200)
    show = forms.ChoiceField(required=False, choices=((DELETING, ""),))
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES)

    def chosen(self) -> tuple[Chosen, tuple[str, ...]]:
        """What could be understood, and a sentence for each thing that could not."""
        self.full_clean()
        cleaned = self.cleaned_data
        return Chosen(q=cleaned.get("q") or "", show=cleaned.get("show") or "", page=cleaned.get("page") or 1), tuple(
            _SENTENCES[name] for name in self.errors
        )
