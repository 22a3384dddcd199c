"""What the views of messages answer with: pages, parts of pages for htmx, and ways on."""

from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import reswap, retarget

from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.cloudflare import CloudflareError, Message
from queues_app.expected import ExpectedError
from queues_app.failures import failure_in
from queues_app.forms.messages import PeekForm, PullForm, SettleForm
from queues_app.models import Account, AuditEntry, Batch
from queues_app.operations import batches, kept, queues, receipts
from queues_app.operations.queues import KnownQueue
from queues_app.parts import wants_part
from queues_app.rows import message as message_rows
from queues_app.rows.batch import batch_page
from queues_app.rows.look import look_of
from queues_app.rows.nothing import nothing_in
from queues_app.rows.recent import RecentBatch, recent_batches
from queues_app.rows.settling import Bar, bar_of, question
from queues_app.upstream import UpstreamBusyError
from queues_app.vault import VaultError
from queues_app.views.queue_frame import frame

# An id of an entry is a number of 64 bits at most.
MOST_DIGITS: Final = 18


def batch_url(batch: Batch, *, settled: AuditEntry | None = None) -> str:
    url = reverse("batch", args=[batch.account_id, batch.queue_id, batch.pk])
    return f"{url}?settled={settled.pk}" if settled is not None else url


def first_batch_url(again: AlreadySubmittedError, account: Account, queue_id: str) -> str | None:
    """The batch of the submit that came first; None when it brought none, or none of this queue."""
    entry = again.entry
    if entry.batch_id is None or (entry.account_id, entry.queue_id) != (account.account_id, queue_id):
        return None
    return reverse("batch", args=[account.pk, queue_id, entry.batch_id])


def batch_context(
    request: HttpRequest, account: Account, shown: Batch, messages: tuple[Message, ...]
) -> dict[str, Any]:
    """The batch page. It shows the kept copy also while the upstream is down."""
    user, now = person(request), timezone.now()
    head, known = around(request, account, shown.queue_id, shown)
    nothing = None
    if not messages:
        held = kept.held(caller=caller_of(request), account=account, queue_id=shown.queue_id)
        nothing = nothing_in(shown, known=known, held=held, zone=user.tzinfo, now=now)
    return {
        **head,
        "page": batch_page(shown, messages, user=user, zone=user.tzinfo, now=now),
        "look": look_of(
            user=user, account=account, queue_id=shown.queue_id, queue=known.queue if known else None, shown=shown
        ),
        "recent": recent_of(request, account, shown.queue_id, shown),
        "nothing": nothing,
        "bar": _bar(request, shown),
    }


def known_queue(request: HttpRequest, account: Account, queue_id: str) -> tuple[KnownQueue | None, str]:
    """The queue with its settings; None, and why, while it cannot be read. The kept copy is there all the same."""
    try:
        return queues.read_queue(caller=caller_of(request), account=account, queue_id=queue_id), ""
    except (CloudflareError, UpstreamBusyError, VaultError) as error:
        return None, error.sentence


def around(
    request: HttpRequest, account: Account, queue_id: str, shown: Batch | None = None, *, tab: str = "messages"
) -> tuple[dict[str, Any], KnownQueue | None]:
    """The frame's context, from memory where the queue cannot be read, and the queue as it was just read."""
    known, problem = known_queue(request, account, queue_id)
    return frame(request, account, queue_id, known, shown, problem=problem, tab=tab), known


def recent_of(
    request: HttpRequest, account: Account, queue_id: str, shown: Batch | None = None
) -> tuple[RecentBatch, ...]:
    """This person's kept batches of a queue."""
    user = person(request)
    found = batches.recent(owner=user, account=account, queue_id=queue_id)
    return recent_batches(found, zone=user.tzinfo, now=timezone.now(), shown=shown)


def look_again(
    request: HttpRequest,
    account: Account,
    queue_id: str,
    *,
    peek_form: PeekForm | None = None,
    pull_form: PullForm | None = None,
) -> HttpResponse:
    """The forms once more, with what was typed and what is wrong with it. Nothing was sent."""
    head, known = around(request, account, queue_id)
    look = look_of(
        user=person(request),
        account=account,
        queue_id=queue_id,
        queue=known.queue if known else None,
        peek_form=peek_form,
        pull_form=pull_form,
    )
    if wants_part(request):
        response = render(request, "messages/look.html", {"look": look}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return retarget(reswap(response, "outerHTML"), "#look")
    context = {**head, "look": look, "recent": recent_of(request, account, queue_id)}
    return render(request, "messages/look_again.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def could_not_look(
    request: HttpRequest, error: CloudflareError | ExpectedError, act: str, *, renew: bool
) -> HttpResponse:
    """The failure above the rows, which stay. `renew`: the submit is used up, so the form gets a new number."""
    failure = failure_in(request, error)
    context = {"failure": failure, "act": act, "intent": str(uuid4()) if renew else ""}
    return render(request, "messages/could_not_look.html", context, status=failure.status)


def opened(
    request: HttpRequest, account: Account, shown: Batch, message: Message, position: int, view: str
) -> HttpResponse:
    """One message: the part that opens under a row, or a page around it."""
    user = person(request)
    row = message_rows.opened(
        user=user, batch=shown, message=message, position=position, view=view, zone=user.tzinfo, now=timezone.now()
    )
    if wants_part(request):
        return render(request, "messages/opened.html", {"opened": row, "in_row": True})
    head, _ = around(request, account, shown.queue_id, shown)
    context = {**head, "opened": row, "in_row": False}
    return render(request, "messages/message.html", context)


def ask(
    request: HttpRequest, shown: Batch, form: SettleForm, *, delay_error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    """The question before a settling: a dialog for htmx, else a page."""
    positions = form.cleaned_data["position"]
    asked = question(
        shown,
        verb=form.cleaned_data["verb"],
        leases=list(shown.leases.filter(position__in=positions)),
        chosen=len(positions),
        delay=form.data.get("delay", ""),
        delay_error=delay_error,
        now=timezone.now(),
    )
    return _question(request, shown, {"question": asked}, status)


def ask_again(request: HttpRequest, shown: Batch, form: SettleForm) -> HttpResponse:
    """What is wrong, with everything that was typed. Nothing was sent."""
    if set(form.errors) == {"delay"}:
        return ask(
            request,
            shown,
            form,
            delay_error=str(form.errors["delay"][0]),
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    context = {"problems": form.errors_in_words, "batch_url": batch_url(shown)}
    return _question(request, shown, context, HTTPStatus.UNPROCESSABLE_ENTITY)


def _question(request: HttpRequest, shown: Batch, context: dict[str, Any], status: int) -> HttpResponse:
    if wants_part(request):
        return render(request, "messages/settle.html#dialog", context, status=status)
    head, _ = around(request, shown.account, shown.queue_id, shown)
    return render(request, "messages/settle.html", {**head, **context}, status=status)


def _bar(request: HttpRequest, shown: Batch) -> Bar | None:
    """What came of the settling that led here; nothing for an entry that is not this person's."""
    asked = request.GET.get("settled", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= MOST_DIGITS):
        return None
    entry = receipts.of_settling(caller=caller_of(request), batch=shown, entry_id=int(asked))
    return bar_of(entry) if entry is not None else None
