"""Leases: what one holds, what a queue has out, what everybody holds; and what is done to them.

A GET reads our own ledger and asks nothing of the upstream about messages. Only a POST settles or holds on.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.proxies import below_prefix
from queues_app import formats
from queues_app.callers import caller_of, person
from queues_app.forms.leases import LeaseForm
from queues_app.forms.words import errors_in_words
from queues_app.models import Account
from queues_app.operations import leases, ledger, queues, receipts
from queues_app.operations.leases import Asked, Part, Verb
from queues_app.operations.ledger import Scope
from queues_app.parts import see_other, wants_part
from queues_app.rows.ledger import ledger_page, sum_of
from queues_app.rows.settling import Bar, Way, question
from queues_app.views import message_pages as pages
from queues_app.views import questions
from queues_app.views.lookups import number_in, own_account


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What this person holds."""
    return _mine(request)


@require_safe
def everybodys(request: HttpRequest) -> HttpResponse:
    """What everybody holds, for those who may see it."""
    return _everybodys(request)


@require_safe
def of_queue(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """What is held of one queue: one's own leases, or everybody's for those who may see them."""
    return _of_queue(request, account, queue_id)


@require_safe
def return_everything(request: HttpRequest, account: int | None = None, queue_id: str = "") -> HttpResponse:
    """The question before everything that this person holds goes back, of all queues or of one."""
    user, now = person(request), timezone.now()
    place = own_account(request, account) if account is not None else None
    scope = Scope(user=user, account=place, queue_id=queue_id)
    held = ledger.own_held(scope, now=now)
    back = reverse("queue_leases", args=[account, queue_id]) if place else reverse("leases")
    own, _ = ledger.counts(scope, now=now)
    asked = question(
        verb=Verb.RETURN,
        leases=held,
        chosen=len(held),
        way=_way(back),
        viewer=user,
        beyond=max(0, own - len(held)),
        now=now,
    )
    return _question(request, {"question": asked}, HTTPStatus.OK)


def act(request: HttpRequest) -> HttpResponse:
    """Settle chosen leases, or hold them on; first the question where the verb has one."""
    if request.method != "POST":
        return redirect("leases")
    form = LeaseForm(request.POST)
    if not form.is_valid():
        return _again(request, form)
    if form.asks:
        return _ask(request, form)
    caller = caller_of(request)
    asked, parts = _calls(request, form)
    chosen = [lease for part in parts for lease in part.leases]
    if leases.is_unasked(chosen, asked.verb, told=form.cleaned_data["ends"]):
        return _ask(request, form)
    results = leases.act(caller=caller, parts=parts, asked=asked, intent=form.cleaned_data["intent"])
    entry = receipts.by_intent(caller=caller, intent=form.cleaned_data["intent"])
    if entry is None:
        # Not even the record of the first call could be begun, and so nothing was sent.
        raise next(result for result in results if isinstance(result, Exception))
    return see_other(request, f"{_back(request)}?settled={entry.pk}")


def _calls(request: HttpRequest, form: LeaseForm) -> tuple[Asked, list[Part]]:
    """What the form asks for, and the calls that it makes. What is wrong in the form is as if it were not there."""
    caller, cleaned = caller_of(request), form.cleaned_data
    chosen = ledger.find(caller=caller, numbers=cleaned["lease"])
    if not chosen:
        raise Http404("None of these leases is in the ledger any more.")
    timeout_s = cleaned.get("visibility_timeout")
    asked = Asked(
        verb=cleaned["verb"],
        delay_seconds=cleaned.get("delay"),
        visibility_timeout_ms=timeout_s * 1000 if timeout_s else None,
    )
    first, *others = leases.parts_of(caller=caller, leases=chosen, asked=asked)
    return asked, [replace(first, unleased=len(cleaned["lease"]) - len(chosen)), *others]


def _mine(request: HttpRequest, form: LeaseForm | None = None) -> HttpResponse:
    scope = Scope(user=person(request))
    return _page(request, scope, reverse("leases"), reverse("leases_return"), form)


def _everybodys(request: HttpRequest, form: LeaseForm | None = None) -> HttpResponse:
    ledger.require_everybodys(caller=caller_of(request))
    scope = Scope(user=person(request), everybody=True)
    return _page(request, scope, reverse("leases_all"), reverse("leases_return"), form)


def _of_queue(request: HttpRequest, account: int, queue_id: str, form: LeaseForm | None = None) -> HttpResponse:
    place = own_account(request, account)
    queues.require(caller=caller_of(request))
    user = person(request)
    scope = Scope(user=user, everybody=ledger.sees_all(user), account=place, queue_id=queue_id)
    return _page(
        request,
        scope,
        reverse("queue_leases", args=[account, queue_id]),
        reverse("queue_leases_return", args=[account, queue_id]),
        form,
    )


def _page(request: HttpRequest, scope: Scope, url: str, return_url: str, form: LeaseForm | None) -> HttpResponse:
    """A page of the ledger; for a refresh only what changed since. `form` came back with errors."""
    user, now = person(request), timezone.now()
    if wants_part(request) and "seen" in request.GET:
        return _newer(request, scope, url, now)
    typed: dict[str, Any] = {}
    bar = pages.settled_bar(request)
    if form is not None:
        timeout_error = str(form.errors.get("visibility_timeout", [""])[0])
        typed = {
            "chosen": form.cleaned_data.get("lease", ()),
            "timeout": form.data.get("visibility_timeout", ""),
            "timeout_error": timeout_error,
        }
        bar = Bar(kind="error", sentence=f"Nothing was sent. {' '.join(errors_in_words(form))}")
    page = ledger_page(
        ledger.read(scope, now=now),
        scope,
        url=url,
        return_url=return_url,
        reach=list(Account.objects.of(user)),
        footprint=None if scope.everybody or scope.account else ledger.footprint(user, since=_midnight(request)),
        zone=user.tzinfo,
        now=now,
        **typed,
    )
    status = HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"page": page, "bar": bar, **_around(request, scope)}
    return render(request, "leases/queue.html" if scope.account else "leases/index.html", context, status=status)


