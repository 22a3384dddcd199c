"""The menu to decode by hand, and what was chosen in it."""

from dataclasses import dataclass

from django.urls import reverse

from queues_app import bodies
from queues_app.models import Batch
from queues_app.operations.decoding import Decoding


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderChoice:
    """One decoder in the menu."""

    value: str
    name: str
    is_off: bool
    is_forced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """`said` is empty where all goes by itself. `steps` can only be switched off."""

    decoders: tuple[DecoderChoice, ...]
    steps: tuple[DecoderChoice, ...]
    said: str
    is_remembered: bool
    off: tuple[str, ...]
    forced: tuple[str, ...]
    remember_url: str
    itself_url: str
    carried: tuple[tuple[str, str], ...]


def by_hand(
    batch: Batch, position: int, decoding: Decoding, *, is_remembered: bool, carried: tuple[tuple[str, str], ...]
) -> ByHand:
    """What the menu offers, as it stands for this view. `carried`: what of the address goes along."""
    place = [batch.account_id, batch.queue_id, batch.pk, position]
    return ByHand(
        decoders=tuple(
            DecoderChoice(value=value, name=word, is_off=value in decoding.off, is_forced=value in decoding.forced[:1])
            for value, word in bodies.DECODERS.items()
        ),
        steps=(
            DecoderChoice(value=bodies.INNER, name=bodies.INNER, is_off=bodies.INNER in decoding.off, is_forced=False),
        ),
        said=_said(decoding),
        is_remembered=is_remembered,
        off=decoding.off,
        forced=decoding.forced,
        remember_url=reverse("message_decoding", args=place),
        # As `by=hand` with no choice: what is remembered for the queue does not come back by that.
        itself_url=reverse("message", args=place, query={"by": "hand"} | dict(carried)),
        carried=carried,
    )


def _said(decoding: Decoding) -> str:
    """`as CBOR, gzip off`."""
    said = [f"as {bodies.DECODERS.get(name, name)}" for name in decoding.forced]
    said += [f"{bodies.DECODERS.get(name, name)} off" for name in decoding.off]
    return ", ".join(said)
