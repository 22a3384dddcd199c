"""A checkpoint: one line that says how far the chain reached, signed, to be kept off this server."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from queues_app import chain
from queues_app.expected import ExpectedError
from queues_app.models import AuditHead

_LINE: Final = re.compile(
    r"queuescope-audit (?P<made_at>\S{20}) (?P<position>\d{1,18}) (?P<link>[\w.-]{1,64}) (?P<signature>[\w.-]{1,64})"
)


class NoCheckpointError(ExpectedError):
    """The text holds no checkpoint."""

    sentence = "There is no checkpoint in this: a line that begins with queuescope-audit."
    reason = "audit-no-checkpoint"


class NothingBoundError(ExpectedError):
    """The chain has no link yet."""

    sentence = "Nothing of the audit is bound yet, so there is nothing to mark."
    reason = "audit-nothing-bound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How many links the chain had at a moment, and the signature of the last one."""

    made_at: str
    position: int
    link_signature: str
    signature: str

    @classmethod
    def of_now(cls, now: datetime) -> Self:
        """Raises NothingBoundError, KeysUnusableError."""
        head = AuditHead.objects.filter(position__gt=0).first()
        if head is None:
            raise NothingBoundError
        made_at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return cls(
            made_at=made_at,
            position=head.position,
            link_signature=head.link_signature,
            signature=chain.sign_checkpoint(head.position, head.link_signature, made_at),
        )

    @classmethod
    def read(cls, text: str) -> Self:
        """The last one in the text, which may be a log that holds many.

        Raises NoCheckpointError.
        """
        matches = list(_LINE.finditer(text))
        if not matches:
            raise NoCheckpointError
        match = matches[-1]
        return cls(
            made_at=match["made_at"],
            position=int(match["position"]),
            link_signature=match["link"],
            signature=match["signature"],
        )

    def is_ours(self) -> bool:
        """Whether this deployment signed it.

        Raises KeysUnusableError, SigningKeyGoneError.
        """
        return chain.is_checkpoint_signed(self.signature, self.position, self.link_signature, self.made_at)

    def __str__(self) -> str:
        return f"queuescope-audit {self.made_at} {self.position} {self.link_signature} {self.signature}"
