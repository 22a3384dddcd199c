"""Mark in a text what a filter was about and what the stuck messages share. Pieces of text only, no markup."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from queues_app import finding
from queues_app.bodies import Line, Segment
from queues_app.rows.message import Opened

# More marks than this in one text help nobody.
_MOST: Final = 200


class Marker:
    """Cuts segments where a word stands, in any case. `shared` words are underlined, `found` ones are marked."""

    def __init__(self, found: Sequence[str] = (), shared: Sequence[str] = ()) -> None:
        self._pattern = _pattern(found, shared)

    def __bool__(self) -> bool:
        return self._pattern is not None

    def cut(self, segments: Iterable[Segment]) -> tuple[Segment, ...]:
        """The same text in smaller pieces."""
        return tuple(piece for segment in segments for piece in self._pieces(segment))

    def lines(self, lines: Iterable[Line]) -> Iterator[Line]:
        for line in lines:
            yield line._replace(value=self.cut(line.value)) if line.event == "leaf" else line

    def opened(self, opened: Opened) -> Opened:
        """An opened message with the words marked in its body."""
        if not self:
            return opened
        body = opened.body
        return replace(
            opened,
            body=replace(
                body,
                lines=None if body.lines is None else self.lines(body.lines),
                shown=None if body.shown is None else body.shown._replace(segments=self.cut(body.shown.segments)),
            ),
        )

    def _pieces(self, segment: Segment) -> Iterator[Segment]:
        if self._pattern is None or segment.kind != "text":
            yield segment
            return
        at, text = 0, segment.text
        for count, match in enumerate(self._pattern.finditer(text)):
            if count == _MOST:
                break
            if match.start() > at:
                yield Segment("text", text[at : match.start()])
            yield Segment("shared" if match.lastgroup == "shared" else "found", match[0])
            at = match.end()
        if at < len(text):
            yield Segment("text", text[at:])


def marker_of(text: str) -> Marker:
    """What a filter marks; nothing for one that cannot be read, which its own page says."""
    try:
        return Marker(finding.highlights(finding.parse(text)).words)
    except finding.QueryError:
        return Marker()


def _pattern(found: Sequence[str], shared: Sequence[str]) -> re.Pattern[str] | None:
    """Words only, longest first; nothing of them acts in the expression."""
    groups = [
        f"(?P<{name}>{'|'.join(map(re.escape, sorted(set(words), key=len, reverse=True)))})"
        for name, words in (("found", found), ("shared", shared))
        if words
    ]
    return re.compile("|".join(groups), re.IGNORECASE) if groups else None
