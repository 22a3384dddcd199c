"""Small marks that templates draw: icons, badges, attempt pips, lease rings, meters.

Everything is SVG or a span with classes and attributes; the content policy forbids style attributes.
What repeats in every row is remembered, because the template is most of a page's cost.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

# More segments than this are no longer counted by eye; then one bar stands for all.
MAX_SEGMENTS = 12

_BADGE_ICONS = {
    "ok": "check",
    "refused": "nobody",
    "failed": "stuck",
    "unknown": "unknown",
    "undecoded": "unknown",
    "warn": "stuck",
    "inert": "shield",
    "deleted": "bin",
}


class Segment(Protocol):
    """A piece of a hostile text, as `queues_app.bodies` cuts it."""

    @property
    def kind(self) -> str:
        """`text`, `control` for a character that must not act, or `found` and `shared` for what is marked."""

    @property
    def text(self) -> str:
        """The text itself, or the name of the control character: `U+202E`, `NUL`."""


class Moment(Protocol):
    """When something was, as `queues_app.rows.watch_lines` writes it."""

    @property
    def at(self) -> str:
        """The time of day, or with the date."""

    @property
    def ago(self) -> str:
        """`2 min ago`"""

    @property
    def ms(self) -> int:
        """Milliseconds since 1970, by which a script counts on."""


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, label: str = "", cls: str = "") -> SafeString:
    """A symbol of `static/icons.svg`. Without a label it is decoration: a word must stand beside it."""
    href = f"{static('icons.svg')}#{name}"
    classes = f"icon {cls}".rstrip()
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, href)


@register.filter
def as_json(value: object) -> str:
    """For an attribute that a script reads; escaped there as any other text."""
    return json.dumps(value)


@register.simple_tag
def moment(when: Moment) -> SafeString:
    """`19:00:04, 2 min ago`, which a script counts on."""
    return format_html('{}, <span data-at="{}" data-after=" ago">{}</span>', when.at, when.ms, when.ago)


@register.simple_tag
def next_theme(theme: str) -> str:
    """What the theme button leads to: auto, light, dark, and round again."""
    return {"auto": "light", "light": "dark"}.get(theme, "auto")


@register.simple_tag
@lru_cache(maxsize=16)
def env_badge(environment: str) -> SafeString:
    """The environment of an account: diamond, word and colour. Nothing for an account without one."""
    if not environment:
        return SafeString("")
    return format_html('<span class="env" data-environment="{}">{}{}</span>', environment, icon("place"), environment)


@register.simple_tag
@lru_cache(maxsize=256)
def badge(kind: str, text: str = "", symbol: str = "") -> SafeString:
    """A badge: ok, refused, failed, unknown, undecoded, warn, inert or plain. Icon and word, never colour."""
    name = symbol or _BADGE_ICONS.get(kind, "")
    drawing = icon(name) if name else ""
    return format_html('<span class="badge {}">{}<span>{}</span></span>', kind, drawing, text or kind)


@register.simple_tag
@lru_cache(maxsize=512)
def pips(used: int | None, limit: int | None, wide: bool = False) -> SafeString:
    """Attempts as segments: used ones filled, the others outlined; the last one left is amber and dashed.

    Only the drawing: figures and the word "last" stand beside it. Nothing where a number is unknown.
    """
    if used is None or limit is None or limit < 1:
        return SafeString("")
    used = max(0, min(used, limit))
    width, height, gap = (30, 10, 4) if wide else (7, 12, 2)
    mood = {0: " spent", 1: " last"}.get(limit - used, "")
    if limit > MAX_SEGMENTS:
        total = (width + gap) * 5 - gap
        cut = round(total * used / limit)
        ticks = "".join(f"M{total * quarter // 4}.5 {height - 4}v3" for quarter in (1, 2, 3))
        paths = (_block(0, cut, height), _block(cut, total - cut, height) + ticks)
    else:
        total = (width + gap) * limit - gap
        starts = [n * (width + gap) for n in range(limit)]
        paths = (
            "".join(_block(x, width, height) for x in starts[:used]),
            "".join(_block(x, width, height) for x in starts[used:]),
        )
    return format_html(
        '<svg class="pips{}" width="{}" height="{}" aria-hidden="true" stroke-linejoin="round">'
        '<path class="used" d="{}"/><path class="left" d="{}"/></svg>',
        mood,
        total,
        height,
        *paths,
    )


def _block(x: int, width: int, height: int) -> str:
    """One rectangle as a path, half a pixel in, so that its 1 px stroke stays inside."""
    if width < 1:
        return ""
    return f"M{x}.5.5h{width - 1}v{height - 1}h-{width - 1}z"


@register.simple_tag
@lru_cache(maxsize=512)
def ring(left: float, total: float, mine: bool = True) -> SafeString:
    """A ring that drains clockwise with a lease: `left` of `total` seconds. Its figures stand beside it."""
    share = round(100 * max(0.0, min(left / total, 1.0))) if total > 0 else 0
    return format_html(
        '<svg class="ring{}" viewBox="0 0 16 16" aria-hidden="true">'
        '<circle class="track" cx="8" cy="8" r="6"/>'
        '<circle class="arc" cx="8" cy="8" r="6" pathLength="100" stroke-dasharray="{} 100"/></svg>',
        " mine" if mine else "",
        share,
    )


@register.simple_tag
@lru_cache(maxsize=512)
def meter(share: float | None, tone: str = "") -> SafeString:
    """A bar filled to the true share (0 to 1). Tones: price, loss, sample. Empty where it is unknown."""
    percent = 0.0 if share is None else round(100 * max(0.0, min(share, 1.0)), 1)
    return format_html(
        '<svg class="meter {}" aria-hidden="true"><rect class="track" width="100%" height="100%"/>'
        '<rect class="part" width="{}%" height="100%" rx="2"/></svg>',
        tone,
        percent,
    )


@register.simple_tag
def segments(pieces: Iterable[Segment]) -> SafeString:
    """A hostile text: escaped, its control characters as small boxed names that cannot act."""
    return format_html_join("", "{}", ((_segment(piece),) for piece in pieces))


def _segment(piece: Segment) -> str:
    if piece.kind == "control":
        return format_html('<span class="ctl">{}</span>', piece.text)
    if piece.kind in ("found", "shared"):
        return format_html('<mark class="{}">{}</mark>', piece.kind, piece.text)
    return piece.text
