"""What a queue is called, for the rules that go by names.

A queue can be renamed at Cloudflare. So what was kept of it has the name of that moment, and what is done with it falls
under the rules of both: of that name, and of the one that the queue has now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from django.utils import timezone

from queues_app import remembered, upstream
from queues_app.access import Place
from queues_app.audit import Subject
from queues_app.cloudflare import CloudflareError
from queues_app.models import Account, Batch
from queues_app.operations import known_queues
from queues_app.operations.known_queues import KnownQueue
from queues_app.upstream import UpstreamBusyError
from queues_app.vault import VaultError

# How old a name may be by which something is changed at Cloudflare, and one by which something is only read.
CHANGING_S: Final = 5
READING_S: Final = 30
# So long a page that only reads waits for the name, and so long it does not ask again after it waited in vain.
BUDGET_S: Final = 2.0
NOT_HAD_S: Final = 30


def subject(account: Account, queue_id: str, *, kept_as: Iterable[str] = ()) -> Subject:
    """A queue by the name that was read last, and by those under which something of it was kept."""
    others = tuple(dict.fromkeys(kept_as))
    known = _known(account, queue_id)
    return Subject(
        credential=account.credential,
        account=account,
        queue_id=queue_id,
        queue_name=known.queue.name if known else next(iter(others), ""),
        other_names=others,
    )


def present(subject: Subject, *, changes: bool = False) -> Subject:
    """The same by the name that the queue has now; by the one that was read last, where that cannot be had.

    `changes`: something is about to be changed, which takes a newer name and waits for it as for the act itself.
    Without a credential nobody's is used, unless no name is known at all.
    """
    account = subject.account
    if account is None:
        return subject
    known = _known(account, subject.queue_id)
    if known is not None:
        subject = replace(subject, queue_name=known.queue.name)
        if _age_s(known) < (CHANGING_S if changes else READING_S):
            return subject
    if subject.names and (subject.credential is None or remembered.get(_not_had(subject), bool)):
        return subject
    name = _asked(account, subject.queue_id, waits=changes)
    if not name:
        remembered.put(_not_had(subject), True, NOT_HAD_S)
    return replace(subject, queue_name=name or subject.queue_name)


def place(subject: Subject) -> Place:
    """Where that is, for the rules: with its credential, or with nobody's."""
    if subject.account is None:
        here = Place()
    else:
        here = Place.of(subject.account) if subject.credential else Place(subject.account.account_id)
    if not subject.queue_id:
        return here
    newest, *others = subject.names or ("",)
    return replace(here, queue_name=newest, other_names=tuple(others))


def places(account: Account, kept_as: Mapping[str, str]) -> dict[str, Place]:
    """Several queues, each by its id and the name it is kept under: where they are, by what is remembered."""
    newest = known_queues.remembered_names(account=account, queue_ids=kept_as)
    here = Place.of(account)
    return {
        queue_id: replace(here, queue_name=newest.get(queue_id, name), other_names=(name,))
        for queue_id, name in kept_as.items()
    }


def where(batch: Batch) -> Place:
    """The queue that something kept came from, by what is known of it already: for a page that says what is closed."""
    return place(subject(batch.account, batch.queue_id, kept_as=(batch.queue_name,)))


def _known(account: Account, queue_id: str) -> KnownQueue | None:
    """The list is looked into only where it may be newer: it is long."""
    known = known_queues.last_read(account=account, queue_id=queue_id)
    if known is not None and _age_s(known) < CHANGING_S:
        return known
    return known_queues.remembered_queue(account=account, queue_id=queue_id)


def _age_s(known: KnownQueue) -> float:
    return (timezone.now() - known.read_at).total_seconds()


def _asked(account: Account, queue_id: str, *, waits: bool) -> str:
    """The name as Cloudflare has it now; empty where it cannot be had, or not in time."""
    try:
        auth = upstream.auth_of(account.credential)
        if waits:
            return known_queues.ask_queue(auth, account, queue_id).queue.name
        asked = upstream.aside(known_queues.ask_queue, auth, account, queue_id)
        return asked.result(timeout=BUDGET_S).queue.name
    except (CloudflareError, UpstreamBusyError, VaultError, TimeoutError):
        return ""


def _not_had(subject: Subject) -> str:
    row = subject.account.pk if subject.account else 0
    return f"name-not-had:{row}:{subject.queue_id}"
