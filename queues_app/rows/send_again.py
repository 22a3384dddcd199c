"""The form that sends kept messages once more, in primitives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict
from django.urls import reverse

from queues_app import formats
from queues_app.bodies import Segment
from queues_app.models import Batch
from queues_app.operations.drafts import Flaw
from queues_app.operations.send_again import Copy
from queues_app.rows.queue_words import beginning, plain

MOST_SIGNS: Final = 160
LOST: Final = (
    "Each gets a new id and the time of sending as its own.",
    "Attempts start at 0 again.",
    "Order is not kept.",
    "What is still in its queue stays there: this makes a copy.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    value: str
    name: str
    account: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRow:
    """A kept message as it would go. `preview` is empty where it cannot."""

    position: int
    number: str
    short_id: str
    content_type: str
    preview: tuple[Segment, ...]
    can_go: bool
    lost: str
    flaw: Flaw | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainPage:
    """`body` is what can be edited, for a single message; None for several, or where nothing was readable."""

    url: str
    batch_url: str
    title: str
    lost: tuple[str, ...]
    copies: tuple[CopyRow, ...]
    targets: tuple[Target, ...]
    is_one: bool
    body: str
    content_type: str
    edited: bool
    delay: str
    problems: tuple[str, ...]
    leave_out: str
    # Why there is no preview yet, where the box must be ticked for one.
    must_choose: str


def again_page(
    batch: Batch,
    copies: Sequence[Copy],
    *,
    targets: Sequence[tuple[str, str, str]],
    data: QueryDict,
    flaws: Sequence[Flaw],
    problems: Sequence[str],
    back: str,
) -> AgainPage:
    """The form for the chosen messages, with what was typed and what is wrong."""
    place = (batch.account_id, batch.queue_id, batch.pk)
    by_line = {flaw.line: flaw for flaw in flaws}
    one = copies[0] if len(copies) == 1 else None
    typed = data.get("body")
    body = typed if typed is not None else (one.body or "") if one else ""
    edited = one is not None and typed is not None and not one.is_same(typed.replace("\r\n", "\n"))
    cannot = max(len(flaws), sum(copy.body is None for copy in copies))
    return AgainPage(
        url=reverse("send_again", args=place),
        batch_url=back,
        title=f"Send {formats.plural(len(copies), 'message')} again",
        lost=LOST,
        copies=tuple(
            CopyRow(
                position=copy.position,
                number=formats.number(copy.position + 1),
                short_id=formats.short_id(copy.message_id),
                content_type="JSON" if copy.content_type == "json" else "text",
                preview=beginning((copy.body or "")[: MOST_SIGNS * 2], MOST_SIGNS, 40),
                can_go=copy.body is not None,
                lost=copy.lost,
                flaw=by_line.get(copy.position + 1),
            )
            for copy in copies
        ),
        targets=tuple(
            Target(value=value, name=plain(name), account=account, chosen=value == data.get("target"))
            for value, name, account in targets
        ),
        is_one=one is not None,
        body=body,
        content_type=data.get("content_type") or (one.content_type if one else "text"),
        edited=edited,
        delay=data.get("delay", ""),
        problems=tuple(problems),
        must_choose=_must_choose(len(flaws), len(copies)) if one is None else "",
        leave_out=f"Leave out the {cannot:,} that cannot be sent" if one is None and 0 < cannot < len(copies) else "",
    )


def _must_choose(flaws: int, copies: int) -> str:
    if not flaws:
        return ""
    if flaws == copies:
        return "Nothing was prepared: none of these can be sent."
    return f"Nothing was prepared: {flaws:,} of these cannot be sent. Tick the box to go on without."
