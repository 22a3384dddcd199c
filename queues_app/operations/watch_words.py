"""What a watch waits for and what it found, in words: the same on its page, in mails and in the record."""

from typing import Final

from queues_app import bodies, finding, formats
from queues_app.models import Watch, WatchKind

# Why it is resolved, where nothing else ended it; and where its owner did, though it may still be so.
NO_LONGER: Final = "It is no longer so."
CHANGED: Final = "The watch was changed while it was firing. Whether it is still so is not known."
REMOVED: Final = "The watch was removed while it was firing. Whether it is still so is not known."
# Of a foreign text within a sentence: Cloudflare's names have at most 63 characters, a filter has more.
_MOST_CHARACTERS: Final = 100
_MOST_OF_A_CONDITION: Final = finding.MOST_CHARACTERS + _MOST_CHARACTERS
_MOST_SEGMENTS: Final = 60


def line(text: str, most_characters: int = _MOST_CHARACTERS) -> str:
    """A foreign text within a sentence: on one line, cut, and with what no eye can see by its name."""
    found = bodies.show(bodies.fold(text), most_characters, _MOST_SEGMENTS)
    named = "".join(one.text if one.kind == "text" else f"[{one.text}]" for one in found.segments)
    return f"{named}…" if found.rest else named


def condition_line(text: str) -> str:
    """What a watch waits for, which may hold a filter, within a sentence."""
    return line(text, _MOST_OF_A_CONDITION)


def condition(watch: Watch) -> str:
    """`more than 1,000 messages wait, for 5 min`."""
    span = formats.duration(watch.minutes * formats.MINUTE_S)
    match watch.kind:
        case WatchKind.BACKLOG:
            words = f"more than {formats.plural(watch.threshold, 'message')} {formats.verb(watch.threshold, 'wait')}"
        case WatchKind.OLDEST_AGE:
            words = f"the oldest message is older than {formats.duration(watch.threshold)}"
        case WatchKind.GROWTH:
            return f"it grows by more than {formats.plural(watch.threshold, 'message')} within {span}"
        case _:
            return f"a message matches {watch.query}"
    return f"{words}, for {span}" if watch.minutes else words


def beyond(watch: Watch) -> str:
    """`more than 1,000 wait`: what is so while it fires, in few words."""
    match watch.kind:
        case WatchKind.BACKLOG:
            return f"more than {formats.number(watch.threshold)} {formats.verb(watch.threshold, 'wait')}"
        case WatchKind.OLDEST_AGE:
            return f"the oldest is older than {formats.duration(watch.threshold)}"
        case WatchKind.GROWTH:
            span = formats.duration(watch.minutes * formats.MINUTE_S)
            return f"grew by more than {formats.number(watch.threshold)} within {span}"
        case _:
            return "a message matches its filter"


def found(watch: Watch, value: int | None) -> str:
    """`4,312 messages wait`. Which messages these are is told beside it, where there is room."""
    if value is None:
        return formats.UNKNOWN
    match watch.kind:
        case WatchKind.BACKLOG:
            return f"{formats.plural(value, 'message')} {formats.verb(value, 'wait')}"
        case WatchKind.OLDEST_AGE:
            return f"the oldest message is {formats.age(value)} old" if value else "no message waits"
        case WatchKind.GROWTH:
            span = formats.duration(watch.minutes * formats.MINUTE_S)
            return f"grew by {formats.plural(value, 'message')} within {span}"
        case _:
            return f"{formats.plural(value, 'message')} {formats.verb(value, 'match')}"
