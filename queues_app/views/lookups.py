"""Ownership is the look-up: these return what is yours, or 404. Somebody else's object does not exist for you."""

import uuid
from typing import Final

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from queues_app.callers import caller_of, person
from queues_app.cloudflare import Message
from queues_app.models import Account, Batch, Credential, Sending
from queues_app.operations import batches, kept, sendings
from queues_app.parts import wants_part

NOT_KEPT: Final = "This batch is no longer kept. Look again: a peek costs nothing."
NOT_REACHED: Final = (
    "No credential that you may use reaches an account by this address. What colleagues shared, they may withdraw."
)
# An id of an entry is a number of 64 bits at most; beyond, no database need be asked.
_MOST_DIGITS: Final = 18


class ByOwnWayError(Exception):
    """The address is another person's way to an account that this one reaches too: `url` is the same place by theirs.

    The middleware sends the browser there, so that a link can be handed on.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(url)


def number_in(request: HttpRequest, name: str) -> int | None:
    """A whole number that the address names, as an entry's or a time's; None for anything else."""
    asked = request.GET.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _MOST_DIGITS else None


def own_account(request: HttpRequest, pk: int) -> Account:
    """The account. Noted on the request, so that the header strip names it, and as the one visited last.

    Raises ByOwnWayError for a page that is to be read by another row of the same account.
    """
    account = Account.objects.of(person(request)).filter(pk=pk).first()
    if account is None:
        raise _by_own_way(request, pk) or Http404(NOT_REACHED)
    request.account = account  # type: ignore[attr-defined]
    # A part of a page is no visit: two tabs that refresh themselves would write the session in turns, all day.
    if request.session.get("account") != pk and "HX-Request" not in request.headers:
        request.session["account"] = pk
    return account


def _by_own_way(request: HttpRequest, pk: int) -> ByOwnWayError | None:
    """The same place by the person's first way to that account. None where they have none, as where there is no row.

    Only for a whole page: a form acts by what it was made for, and a part belongs to the page around it.
    """
    match = request.resolver_match
    if match is None or match.kwargs.get("account") != pk or request.method not in ("GET", "HEAD"):
        return None
    if wants_part(request):
        return None
    named = Account.objects.filter(pk=pk).values("account_id")
    own = Account.objects.of(person(request)).filter(account_id__in=named).first()
    if own is None:
        return None
    url = reverse(match.view_name, args=match.args, kwargs={**match.kwargs, "account": own.pk})
    asked = request.META.get("QUERY_STRING", "")
    return ByOwnWayError(f"{url}?{asked}" if asked else url)


def own_credential(request: HttpRequest, pk: int) -> Credential:
    return get_object_or_404(Credential, pk=pk, owner=request.user)


def visible_batch(request: HttpRequest, account: Account, queue_id: str, pk: uuid.UUID) -> Batch:
    """A kept batch of this queue to read: an own one, or with the permission a colleague's.

    `kept.messages` puts each reading of a colleague's on the record.
    """
    try:
        return kept.find(caller=caller_of(request), account=account, queue_id=queue_id, batch_id=pk)
    except Batch.DoesNotExist as error:
        raise Http404(NOT_KEPT) from error


def own_batch(request: HttpRequest, account: Account, queue_id: str, pk: uuid.UUID) -> Batch:
    """A kept batch of the person's own; 404 with a sentence when its time is over."""
    try:
        batch = batches.open_batch(owner=person(request), account=account, queue_id=queue_id, batch_id=pk)
    except Batch.DoesNotExist as error:
        raise Http404(NOT_KEPT) from error
    # The same account, known already with its credential: no page need ask for it again.
    batch.account = account
    return batch


def require_place(batch: Batch, position: int) -> None:
    """404 with a sentence for a place that a batch does not have."""
    if position >= batch.message_count:
        raise Http404(f"This batch has {batch.message_count} messages; there is none at this place.")


def message_at(request: HttpRequest, batch: Batch, position: int) -> Message:
    """One message of a batch that the person may see; a colleague's is on the record with its place."""
    require_place(batch, position)
    return kept.messages(caller=caller_of(request), batch=batch, position=position)[position]


def own_sending(request: HttpRequest, account: Account, queue_id: str, pk: uuid.UUID) -> Sending:
    """A kept sending to this queue; 404 with a sentence when its time is over."""
    try:
        found = sendings.open_sending(owner=person(request), account=account, queue_id=queue_id, sending_id=pk)
    except Sending.DoesNotExist as error:
        raise Http404("This sending is no longer kept. The audit log says what was sent.") from error
    found.account = account
    return found
