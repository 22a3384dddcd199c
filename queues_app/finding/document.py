"""One message as a filter sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from queues_app.finding.values import Missing, Plain


@dataclass(frozen=True, kw_only=True, eq=False)
class Document:
    """The facts of a message. None is unknown, and an unknown fact fits no comparison, negated or not.

    `read` gives the decoded text and the value of the body; it is called once, and only when one of them is asked for.
    """

    id: str
    attempts: int | None
    age_s: int | None
    sent_ms: int | None
    size: int
    content_type: str | None
    metadata: Mapping[str, str]
    read: Callable[[], tuple[str, Plain | Missing]] = field(repr=False)
    # The number of its shape in the batch, from 1, the most frequent; None where nobody has looked.
    shape: int | None = None

    @cached_property
    def _body(self) -> tuple[str, Plain | Missing]:
        return self.read()

    @property
    def text(self) -> str:
        return self._body[0]

    @property
    def value(self) -> Plain | Missing:
        """The value of the body, or MISSING where it is no structure."""
        return self._body[1]

    @cached_property
    def folded(self) -> str:
        """The text for comparing without regard to case."""
        return self.text.casefold()
