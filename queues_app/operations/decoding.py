"""How a person wants the bodies of one queue decoded: for one view, or remembered. Nothing is asked of the upstream."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from queues_app import bodies
from queues_app.cloudflare import Message
from queues_app.models import Batch, QueueView, User
from queues_app.operations.masks import over_reading, type_of

# More than one chain has steps.
MOST_FORCED: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """Decoders that are switched off, and those that are to be tried first. Nothing in it: all goes by itself."""

    off: tuple[str, ...] = ()
    forced: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.off or self.forced)


BY_ITSELF: Final = Decoding()


def wanted(*, off: Iterable[str], forced: Iterable[str]) -> Decoding:
    """A decoding of decoders that there are; what else is named is left out."""
    return Decoding(
        off=tuple(dict.fromkeys(name for name in off if name in bodies.DECODERS or name == bodies.INNER)),
        forced=tuple(name for name in forced if name in bodies.DECODERS)[:MOST_FORCED],
    )


def read(message: Message, decoding: Decoding = BY_ITSELF, limits: bodies.Limits | None = None) -> bodies.Reading:
    """The whole reading of a body. What is read by hand is masked as it was read: another way may give another text."""
    reading = bodies.read(
        message.body,
        type_of(message),
        message.body_is_string,
        limits=limits,
        plan=bodies.Plan(off=frozenset(decoding.off), forced=decoding.forced),
    )
    return over_reading(message, reading) if decoding else reading


def remembered(*, user: User, batch: Batch) -> Decoding:
    """What this person chose for the batch's queue."""
    view = QueueView.objects.filter(**_of(user, batch)).only("decoding").first()
    kept: dict[str, Any] = view.decoding if view is not None and isinstance(view.decoding, dict) else {}
    return wanted(off=_names(kept.get("off")), forced=_names(kept.get("forced")))


def remember(*, user: User, batch: Batch, decoding: Decoding) -> None:
    """Decode the bodies of this queue so for this person from now on; an empty decoding forgets."""
    kept = {"off": list(decoding.off), "forced": list(decoding.forced)} if decoding else {}
    QueueView.objects.update_or_create(**_of(user, batch), defaults={"decoding": kept})


def _of(user: User, batch: Batch) -> dict[str, Any]:
    return {"user": user, "account_id": batch.account.account_id, "queue_id": batch.queue_id}


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
