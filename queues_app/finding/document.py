"""One message as a filter sees it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from queues_app.finding.unfolding import Unfolding
from queues_app.finding.values import Missing, Path, Plain


class Body(NamedTuple):
    """What a filter sees of a body: its decoded text, and its value, MISSING where it is no structure.

    is_whole  false where it was too large to look into: what is not found in it may be there all the same
    inside    where a path may begin as well: the claims of a token
    """

    text: str
    value: Plain | Missing
    is_whole: bool = True
    inside: Path = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Document:
    """The facts of a message. None is unknown, and an unknown fact fits no comparison, negated or not.

    `read` gives the body; it is called once, and only when something of it is asked for.
    """

    id: str
    attempts: int | None
    age_s: int | None
    sent_ms: int | None
    size: int
    content_type: str | None
    metadata: Mapping[str, str]
    read: Callable[[], Body] = field(repr=False)
    # The number of its shape in the batch, from 1, the most frequent; None where nobody has looked.
    shape: int | None = None

    @cached_property
    def _body(self) -> Body:
        return self.read()

    @property
    def text(self) -> str:
        return self._body.text

    @property
    def value(self) -> Plain | Missing:
        """The value of the body, or MISSING where it is no structure."""
        return self._body.value

    @property
    def is_whole(self) -> bool:
        """Whether all of the body was looked into."""
        return self._body.is_whole

    def at(self, path: Path) -> Iterator[Plain]:
        """All values at a path of the body; none where it is no structure."""
        body = self._body
        if isinstance(body.value, Missing):
            return
        found = False
        for value in self._unfolding.values_at(body.value, path):
            found = True
            yield value
        if not found and body.inside:
            yield from self._unfolding.values_at(body.value, (*body.inside, *path))

    @cached_property
    def _unfolding(self) -> Unfolding:
        return Unfolding()

    @cached_property
    def folded(self) -> str:
        """The text for comparing without regard to case."""
        return self.text.casefold()
