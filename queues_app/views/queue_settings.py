"""The Settings tab of a queue: its facts, pause and resume, and its consumer. A question comes before each change."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from queues_app.callers import caller_of, person
from queues_app.cloudflare import Queue
from queues_app.forms.queue_settings import ActForm, ConsumerForm, RemoveForm, TimesForm
from queues_app.models import Account, Action
from queues_app.operations import queue_settings, queues, receipts
from queues_app.operations.approvals import Act
from queues_app.operations.known_queues import KnownQueue
from queues_app.operations.queues import Reading
from queues_app.parts import see_other, wants_part
from queues_app.rows import queue_settings_question as questions
from queues_app.rows.queue_settings import SettingsPage, bar_of, settings_page
from queues_app.rows.settling import Bar
from queues_app.views import asking
from queues_app.views.lookups import number_in, own_account
from queues_app.views.questions import put
from queues_app.views.queue_frame import frame, listed_names, read_now


@require_safe
def show(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """What the queue and its consumer are set to."""
    place = own_account(request, account)
    known, reading, failure = read_now(request, place, queue_id)
    context = {
        **_around(request, place, queue_id, known, reading, problem=failure.sentence if failure else ""),
        "failure": failure,
        "page": _page(request, place, known.queue, reading) if known else None,
        "bar": _bar(request, place, queue_id),
    }
    return render(request, "queues/settings.html", context, status=failure.status if failure else HTTPStatus.OK)


def pause(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Stop delivery: first the question."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("queue_settings", account, queue_id)
    queue = _queue_for(request, place, queue_id, Action.PAUSE)
    form = ActForm(request.POST)
    if not form.is_valid():
        return _refused(request, place, queue, form.problems())
    if not form.is_answer:
        asked = questions.pause_question(place, queue, _reading(place, queue_id), timezone.now())
        return _ask(request, place, queue, asked, queue_settings.planned(Action.PAUSE, place, queue))
    return _do(request, place, queue_id, form, queue_settings.pause)


def resume(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Deliver again, at one click: what it means stands beside the button."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("queue_settings", account, queue_id)
    form = ActForm({**request.POST.dict(), "step": "do"})
    queue = _queue_for(request, place, queue_id, Action.RESUME)
    if needs_two := asking.first(request, queue_settings.planned(Action.RESUME, place, queue)):
        return needs_two
    if not form.is_valid():
        return _refused(request, place, queue, form.problems())
    return _do(request, place, queue_id, form, queue_settings.resume)


def edit_times(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Change delay and retention: first the question, with what they were and what they are to be."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("queue_settings", account, queue_id)
    queue = _queue_for(request, place, queue_id, Action.QUEUE_EDIT)
    form = TimesForm(request.POST, queue=queue)
    if not form.is_valid():
        return _form_again(request, place, queue, times_form=form)
    wanted, seen = form.wanted(), form.cleaned_data["seen"]
    if not form.is_answer:
        act = queue_settings.planned(Action.QUEUE_EDIT, place, queue, wanted=wanted, seen=seen)
        asked = questions.times_question(place, queue, form, _reading(place, queue_id), timezone.now())
        return _ask(request, place, queue, asked, act)
    return _do(request, place, queue_id, form, queue_settings.edit_times, wanted=wanted, seen=seen)


def add_consumer(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Give the queue an HTTP pull consumer: first the question."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("queue_settings", account, queue_id)
    queue = _queue_for(request, place, queue_id, Action.CONSUMER_ADD)
    form = ConsumerForm(request.POST, queue_name=queue.name, consumer=None)
    if not form.is_valid():
        return _form_again(request, place, queue, form)
    if not form.is_answer:
        _require_dead_letters(request, place, queue, form, Action.CONSUMER_ADD)
        act = queue_settings.planned(Action.CONSUMER_ADD, place, queue, wanted=form.wanted())
        asked = questions.add_question(place, queue, form, queues.seen_list(user=person(request), account=place))
        return _ask(request, place, queue, asked, act)
    return _do(request, place, queue_id, form, queue_settings.add_consumer, wanted=form.wanted())


def edit_consumer(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Change the HTTP pull consumer: first the question, with what it was and what it is to be."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("queue_settings", account, queue_id)
    queue = _queue_for(request, place, queue_id, Action.CONSUMER_EDIT)
    form = ConsumerForm(request.POST, queue_name=queue.name, consumer=queue.consumer)
    if not form.is_valid():
        return _form_again(request, place, queue, form)
    seen = form.cleaned_data["seen"]
    if not form.is_answer:
        _require_dead_letters(request, place, queue, form, Action.CONSUMER_EDIT)
        act = queue_settings.planned(Action.CONSUMER_EDIT, place, queue, wanted=form.wanted(), seen=seen)
        asked = questions.edit_question(place, queue, form, queues.seen_list(user=person(request), account=place))
        return _ask(request, place, queue, asked, act)
    return _do(request, place, queue_id, form, queue_settings.edit_consumer, wanted=form.wanted(), seen=seen)


def remove_consumer(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Take the consumer away: first the question, and for a Worker its name typed."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("queue_settings", account, queue_id)
    queue = _queue_for(request, place, queue_id, Action.CONSUMER_REMOVE)
    form = RemoveForm(request.POST, must_type=questions.name_to_type(queue.consumer))
    if not form.is_valid():
        if set(form.errors) != {"typed"}:
            return _refused(request, place, queue, form.problems())
        asked = questions.remove_question(
            place,
            queue,
            seen=form.cleaned_data["seen"],
            typed=form.data.get("typed", ""),
            typed_error=str(form.errors["typed"][0]),
        )
        act = queue_settings.planned(Action.CONSUMER_REMOVE, place, queue, seen=form.cleaned_data["seen"])
        return _ask(request, place, queue, asked, act, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    seen = form.cleaned_data["seen"]
    if not form.is_answer:
        act = queue_settings.planned(Action.CONSUMER_REMOVE, place, queue, seen=seen)
        return _ask(request, place, queue, questions.remove_question(place, queue, seen=seen), act)
    return _do(request, place, queue_id, form, queue_settings.remove_consumer, seen=seen)


def _do(
    request: HttpRequest,
    account: Account,
    queue_id: str,
    form: ActForm,
    operation: Callable[..., None],
    **wanted: Any,
) -> HttpResponse:
    """Carry out a change and go to the tab, which says what the record says came of it."""
    caller = caller_of(request)
    intent: UUID = form.cleaned_data["intent"]
    with receipts.told_by_the_record(caller=caller, intent=intent):
        operation(caller=caller, account=account, queue_id=queue_id, intent=intent, **wanted)
    entry = receipts.by_intent(caller=caller, intent=intent)
    done = {"done": entry.pk} if entry else None
    return see_other(request, reverse("queue_settings", args=[account.pk, queue_id], query=done))


def _queue_for(request: HttpRequest, account: Account, queue_id: str, action: Action) -> Queue:
    """The queue as it is known, for somebody who may change it."""
    caller = caller_of(request)
    queue_settings.require(caller=caller, account=account, queue_id=queue_id, action=action)
    return queues.read_queue(caller=caller, account=account, queue_id=queue_id).queue


def _require_dead_letters(
    request: HttpRequest, account: Account, queue: Queue, form: ConsumerForm, action: Action
) -> None:
    caller, wanted = caller_of(request), form.wanted()
    queue_settings.require_dead_letters(caller=caller, account=account, queue=queue, wanted=wanted, action=action)


def _ask(
    request: HttpRequest,
    account: Account,
    queue: Queue,
    question: questions.Question,
    act: Act,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The question, or that for an approval: a dialog for htmx, else a page."""
    if not question.closed and (needs_two := asking.first(request, act)):
        return needs_two
    return _question(request, account, queue, {"question": question}, status)


