"""A person's watches: the list, the form of one, and a test of whom it tells."""

from collections.abc import Sequence
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from queues_app import access
from queues_app.access import Permission
from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.forms.watches import WatchForm
from queues_app.models import Account, Watch
from queues_app.operations import queues, receipts, watch_rights, watches
from queues_app.parts import wants_part
from queues_app.rows import watch_form as fields
from queues_app.rows import watch_removal as gone
from queues_app.rows import watch_tests as test_words
from queues_app.rows import watches as rows
from queues_app.rows.queue_words import plain, shown
from queues_app.views.lookups import own_account


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """One's own watches and those of one's teams, and how they stand."""
    user, now = person(request), timezone.now()
    found = rows.watch_rows(watches.of(user), now=now, zone=user.tzinfo)
    ended = rows.ended_rows(watches.untold(user), now=now, zone=user.tzinfo)
    team = rows.team_rows(watches.of_teams(user), now=now, zone=user.tzinfo)
    page = "watches/index.html#watches" if wants_part(request) else "watches/index.html"
    context = {
        "rows": found,
        "team": team,
        "ended": ended,
        "zone": user.zone,
        "closed": access.closed(user, Permission.WATCH),
    }
    return render(request, page, context)


@sensitive_post_parameters("url", "secret")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Watch this queue. The same form twice makes one."""
    found, caller = own_account(request, account), caller_of(request)
    watch_rights.require(caller=caller, account=found, queue_id=queue_id)
    name = queues.read_queue(caller=caller, account=found, queue_id=queue_id).queue.name
    others = watches.on_queue(person(request), found, queue_id)
    form = WatchForm(request.POST, others=others) if request.method == "POST" else None
    if form is None or not form.is_valid():
        if form is not None and _was_taken(request, form):
            return redirect("watches")
        there = rows.on_queue(person(request), found, queue_id, now=timezone.now())
        up, present = reverse("queue", args=[account, queue_id]), _present(request, found, queue_id)
        return _form(request, form, None, name, up=up, present=present, watched=there)
    try:
        made = watches.add(
            caller=caller,
            account=found,
            queue_id=queue_id,
            queue_name=name,
            intent=form.cleaned_data["intent"],
            columns=form.columns(),
            webhook=form.webhook(),
        )
    except AlreadySubmittedError:
        return redirect("watches")
    return _saved(request, form, made, f"{plain(name)} is watched.")


@sensitive_post_parameters("url", "secret")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, watch: int) -> HttpResponse:
    """Change a watch; it begins anew."""
    found = _own(request, watch)
    place = found.webhook_place
    form = WatchForm(request.POST, webhook_place=place) if request.method == "POST" else None
    if form is None or not form.is_valid():
        # Where it may ask no more, its owner is told nothing newer.
        here = None if watch_rights.why_stopped(found) else found.account
        present = _present(request, here, found.queue_id)
        return _form(request, form, found, found.queue_name, up=reverse("watches"), present=present)
    try:
        watches.edit(
            caller=caller_of(request),
            watch=found,
            intent=form.cleaned_data["intent"],
            columns=form.columns(),
            webhook=form.webhook(),
            tells=form.tells,
        )
    except AlreadySubmittedError:
        return redirect("watches")
    return _saved(request, form, found, f"The watch on {plain(found.queue_name)} is changed. It begins anew.")


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, watch: int) -> HttpResponse:
    """The question first, with who is told what; then watch no longer."""
    found = _own(request, watch)
    if request.method != "POST":
        page = "watches/remove.html#dialog" if wants_part(request) else "watches/remove.html"
        return render(request, page, {"gone": gone.gone_with(found, now=timezone.now())})
    watches.remove(caller=caller_of(request), watch=found)
    messages.success(request, f"{plain(found.queue_name)} is watched no longer by this watch.")
    return redirect("watches")


@require_POST
def test(request: HttpRequest, watch: int) -> HttpResponse:
    """Tell whoever it tells that this is a test."""
    found = _own(request, watch)
    _test(request, found)
    return redirect("watches")


def _test(request: HttpRequest, watch: Watch) -> None:
    try:
        tried = watches.test(caller=caller_of(request), watch=watch)
    except (watches.NobodyToTellError, watches.TestedLatelyError) as error:
        messages.error(request, test_words.not_sent(watch, error))
    else:
        tell = messages.error if any(each.error for each in tried) else messages.success
        tell(request, test_words.sent(watch, tried))


def _own(request: HttpRequest, pk: int) -> Watch:
    return get_object_or_404(watches.of(person(request)), pk=pk)


def _was_taken(request: HttpRequest, form: WatchForm) -> bool:
    """Whether this very form was taken before: what it made is no other watch that waits for the same."""
    intent = form.cleaned_data.get("intent")
    return intent is not None and receipts.by_intent(caller=caller_of(request), intent=intent) is not None


def _saved(request: HttpRequest, form: WatchForm, watch: Watch, sentence: str) -> HttpResponse:
    """A secret that was made stands in the answer and nowhere else; a test of it waits until the receiver has it."""
    if form.made_secret:
        context = {"sentence": sentence, "secret": form.made_secret, "test_url": reverse("watch_test", args=[watch.pk])}
        return render(request, "watches/secret.html", context)
    messages.success(request, sentence)
    if request.POST.get("then") == "test":
        _test(request, watch)
    return redirect("watches")


def _present(request: HttpRequest, account: Account | None, queue_id: str) -> str:
    """How the queue stood when it was counted last, as far as that is remembered: nothing is asked."""
    if account is None:
        return ""
    reading = queues.remembered_readings(account=account, queue_ids=[queue_id]).get(queue_id)
    return fields.present_words(reading, now=timezone.now(), zone=person(request).tzinfo)


def _form(
    request: HttpRequest,
    form: WatchForm | None,
    watch: Watch | None,
    name: str,
    *,
    up: str,
    present: str,
    watched: Sequence[rows.WatchRow] = (),
) -> HttpResponse:
    context = {
        "watched": watched,
        "present": present,
        "fields": fields.fields_of(form, watch),
        "queue": shown(name),
        "title": plain(name),
        "is_new": watch is None,
        "up": up,
        "zone": person(request).zone,
    }
    status = HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "watches/form.html", context, status=status)
