"""What is found when the audit's chain is read from one link to the next, in the database or in an archive of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from queues_app import chain, vault
from queues_app.models import AuditEntry, AuditLink

AT_ONCE: Final = 2_000
# After the first link, entries without a signature may still come from a version of before that runs beside this one.
UPGRADE: Final = timedelta(days=1)
_TOLD: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as Queuescope left it. `receipt` is empty where it is about no entry."""

    receipt: str
    sentence: str


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was read and what was found of it; `findings` holds the first ones, `found` counts all."""

    first: int
    last: int
    links: int = 0
    unsigned: int = 0
    pending: int = 0
    pending_since: datetime | None = None
    open: int = 0
    pruned_to: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, sentence: str, entry_id: int | None = None) -> None:
        self.found += 1
        if len(self.findings) < _TOLD:
            self.findings.append(Finding(receipt="" if entry_id is None else f"R-{entry_id}", sentence=sentence))

    def is_changed(self, entry: Mapping[str, Any]) -> bool:
        """Whether a complete entry is not what was signed; said so."""
        if not entry["signature"]:
            return False
        try:
            if chain.is_entry_signed(entry):
                return False
            self.add("the entry was changed after it was completed", entry["id"])
        except vault.SigningKeyGoneError as gone:
            self.add(f"the entry cannot be verified: it was signed with a key {of(gone)}", entry["id"])
        return True


@dataclass(slots=True, kw_only=True)
class Walk:
    """Along the chain: `position` comes next, after the link with the signature `before`."""

    verdict: Verdict
    position: int
    before: str
    # When the very first link was bound.
    began_at: datetime

    def take(self, link: AuditLink, entry: Mapping[str, Any] | None) -> None:
        """Verify the next link, and the columns of its entry; None of one that is gone."""
        if link.position != self.position:
            self.verdict.add(_missing(self.position, link.position - 1), link.entry_id)
        self._verify(link, entry)
        self.before, self.position = link.signature, link.position + 1
        self.verdict.links += 1

    def _verify(self, link: AuditLink, entry: Mapping[str, Any] | None) -> None:
        verdict = self.verdict
        if entry is None:
            verdict.add("the entry was removed", link.entry_id)
            return
        if not link.is_open and verdict.is_changed(entry):
            return
        is_bare = not link.is_open and not entry["signature"]
        verdict.unsigned += is_bare
        try:
            if is_bare and link.bound_at > self.began_at + UPGRADE:
                if not self._binds(link, chain.bound_again(entry)):
                    verdict.add(
                        "the entry has no signature: Queuescope did not write it, or it was taken away", entry["id"]
                    )
            elif not self._binds(link, chain.bound_open(entry) if link.is_open else chain.bound_complete(entry)):
                verdict.add(
                    f"the entry is not what link {link.position} bound: it, the link or their order was changed",
                    link.entry_id,
                )
        except vault.SigningKeyGoneError as gone:
            verdict.add(f"its link cannot be verified: it was signed with a key {of(gone)}", link.entry_id)

    def _binds(self, link: AuditLink, bound: str) -> bool:
        return chain.is_link_signed(
            link.signature, before=self.before, position=link.position, bound_at=link.bound_at, bound=bound
        )


type Bound = tuple[AuditLink, Mapping[str, Any] | None]


def chunks(first: int, last: int, at_once: int = AT_ONCE) -> Iterator[list[Bound]]:
    """The links from `first` to `last` with the columns of their entries, None of one that is gone; some at a time."""
    while links := list(AuditLink.objects.filter(position__gte=first, position__lte=last)[:at_once]):
        entries = {
            entry["id"]: entry for entry in AuditEntry.objects.filter(pk__in=[link.entry_id for link in links]).values()
        }
        yield [(link, entries.get(link.entry_id)) for link in links]
        first = links[-1].position + 1


def of(gone: vault.SigningKeyGoneError) -> str:
    return f"({gone.name}) that this server does not have; put it back into AUDIT_KEYS"


def _missing(first: int, last: int) -> str:
    where = f"link {first} is" if first == last else f"links {first} to {last} are"
    return f"{where} missing from the chain just before this entry's: what they bound was removed"
