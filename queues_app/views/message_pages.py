"""What the views of messages answer with: pages, parts of pages for htmx, and ways on."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import push_url, reswap, retarget

from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.cloudflare import CloudflareError, Message
from queues_app.expected import ExpectedError
from queues_app.failures import failure_in
from queues_app.forms.finding import FindForm
from queues_app.forms.messages import PeekForm, PullForm, SettleForm
from queues_app.forms.words import errors_in_words
from queues_app.models import Account, AuditEntry, Batch, Lease
from queues_app.operations import decoding, finding, kept, leases, look, queues, receipts, searching
from queues_app.operations import forecast as forecasts
from queues_app.operations import settle as settling
from queues_app.operations.forecast import Forecast
from queues_app.operations.known_queues import KnownQueue
from queues_app.operations.look import Since
from queues_app.parts import wants_part
from queues_app.rows import deleting
from queues_app.rows import message as message_rows
from queues_app.rows.batch import batch_page
from queues_app.rows.beside import beside as beside_of
from queues_app.rows.body_views import View
from queues_app.rows.finding import find_bar, found_page, query_of
from queues_app.rows.finding_marks import marker_of
from queues_app.rows.look import look_of
from queues_app.rows.newer import marked, since_line
from queues_app.rows.nothing import nothing_in
from queues_app.rows.recent import RecentBatch, recent_batches
from queues_app.rows.settling import Bar, Way, bar_of, question
from queues_app.upstream import UpstreamBusyError
from queues_app.vault import VaultError
from queues_app.views import finding_kept, questions
from queues_app.views.lookups import message_at, number_in, require_place
from queues_app.views.queue_frame import frame, listed_names


def batch_url(batch: Batch) -> str:
    return reverse("batch", args=[batch.account_id, batch.queue_id, batch.pk])


def asked_in(request: HttpRequest) -> dict[str, Any]:
    """What the forms of a page carry on, so that they lead back to its filter and order."""
    return _carried(finding_kept.asked_of(request))


def _carried(asked: list[tuple[str, str]]) -> dict[str, Any]:
    return {"asked": asked, "asked_query": urlencode(asked)}


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
        nothing = nothing_in(
            shown,
            known=known,
            reading=queues.remembered_readings(account=account, queue_ids=[shown.queue_id]).get(shown.queue_id),
            holders=kept.holders(caller=caller_of(request), account=account, queue_id=shown.queue_id),
            zone=user.tzinfo,
            now=now,
        )
    return {
        **head,
        **found_in(request, shown, messages),
        "look": look_of(
            user=user,
            account=account,
            queue_id=shown.queue_id,
            queue=known.queue if known else None,
            names=listed_names(request, account),
            shown=shown,
            forecast=_forecast_of_shown(request, shown, messages, known),
        ),
        "recent": recent_of(request, account, shown.queue_id, shown),
        "nothing": nothing,
        "bar": settled_bar(request, shown),
        "deleted": _deleted_bar(request, shown),
    }


def found_in(request: HttpRequest, shown: Batch, messages: tuple[Message, ...]) -> dict[str, Any]:
    """The rows of a kept batch that the address asks for, and the filter box."""
    user, now = person(request), timezone.now()
    page = batch_page(shown, messages, user=user, zone=user.tzinfo, now=now)
    columns = finding.columns(user=user, account=shown.account, queue_id=shown.queue_id)
    form = FindForm(request.GET, zone=user.tzinfo, columns=columns)
    since = _since(request, shown, messages, form.since)
    said = {"since": since and since_line(since, shown, zone=user.tzinfo, now=now)}
    if not messages:
        return {"page": page, **said}
    form.is_valid()
    found = searching.find(messages, form.wanted, max_retries=shown.max_retries, now=now)
    if since is not None:
        page = marked(page, since)
    bar = find_bar(shown, found, form, finding.filters(user), user)
    asked = [(name, value) for name, value in (("q", bar.text), ("sort", bar.sort), ("since", bar.since)) if value]
    return {
        "page": found_page(page, found, form),
        **said,
        "find": bar,
        **_carried(asked),
    }


def _since(request: HttpRequest, shown: Batch, messages: tuple[Message, ...], earlier: str) -> Since | None:
    """How it differs from the peek that the address names; None where it names none that is known."""
    if not earlier:
        return None
    ids = [message.id for message in messages]
    return look.since(caller=caller_of(request), shown=shown, ids=ids, earlier=UUID(earlier))


def listing(request: HttpRequest, shown: Batch, messages: tuple[Message, ...]) -> HttpResponse:
    """The table with its filter box, for htmx. For a filter that cannot be read only why not: the rows stay."""
    context = found_in(request, shown, messages)
    if status_of(context) != HTTPStatus.OK:
        response = render(request, "messages/filter.html#wrong", context, status=status_of(context))
        return push_url(retarget(reswap(response, "innerHTML"), "#filter-wrong"), False)
    response = render(request, "messages/batch.html#listing", context)
    # The address of what is shown, with what was typed put into the filter.
    return push_url(response, context["find"].here_url if "find" in context else context["page"].url)


def status_of(context: dict[str, Any]) -> int:
    """422 where the address asks for what cannot be understood."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if "find" in context and context["find"].problem else HTTPStatus.OK


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
    """The kept batches of a queue that this person may open."""
    user = person(request)
    found = kept.recent(caller=caller_of(request), account=account, queue_id=queue_id)
    return recent_batches(found, reader=user, zone=user.tzinfo, now=timezone.now(), shown=shown)