def _refused(request: HttpRequest, account: Account, queue: Queue, problems: list[str]) -> HttpResponse:
    """A form that no page of ours sends. Nothing was sent."""
    context = {"problems": problems, "back": reverse("queue_settings", args=[account.pk, queue.id])}
    return _question(request, account, queue, context, HTTPStatus.UNPROCESSABLE_ENTITY)


def _question(
    request: HttpRequest, account: Account, queue: Queue, context: dict[str, Any], status: int
) -> HttpResponse:
    known = KnownQueue(queue=queue, read_at=timezone.now())
    return put(
        request,
        "queues/settings_question.html",
        context,
        around=lambda: _around(request, account, queue.id, known, None),
        status=status,
    )


def _form_again(
    request: HttpRequest,
    account: Account,
    queue: Queue,
    form: ConsumerForm | None = None,
    *,
    times_form: TimesForm | None = None,
) -> HttpResponse:
    """The form once more, with what was typed and what is wrong with it. Nothing was sent."""
    reading = _reading(account, queue.id)
    context = {"page": _page(request, account, queue, reading, form, times_form)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if wants_part(request):
        name = "consumer" if form else "times"
        response = render(request, f"queues/settings_{name}.html", context, status=status)
        return retarget(reswap(response, "outerHTML"), f"#{name}-form")
    head = _around(request, account, queue.id, KnownQueue(queue=queue, read_at=timezone.now()), reading)
    return render(request, "queues/settings.html", {**head, **context}, status=status)


def _page(
    request: HttpRequest,
    account: Account,
    queue: Queue,
    reading: Reading | None,
    form: ConsumerForm | None = None,
    times_form: TimesForm | None = None,
) -> SettingsPage:
    user = person(request)
    return settings_page(
        user=user,
        account=account,
        queue=queue,
        reading=reading,
        names=listed_names(request, account),
        zone=user.tzinfo,
        now=timezone.now(),
        form=form,
        times_form=times_form,
    )


def _around(
    request: HttpRequest,
    account: Account,
    queue_id: str,
    known: KnownQueue | None,
    reading: Reading | None,
    *,
    problem: str = "",
) -> dict[str, Any]:
    return frame(request, account, queue_id, known, reading=reading, problem=problem, tab="settings")


def _reading(account: Account, queue_id: str) -> Reading | None:
    return queues.remembered_readings(account=account, queue_ids=[queue_id]).get(queue_id)


def _bar(request: HttpRequest, account: Account, queue_id: str) -> Bar | None:
    """What came of the change that led here; nothing for an entry that is not this person's."""
    number = number_in(request, "done")
    if number is None:
        return None
    entry = receipts.of_settings(caller=caller_of(request), account=account, queue_id=queue_id, entry_id=number)
    return bar_of(entry) if entry is not None else None
