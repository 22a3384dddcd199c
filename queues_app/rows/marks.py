"""Remarks on a body as badges of the page."""

from collections.abc import Iterable
from typing import NamedTuple

from queues_app.bodies import Badge

_KINDS = {"markup": "inert", "undecoded": "undecoded", "control": "warn", "recognised": "plain"}


class Mark(NamedTuple):
    """A badge: `kind` chooses its look, `text` is what it says."""

    kind: str
    text: str


def marks_of(badges: Iterable[Badge]) -> tuple[Mark, ...]:
    """How `queues_app.bodies` remarks on a body, in the look's own kinds."""
    return tuple(Mark(_KINDS[badge.kind], badge.text) for badge in badges)
