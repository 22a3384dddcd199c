"""A JSON tree as markup. Written here rather than in a template: five thousand lines are quicker by a factor of ten.

The well keeps every space, so none stands between the elements. All that comes from a body is escaped by `_text`.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from queues_app.bodies import Brief, Line, Segment

register = template.Library()

_CLASSES = {"string": "s", "number": "d", "literal": "l"}
_FOLDED = {"object": "{…}", "array": "[…]"}
_LONGEST_PATH = 500
_ENDS = {"object": "}", "array": "]"}
_MARKUP = {
    "control": ('<span class="ctl">', "</span>"),
    "found": ('<mark class="found">', "</mark>"),
    "shared": ('<mark class="shared">', "</mark>"),
}


@register.simple_tag
def tree(
    lines: Iterable[Line], masks: Mapping[str, str] | None = None, table_url: str = "", swapped: str = ""
) -> SafeString:
    """The lines of `bodies.Reading.lines()` as nested details; folding needs no script.

    `masks`: the paths of masked fields, each with the address where it can be revealed, empty where it cannot.
    `table_url`: where an array is shown as a table, if its path is put behind. `swapped`: the id of the element that
    the answer takes the place of, where the tree stands under a row.
    """
    tables = _Tables(table_url, swapped)
    return SafeString("".join(tables.after(_line(line, masks or {}), line) for line in lines))


class _Tables:
    """The links to tables: each behind its array, so that it is there while that is folded."""

    def __init__(self, url: str, swapped: str) -> None:
        self.url = url
        self.swapped = swapped
        self.open: list[str] = []

    def after(self, markup: str, line: Line) -> str:
        """The markup of a line, with the link of the array that ends with it."""
        if line.event == "open":
            self.open.append(self._link(line))
        return markup + self.open.pop() if line.event == "close" else markup

    def _link(self, line: Line) -> str:
        if not self.url or not line.is_table or len(line.path) > _LONGEST_PATH:
            return ""
        url = escape(self.url + quote(line.path))
        swap = f' hx-get="{url}" hx-target="#{escape(self.swapped)}" hx-swap="outerHTML"' if self.swapped else ""
        name = f"[{line.place}]" if line.key is None else _text(line.key)
        return f'<div class="leaf as-table"><a href="{url}"{swap}>{name} as a table</a></div>'


def _line(line: Line, masks: Mapping[str, str]) -> str:
    if line.event == "open":
        return (
            f"<details{' open' if line.opened else ''}><summary>{_key(line)}{_type(line)}"
            f'<span class="p">{_text(line.value)}</span> <span class="n">{escape(line.amount)}</span>'
            f'<span class="inside">{_inside(line)}</span></summary><div class="kids">'
        )
    if line.event == "close":
        return f'</div><div class="close p">{_text(line.value)}</div></details>'
    if line.event == "more":
        return f'<div class="leaf n">{escape(line.note)}</div>'
    note = f' <span class="n">{escape(line.note)}</span>' if line.note else ""
    exact = ' <span class="n">exact</span>' if line.exact else ""
    value = _value(line.kind, line.value, cut=bool(line.rest), quoted=not line.type)
    mask = _mask(masks[line.path]) if line.path in masks else ""
    return f'<div class="leaf{" masked" if mask else ""}">{_key(line)}{_type(line)}{value}{exact}{mask}{note}</div>'


def _mask(url: str) -> str:
    return (
        f' <a class="reveal" href="{escape(url)}">reveal, on the record</a>'
        if url
        else ' <span class="n">masked</span>'
    )


def _key(line: Line) -> str:
    if line.key is not None:
        # A key that is shown as it is tells its path to the script by itself.
        plain = len(line.key) == 1 and line.key[0].kind == "text"
        path = "" if plain else f' data-path="{escape(line.path) if len(line.path) <= _LONGEST_PATH else ""}"'
        return f'<b{path}>"{_text(line.key)}"</b>: '
    return "" if line.place is None else f'<span class="i">{line.place}</span> '


def _type(line: Line) -> str:
    """What the format calls a value that JSON has no name for."""
    return f"<i>{escape(line.type)}</i> " if line.type else ""


def _value(kind: str, value: Iterable[Segment], *, cut: bool, wraps: bool = True, quoted: bool = True) -> str:
    text = _text(value) + ("…" if cut else "")
    if kind == "string" and quoted:
        text = f'"{text}"'
    wrap = " wrap" if wraps and kind in ("string", "number") else ""
    return f'<span class="{_CLASSES.get(kind, "p")}{wrap}">{text}</span>'


def _inside(line: Line) -> str:
    """The first values of a folded container, in a few words."""
    parts = [_brief(brief) for brief in line.brief]
    if line.brief_more:
        parts.append(f'<span class="n">{line.brief_more} more</span>')
    return f' {", ".join(parts)} <span class="p">{_ENDS.get(line.kind, "")}</span>'


def _brief(brief: Brief) -> str:
    key = f'"{_text(brief.key)}": ' if brief.key else ""
    return key + (_FOLDED.get(brief.kind) or _value(brief.kind, brief.value, cut=brief.cut, wraps=False))


def _text(pieces: Iterable[Segment]) -> str:
    return "".join(escape(piece.text) if piece.kind == "text" else _marked(piece) for piece in pieces)


def _marked(piece: Segment) -> str:
    start, end = _MARKUP[piece.kind]
    return f"{start}{escape(piece.text)}{end}"
