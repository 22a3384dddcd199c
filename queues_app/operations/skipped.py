"""What was chosen and not done, and why: the same words for leases and for deletions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from queues_app.expected import ExpectedError

# A shorter piece of a handle in a foreign text gives nothing away.
_SHORTEST_PIECE: Final = 8
# Characters of a foreign text that are kept.
LONGEST: Final = 300


class UnclearAnswerError(ExpectedError):
    """Cloudflare answered, but not what became of each message: those that no warning names stay unknown."""

    reason = "unclear-answer"

    def __init__(self, told: str, *, perhaps: int, chosen: int, done: str) -> None:
        super().__init__(
            f"Cloudflare answered with errors: {told.rstrip('.')}. {perhaps} of {chosen} may be {done} or not."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A chosen message with which nothing was done, and why: in our words, or in the upstream's."""

    message_id: str
    why: str


def counted(sentence: str, skipped: Sequence[Skipped]) -> str:
    """The sentence, and behind it how many were skipped, with the first reason."""
    if not skipped:
        return sentence
    end = " and other reasons." if len({skip.why for skip in skipped}) > 1 else "."
    return f"{sentence} {len(skipped)} skipped: {skipped[0].why}{end}"


def reason(warning: str, secrets: Collection[str]) -> str:
    """Why the upstream skipped a message, as it can be kept; never empty, for it did skip it."""
    return without(secrets, warning)[:LONGEST] or "no reason was given"


def unnamed(warnings: Mapping[str, str], secrets: Collection[str]) -> str:
    """What the upstream says against no message by name, and so against none of them, or any; empty for nothing."""
    told = warnings.get("")
    return "" if told is None else reason(told, secrets)


def without(secrets: Collection[str], text: str) -> str:
    """A foreign text without the handles that it may repeat, whole or cut off at its end."""
    for secret in secrets:
        text = text.replace(secret, "…")
        if not text.endswith("…"):
            continue
        cut = text.rstrip("…")
        for length in range(min(len(secret), len(cut)), _SHORTEST_PIECE - 1, -1):
            if cut.endswith(secret[:length]):
                text = f"{cut[:-length]}…"
                break
    return text