def look_again(
    request: HttpRequest,
    account: Account,
    queue_id: str,
    *,
    peek_form: PeekForm | None = None,
    pull_form: PullForm | None = None,
    forecast: Forecast | None = None,
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HttpResponse:
    """The forms once more, with what was typed and what is wrong with it. Nothing was sent."""
    head, known = around(request, account, queue_id)
    look = look_of(
        user=person(request),
        account=account,
        queue_id=queue_id,
        queue=known.queue if known else None,
        names=listed_names(request, account),
        peek_form=peek_form,
        pull_form=pull_form,
        forecast=forecast,
    )
    if wants_part(request):
        response = render(request, "messages/look.html", {"look": look}, status=status)
        return retarget(reswap(response, "outerHTML"), "#look")
    context = {**head, "look": look, "recent": recent_of(request, account, queue_id)}
    return render(request, "messages/look_again.html", context, status=status)


def price(
    request: HttpRequest, account: Account, queue_id: str, forecast: Forecast | None, *, problem: str, status: int
) -> HttpResponse:
    """What stands beside the Pull button, alone; with why there is no forecast, if there is none."""
    known, _ = known_queue(request, account, queue_id)
    queue = known.queue if known else None
    look = look_of(
        user=person(request),
        account=account,
        queue_id=queue_id,
        queue=queue,
        names=listed_names(request, account),
        forecast=forecast,
    )
    context = {"look": look, "problem": problem, "is_answer": True}
    return render(request, "messages/forecast.html", context, status=status)


def could_not_look(
    request: HttpRequest, error: CloudflareError | ExpectedError, act: str, *, renew: bool
) -> HttpResponse:
    """The failure above the rows, which stay. `renew`: the submit is used up, so the form gets a new number."""
    failure = failure_in(request, error)
    context = {"failure": failure, "act": act, "intent": str(uuid4()) if renew else ""}
    return render(request, "messages/could_not_look.html", context, status=failure.status)


def usual_view(request: HttpRequest, shown: Batch) -> View:
    """How this person looks at the bodies of this queue when an address says nothing else."""
    remembered = decoding.remembered(user=person(request), batch=shown)
    return View(decoding=remembered, is_remembered=bool(remembered))


def opened(
    request: HttpRequest,
    shown: Batch,
    message: Message,
    position: int,
    view: View,
    *,
    extended: Bar | None = None,
) -> HttpResponse:
    """The part of a message that opens under its row. `extended`: its lease just was."""
    row = _opened_row(request, shown, message, position, view)
    context = {**asked_in(request), "opened": row, "in_row": True, "extended": extended}
    return render(request, "messages/opened.html", context)


def message_page(request: HttpRequest, account: Account, shown: Batch, position: int, view: View) -> HttpResponse:
    """A message on a page of its own, between those beside it in the filter and the order of the address."""
    require_place(shown, position)
    form = FindForm(request.GET, zone=person(request).tzinfo, columns=())
    form.is_valid()
    positions: Sequence[int] = range(shown.message_count)
    is_found = bool(view.filter or view.sort)
    if is_found:
        messages = kept.messages(caller=caller_of(request), batch=shown)
        message = messages[position]
        positions = searching.find(messages, form.wanted, max_retries=shown.max_retries, now=timezone.now()).positions
    else:
        message = message_at(request, shown, position)
    beside = beside_of(shown, position, positions, query_of(form), is_found=is_found)
    row = _opened_row(request, shown, message, position, view)
    head, _ = around(request, account, shown.queue_id, shown)
    context = {**head, **asked_in(request), "opened": row, "beside": beside, "in_row": False}
    return render(request, "messages/message.html", context)


def _opened_row(request: HttpRequest, shown: Batch, message: Message, position: int, view: View) -> message_rows.Opened:
    user = person(request)
    row = message_rows.opened(
        user=user, batch=shown, message=message, position=position, view=view, zone=user.tzinfo, now=timezone.now()
    )
    return marker_of(request.GET.get("q", "")).opened(row)


def is_unasked(shown: Batch, form: SettleForm) -> bool:
    """Whether the answer would end messages of which no question told."""
    chosen, verb = _leases_at(shown, form.cleaned_data["position"]), form.cleaned_data["verb"]
    return leases.is_unasked(chosen, verb, told=form.cleaned_data["ends"])


def ask(
    request: HttpRequest, shown: Batch, form: SettleForm, *, delay_error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    """The question before a settling: a dialog for htmx, else a page. Only for who may settle."""
    positions, verb = form.cleaned_data["position"], form.cleaned_data["verb"]
    settling.require(caller=caller_of(request), batch=shown, positions=positions, verb=verb)
    place = (shown.account_id, shown.queue_id, shown.pk)
    asked = question(
        verb=verb,
        leases=_leases_at(shown, positions),
        chosen=len(positions),
        way=Way(
            field="position", act_url=reverse("settle", args=place), back_url=finding_kept.batch_url(request, shown)
        ),
        viewer=person(request),
        delay=form.data.get("delay", ""),
        delay_error=delay_error,
        now=timezone.now(),
    )
    return put_question(request, "messages/settle.html", shown, {"question": asked}, status)


def _leases_at(shown: Batch, positions: Sequence[int]) -> list[Lease]:
    return list(shown.leases.filter(position__in=positions).select_related("holder", "account__credential"))


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
    context = {"problems": errors_in_words(form), "back": finding_kept.batch_url(request, shown)}
    return put_question(request, "messages/settle.html", shown, context, HTTPStatus.UNPROCESSABLE_ENTITY)


def _forecast_of_shown(
    request: HttpRequest, shown: Batch, messages: tuple[Message, ...], known: KnownQueue | None
) -> Forecast | None:
    """The forecast from the batch on the page, of the number that stands in the form."""
    if known is None:
        return None
    return forecasts.of_shown(
        caller=caller_of(request),
        shown=shown,
        messages=messages,
        queue=known.queue,
        batch_size=settings.PULL_BATCH_SIZE,
    )


def last_forecast(request: HttpRequest, account: Account, queue_id: str, known: KnownQueue | None) -> Forecast | None:
    """The forecast that was asked for a moment ago, on the page of the queue; none that cannot be unsealed."""
    if known is None:
        return None
    try:
        return forecasts.last(
            caller=caller_of(request),
            account=account,
            queue_id=queue_id,
            queue=known.queue,
            batch_size=settings.PULL_BATCH_SIZE,
        )
    except VaultError:
        return None


def put_question(request: HttpRequest, body: str, shown: Batch, context: dict[str, Any], status: int) -> HttpResponse:
    """A question about messages of a batch, as `questions.put` takes it."""
    return questions.put(
        request,
        body,
        {**context, **asked_in(request)},
        around=lambda: around(request, shown.account, shown.queue_id, shown)[0],
        status=status,
    )


def extended_in_place(request: HttpRequest, shown: Batch, position: int, entry: AuditEntry) -> HttpResponse:
    """The opened message once more, with its new end; the reader stays where they are."""
    message = kept.messages(caller=caller_of(request), batch=shown)[position]
    bar = _bar_of(request, shown, entry.pk)
    return opened(request, shown, message, position, usual_view(request, shown), extended=bar)


def settled_bar(request: HttpRequest, shown: Batch | None = None) -> Bar | None:
    """What came of the settling that led here; nothing for an entry that is not this person's."""
    number = number_in(request, "settled")
    return None if number is None else _bar_of(request, shown, number)


def _deleted_bar(request: HttpRequest, shown: Batch) -> deleting.Bar | None:
    """The same for a deletion."""
    number = number_in(request, "settled")
    entry = None if number is None else receipts.of_deletion(caller=caller_of(request), batch=shown, entry_id=number)
    if entry is None:
        return None
    rows = list(shown.deletions.filter(entry_id=entry.pk))
    return deleting.bar_of(entry, rows, shown, person(request), now=timezone.now())


def _bar_of(request: HttpRequest, shown: Batch | None, entry_id: int) -> Bar | None:
    found = receipts.of_settling(caller=caller_of(request), batch=shown, entry_id=entry_id)
    return bar_of(found, now=timezone.now()) if found is not None else None
