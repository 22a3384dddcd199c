"""The filter box and what stands around it: chips, order, columns, saved filters, shapes, what the stuck share."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from queues_app import finding, formats
from queues_app.bodies import Segment, show
from queues_app.finding import Chip, Document, QueryError, SharedValue
from queues_app.forms.finding import FindForm
from queues_app.forms.words import errors_in_words
from queues_app.models import Batch, SavedFilter, User
from queues_app.operations.finding import MOST_COLUMNS, column_text
from queues_app.operations.searching import Found, Wanted
from queues_app.rows.batch import BatchPage
from queues_app.rows.finding_marks import Marker

MOST_SHAPES: Final = 8
_SHOWN: Final = 160
_WORDS: Final = {">": ">", ">=": "≥", "<": "<", "<=": "≤", "=": "=", "": ""}
ORDERS: Final = (
    ("", "as they came"),
    ("-age", "oldest"),
    ("age", "newest"),
    ("-attempts", "most attempts"),
    ("-size", "largest"),
)
_LIKE_A_FIELD: Final = re.compile(r"[A-Za-z_][\w-]*([.\[]\S*)?:\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipCell:
    """One term; `url` is the page without it."""

    field: str
    value: tuple[Segment, ...]
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column that can be sorted by; `order` is ascending, descending or empty."""

    name: str
    url: str
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeLine:
    counted: str
    description: str
    differences: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLine:
    """`warehouse` = `"AMS-2"` 7 of 9, against 4 of the other 91; `url` shows those that have it."""

    field: str
    value: str
    said: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    name: str
    text: str
    url: str
    whose: str
    delete_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    value: str
    name: str
    chosen: bool
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong with a filter: the sentence, and the text before, at and after the place."""

    sentence: str
    before: tuple[Segment, ...]
    at: tuple[Segment, ...]
    after: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindBar:
    """Everything around the table that finding is about."""

    url: str
    here_url: str
    text: str
    sort: str
    since: str
    typed: str
    # What is wrong with what was asked, and where, if it is the filter.
    problem: str
    wrong: Wrong | None
    is_filtered: bool
    matching: str
    total: str
    nothing: str
    # What was too large to be looked into, in a sentence.
    unread: str
    chips: tuple[ChipCell, ...]
    clear_url: str
    orders: tuple[Choice, ...]
    heads: dict[str, Head]
    columns: tuple[Head, ...]
    offered: tuple[Choice, ...]
    most_columns: int
    columns_url: str
    saved: tuple[Saved, ...]
    save_url: str
    # Where there are no odd ones: all alike, all different, or but one message.
    all_said: str
    odd: str
    odd_url: str
    alike: str
    alike_url: str
    shapes: tuple[ShapeLine, ...]
    more_shapes: str
    shared: tuple[SharedLine, ...]


def found_page(page: BatchPage, found: Found, form: FindForm) -> BatchPage:
    """The page with the rows that were found, in their order, marked and with the picked columns.

    A row keeps its position in the kept batch: what is chosen, opened and acted upon is what was captured.
    """
    wanted = form.wanted
    words = finding.highlights(wanted.query).words
    # The opened message marks the same words, and leads on to the next one in this order.
    asked = query_of(form)
    shared = [each for each in found.shared if each.is_text and len(each.value) > 1]
    sharing = {place for each in shared for place in each.positions}
    columns = [(_short(column_text(path)), path) for path in wanted.columns]
    plain, both = Marker(words), Marker(words, [each.value for each in shared])
    rows = tuple(
        replace(
            row,
            url=f"{row.url}{asked}",
            preview=(both if row.position in sharing else plain).cut(row.preview),
            cells=tuple((name, _cell(found.documents[row.position], path)) for name, path in columns),
        )
        for row in map(page.rows.__getitem__, found.positions)
    )
    return replace(page, rows=rows, count=len(rows), noun="message" if len(rows) == 1 else "messages")


def find_bar(batch: Batch, found: Found, form: FindForm, saved: Iterable[SavedFilter], user: User) -> FindBar:
    """The filter box of a batch, with the filter that the form holds."""
    wanted, total = form.wanted, len(found.documents)
    page = _Page(batch, form)
    chips = finding.chips(wanted.query)
    others = max((batch.backlog_count or 0) - total, 0)
    matching = len(found.positions)
    return FindBar(
        url=page.base,
        here_url=page.url(),
        text=page.text,
        sort=page.sort,
        since=form.since,
        typed=form.typed,
        problem=next(iter(errors_in_words(form)), ""),
        wrong=_wrong(form.typed, form.wrong) if form.wrong is not None else None,
        is_filtered=bool(chips),
        matching=formats.number(matching),
        total=formats.number(total),
        nothing=_nothing(total, others, chips) if chips and not matching else "",
        unread=_unread(found.unread),
        chips=tuple(_chip(chip, page) for chip in chips),
        clear_url=page.url(q=""),
        orders=_orders(page),
        heads={name: page.head(name, name.title()) for name in finding.COLUMNS},
        columns=tuple(page.head(column_text(path), column_text(path)) for path in wanted.columns),
        offered=_offered(found, wanted),
        most_columns=MOST_COLUMNS,
        columns_url=reverse("find_columns", args=page.place),
        saved=tuple(_saved(each, page, user) for each in saved),
        save_url=reverse("filters", args=page.place),
        all_said="one message" if total == 1 else "all different" if found.shapes.alike == 1 else "all alike",
        # Among messages that all differ none is odd.
        odd=formats.number(found.shapes.odd) if found.shapes.odd and found.shapes.alike > 1 else "",
        odd_url=page.url(q="shape:odd"),
        alike=formats.number(found.shapes.alike),
        alike_url=page.url(q="shape:1"),
        shapes=tuple(
            ShapeLine(
                counted=formats.number(shape.count),
                description=_short(shape.description),
                differences=_short("; ".join(shape.differences)),
                url=page.url(q=f"shape:{shape.number}"),
            )
            for shape in found.shapes.shapes[:MOST_SHAPES]
        ),
        more_shapes=_more(len(found.shapes.shapes) - MOST_SHAPES),
        shared=tuple(_shared(each, page) for each in found.shared),
    )


def query_of(form: FindForm, *, q: str | None = None, sort: str | None = None) -> str:
    """What the address of a batch, or of a message in it, asks for: nothing, or from "?" on."""
    parts = {
        "q": finding.render(form.wanted.query) if q is None else q,
        "sort": _sort(form.wanted) if sort is None else sort,
        "since": form.since,
    }
    query = urlencode({name: value for name, value in parts.items() if value})
    return f"?{query}" if query else ""


def _sort(wanted: Wanted) -> str:
    by = wanted.by if isinstance(wanted.by, str) else column_text(wanted.by)
    return f"-{by}" if by and wanted.descending else by


class _Page:
    """The address of the page, with one thing changed."""

    def __init__(self, batch: Batch, form: FindForm) -> None:
        self.place = [batch.account_id, batch.queue_id, batch.pk]
        self.base = reverse("batch", args=self.place)
        self.text = finding.render(form.wanted.query)
        self.sort = _sort(form.wanted)
        self.form = form

    def url(self, *, q: str | None = None, sort: str | None = None) -> str:
        return self.base + query_of(self.form, q=q, sort=sort)

    def head(self, by: str, name: str) -> Head:
        """Ascending first; from there to and fro. An age shows what is oldest first."""
        first = f"-{by}" if by in ("age", "attempts", "size") else by
        other = by if first != by else f"-{by}"
        order = {by: "ascending", f"-{by}": "descending"}.get(self.sort, "")
        return Head(name=_short(name), url=self.url(sort=other if self.sort == first else first), order=order)


def _orders(page: _Page) -> tuple[Choice, ...]:
    choices = [Choice(value=value, name=name, chosen=value == page.sort) for value, name in ORDERS]
    if page.sort not in dict(ORDERS):
        way = ", from the end" if page.sort.startswith("-") else ""
        choices.append(Choice(value=page.sort, name=f"{page.sort.removeprefix('-')}{way}", chosen=True))
    return tuple(choices)


def _offered(found: Found, wanted: Wanted) -> tuple[Choice, ...]:
    """The picked columns first, so that one that this batch lacks can be dropped."""
    picked = {column_text(path): "" for path in wanted.columns}
    offered = {each.text: f"{each.count} of {len(found.documents)}" for each in finding.candidates(found.documents)}
    return tuple(
        Choice(value=text, name=_short(text), chosen=text in picked, remark=offered.get(text, "in none"))
        for text in (*picked, *(text for text in offered if text not in picked))
    )


def _chip(chip: Chip, page: _Page) -> ChipCell:
    negated = "not " if chip.is_negated else ""
    field = f"{negated}{_short(chip.field)}".rstrip()
    operator = _WORDS.get(chip.operator, "")
    value = _segments(f"{operator} {chip.value}".strip())
    label = f"Remove {negated}{_short(chip.field)} {operator} {_short(chip.value)}".replace("  ", " ")
    return ChipCell(field=field, value=value, label=label, url=page.url(q=chip.rest))


def _saved(saved: SavedFilter, page: _Page, user: User) -> Saved:
    is_own = saved.owner_id == user.pk
    whose = ("yours, for the team" if saved.is_shared else "yours") if is_own else f"by {saved.owner.username}"
    return Saved(
        name=saved.name,
        text=_short(saved.text),
        url=page.url(q=saved.text),
        whose=whose,
        delete_url=reverse("filter_delete", args=[*page.place, saved.pk]) if is_own else "",
    )


def _shared(shared: SharedValue, page: _Page) -> SharedLine:
    field = {"body": column_text(shared.path), "meta": f"meta {column_text(shared.path)}"}.get(
        shared.field, shared.field
    )
    value = finding.quoted(shared.value) if shared.is_text else shared.value
    name = shared.field + finding.path_text(shared.path)
    return SharedLine(
        field=_short(field),
        value=_short(value),
        said=f"{shared.of_stuck} of {shared.stuck}, against {shared.of_rest} of the other {shared.rest}",
        url=page.url(q=f"{name}:={value}" if shared.field != "type" else f"type:{shared.value}"),
    )


def _wrong(text: str, error: QueryError) -> Wrong:
    end = error.offset + error.length
    return Wrong(
        sentence=error.sentence,
        before=_segments(text[max(error.offset - 60, 0) : error.offset]),
        at=_segments(text[error.offset : end][:60]) or (Segment("text", " "),),
        after=_segments(text[end : end + 60]),
    )


def _nothing(total: int, others: int, chips: Iterable[Chip]) -> str:
    said = f"None of these {formats.number(total)} match." if total > 1 else "The one message does not match."
    if others:
        said += f" About {formats.number(others)} others were not looked at."
    # A path of the body without its `body.` is read as words.
    meant = next((chip.value for chip in chips if not chip.field and _LIKE_A_FIELD.fullmatch(chip.value)), "")
    return (
        f"{said} “{_short(meant)}” was looked for as text; a field of the body is body.{_short(meant)}."
        if meant
        else said
    )


def _unread(count: int) -> str:
    if count == 1:
        return "1 body was too large to look into: what it holds may not be found."
    return (
        f"{formats.number(count)} bodies were too large to look into: what they hold may not be found." if count else ""
    )


def _more(count: int) -> str:
    return f"{formats.plural(count, 'more shape')}" if count > 0 else ""


def _cell(document: Document, path: finding.Path) -> str:
    found = finding.cell(document, path)
    return "none" if found is None else _short(found)


def _short(text: str) -> str:
    """Foreign text in one line of what can be seen."""
    shown = show(text, _SHOWN, _SHOWN)
    return "".join(piece.text for piece in shown.segments) + ("…" if shown.rest else "")


def _segments(text: str) -> tuple[Segment, ...]:
    return show(text, _SHOWN, _SHOWN).segments
