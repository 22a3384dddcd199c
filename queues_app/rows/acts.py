"""What was done at a queue, as its charts mark it and the list beside them tells it. Primitives only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.models import Action, AuditEntry, Outcome
from queues_app.operations.acts import MOST_ACTS, Acts
from queues_app.rows import audit
from queues_app.rows.charts import Axis

# Percent of the axis that a flag takes on a narrow screen.
_FLAG: Final = 5.0
_REMOVES: Final = (Action.ACK, Action.DELETE, Action.EMPTY, Action.CONSUMER_REMOVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that was done here: its place on the axis in percent, and in words.

    Without `url` its receipt is not the reader's to open.
    """

    x: float
    when: str
    what: str
    who: str
    remark: str
    icon: str
    tone: str
    kind: str  # "loss" or "price", as the line is drawn
    receipt: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """What names the lines of acts at a place, in percent. Without `icon` they are of several kinds."""

    x: float
    icon: str
    count: int


def acts_of(acts: Acts, axis: Axis, *, now: datetime) -> tuple[Act, ...]:
    """Newest first."""
    return tuple(_act(entry, axis, now, has_page=entry.pk not in acts.open_to_all) for entry in acts.entries)


def flags_of(acts: Sequence[Act]) -> tuple[Flag, ...]:
    """What stands on top of the lines. Those that would cover each other have one flag: their icon, or how many."""
    groups: list[list[Act]] = []
    for act in sorted(acts, key=lambda one: one.x):
        if groups and act.x - groups[-1][0].x < _FLAG:
            groups[-1].append(act)
        else:
            groups.append([act])
    return tuple(
        Flag(x=group[0].x, icon=group[0].icon if len({one.icon for one in group}) == 1 else "", count=len(group))
        for group in groups
    )


def more_acts(acts: Acts) -> str:
    """What is said where there are more acts than are shown."""
    return f"These are the newest {MOST_ACTS} or fewer; the audit log has all." if acts.is_more else ""


def _act(entry: AuditEntry, axis: Axis, now: datetime, *, has_page: bool) -> Act:
    icon, tone = audit.look_of(entry.action)
    count = "" if entry.message_count is None else formats.plural(entry.message_count, "message")
    outcome = "" if entry.word == Outcome.OK else entry.word
    return Act(
        x=round(axis.span.share(entry.at) * 100, 2),
        when=formats.moment(entry.at, axis.zone, now=now),
        what=entry.get_action_display(),
        who=entry.user_name,
        remark=", ".join(part for part in (count, outcome) if part),
        icon=icon,
        tone=tone,
        kind="loss" if entry.action in _REMOVES else "price",
        receipt=entry.receipt,
        url=reverse("audit_entry", args=[entry.pk]) if has_page else "",
    )
