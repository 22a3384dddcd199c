"""Attempts against the limit: the figures, the word, and what comes next."""

from dataclasses import dataclass
from typing import Final

# Wide segments stand beside each other up to here; more of them would not fit their column.
MOST_WIDE: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """`used` and `limit` draw the pips, and are None where unknown; the rest stands beside them."""

    used: int | None
    limit: int | None
    figures: str
    # The same with more room.
    said: str
    wide: bool
    word: str
    next_icon: str
    next_text: str
    # A name that stands out at the end of `next_text`.
    next_name: str


def attempts_of(used: int | None, limit: int | None, dead_letter_queue: str) -> Attempts:
    """The gauge of one message. A limit of None is unknown; an empty dead-letter queue means deletion.

    Cloudflare's pages disagree whether the limit counts the first delivery. So the warning comes at the earlier end,
    and until the later end is passed it says what may happen, not what will.
    """
    if used is None:
        figures = "unknown"
    elif limit is None:
        figures = f"{used}, limit unknown"
    else:
        figures = f"{used} / {limit}"
    if limit is None or used is None:
        return _gauge(used, limit, figures, "", "unknown", "What comes at the limit is unknown.", "")
    left = limit - used
    if left > 1:
        return _gauge(used, limit, figures, "", "", f"{left} more before the limit.", "")
    word = "last" if left == 1 else "spent"
    moves, deletes = ("may move", "may delete") if left >= 0 else ("moves", "deletes")
    if dead_letter_queue:
        return _gauge(used, limit, figures, word, "tray", f"The next failure {moves} it to", dead_letter_queue)
    return _gauge(used, limit, figures, word, "bin", f"The next failure {deletes} it: no dead-letter queue", "")


def _gauge(used: int | None, limit: int | None, figures: str, word: str, icon: str, text: str, name: str) -> Attempts:
    return Attempts(
        used=used,
        limit=limit,
        figures=figures,
        said=figures if used is None or limit is None else f"{used} of {limit} used",
        wide=limit is not None and limit <= MOST_WIDE,
        word=word,
        next_icon=icon,
        next_text=text,
        next_name=name,
    )