def _around(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """The frame of a queue's page; on the others, which of them there are."""
    if scope.account is None:
        return {"sees_all": ledger.sees_all(scope.user), "everybody": scope.everybody}
    head, _ = pages.around(request, scope.account, scope.queue_id, tab="leases")
    return head


def _newer(request: HttpRequest, scope: Scope, url: str, now: datetime) -> HttpResponse:
    """What is held now, and whether anything was done since the page was made. The rows stay where they are."""
    since = formats.from_ms(number_in(request, "since"))
    changed = since is None or request.GET["seen"] != ledger.seen(scope, since=since)
    own, held = ledger.counts(scope, now=now)
    return render(
        request,
        "leases/list.html#newer",
        {"changed": changed, "url": url, "sum": sum_of(own, held, scope)},
    )


def _ask(request: HttpRequest, form: LeaseForm, *, delay_error: str = "", status: int = HTTPStatus.OK) -> HttpResponse:
    """The question before a settling: a dialog for htmx, else a page. Only for who may settle."""
    asked, parts = _calls(request, form)
    leases.require(caller=caller_of(request), parts=parts, asked=asked)
    put = question(
        verb=asked.verb,
        leases=[lease for part in parts for lease in part.leases],
        chosen=len(form.cleaned_data["lease"]),
        way=_way(_back(request)),
        viewer=person(request),
        delay=form.data.get("delay", ""),
        delay_error=delay_error,
        now=timezone.now(),
    )
    return _question(request, {"question": put}, status)


def _again(request: HttpRequest, form: LeaseForm) -> HttpResponse:
    """What is wrong, with everything that was typed. Nothing was sent."""
    if set(form.errors) == {"delay"}:
        delay_error = str(form.errors["delay"][0])
        return _ask(request, form, delay_error=delay_error, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if wants_part(request):
        context = {"problems": errors_in_words(form), "back": _back(request)}
        return _question(request, context, HTTPStatus.UNPROCESSABLE_ENTITY)
    found = resolve(below_prefix(_back(request)))
    pages_of: dict[str | None, Callable[..., HttpResponse]] = {"leases_all": _everybodys, "queue_leases": _of_queue}
    page = pages_of.get(found.url_name, _mine)
    return page(request, **found.kwargs, form=form)


def _question(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return questions.put(
        request, "messages/settle.html", context, around=dict, status=status, page="leases/question.html"
    )


def _way(back: str) -> Way:
    return Way(field="lease", act_url=reverse("lease_acts"), back_url=back)


def _back(request: HttpRequest) -> str:
    """The page of the ledger that a form came from, without its question; one's own where it says no other."""
    target = request.POST.get("next", "").partition("?")[0]
    try:
        known = resolve(below_prefix(target)).url_name in ("leases_all", "queue_leases")
    except Resolver404:
        known = False
    return target if known else reverse("leases")


def _midnight(request: HttpRequest) -> datetime:
    """The beginning of the day where the person is."""
    zone = person(request).tzinfo
    return datetime.combine(timezone.now().astimezone(zone).date(), time.min, tzinfo=zone)
