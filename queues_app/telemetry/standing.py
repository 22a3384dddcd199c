"""How things stand in the database, in numbers: what `operations/standing.py` reads, and `/metrics` tells."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """A destination of the audit: entries that wait for it, lines it was told, batches that did not arrive."""

    destination: str
    waiting: int
    told: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All of it. `watches` are by state, `notices` by way and outcome."""

    leases_held: int
    unknown_outcomes: int
    forwarded: tuple[Forwarded, ...]
    watches: Mapping[str, int]
    notices: Mapping[tuple[str, str], int]
    samples_kept: int
