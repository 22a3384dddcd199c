"""Questions that the audit answers by itself, and the explanation of what it cannot answer."""

from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from queues_app import access, mail
from queues_app.access import Permission
from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.forms.audit import AuditFilterForm
from queues_app.forms.audit_questions import DAYS, DidForm, DigestForm, ExplainForm, LookedForm, MessageForm
from queues_app.forms.words import errors_in_words
from queues_app.models import AuditEntry, User
from queues_app.operations import audit_answers, digest, digest_mail, explaining, history
from queues_app.operations.digest import Week
from queues_app.parts import see_other
from queues_app.rows import audit as audit_rows
from queues_app.rows import audit_answers as rows
from queues_app.rows import digest as digest_rows
from queues_app.rows import receipt_deeds
from queues_app.views import questions


@require_safe
def looked(request: HttpRequest) -> HttpResponse:
    """Who looked at a queue, in some days."""
    user, now = person(request), timezone.now()
    today = now.astimezone(user.tzinfo).date()
    week = {"since": f"{today - timedelta(days=DAYS - 1)}", "until": f"{today}"}
    form = LookedForm({**week, **request.GET.dict()} if "queue" in request.GET else None, initial=week)
    context: dict[str, Any] = {"queues": rows.queue_choices(audit_answers.queues(user))}
    if form.is_valid():
        days, queue_id = form.days(today), form.cleaned_data["queue"]
        since, before_day = _moments(days, user)
        tallies = audit_answers.looked(user=user, queue_id=queue_id, since=since, before_day=before_day)
        context |= {
            "rows": rows.looked(tallies, queue_id=queue_id, days=days, now=now, zone=user.tzinfo),
            "back_to": rows.back_to(tallies, user.tzinfo),
            "days": days,
            "queue_name": dict(context["queues"]).get(queue_id, queue_id),
            "audit_url": rows.audit_url({"queue": queue_id, "since": f"{days[0]}", "until": f"{days[1]}"}),
        }
    return _answer(request, "audit_questions", form, context)


@require_safe
def did(request: HttpRequest) -> HttpResponse:
    """Everything that a person did, each kind of act once."""
    user, now = person(request), timezone.now()
    form = DidForm(request.GET if "who" in request.GET else None)
    context: dict[str, Any] = {"people": history.people(user)}
    if form.is_valid():
        asked = {name: str(value) for name, value in form.cleaned_data.items() if value}
        since, until = form.cleaned_data["since"], form.cleaned_data["until"]
        tallies = audit_answers.did(
            user=user,
            who=form.cleaned_data["who"],
            since=_moments((since, since), user)[0] if since else None,
            before_day=_moments((until, until), user)[1] if until else None,
        )
        context |= {
            "rows": rows.did(tallies, asked=asked, now=now, zone=user.tzinfo),
            "back_to": rows.back_to(tallies, user.tzinfo),
            "who": form.cleaned_data["who"],
            "audit_url": rows.audit_url(asked),
        }
    return _answer(request, "audit_person", form, context)


@require_safe
def message(request: HttpRequest) -> HttpResponse:
    """Everything that happened to a message, as far as it went through here."""
    user = person(request)
    form = MessageForm(request.GET if "id" in request.GET else None)
    context: dict[str, Any] = {}
    if form.is_valid():
        message_id = form.cleaned_data["id"]
        found = audit_answers.story(user=user, message_id=message_id)
        context["story"] = rows.story(found, message_id, now=timezone.now(), zone=user.tzinfo)
        context["rows"] = context["story"].rows
    return _answer(request, "audit_message", form, context)


@require_safe
def unknown(request: HttpRequest) -> HttpResponse:
    """The outcomes that stayed unknown and that nobody explained yet."""
    user, now = person(request), timezone.now()
    form = AuditFilterForm(request.GET)
    context: dict[str, Any] = {}
    if form.is_valid():
        page = explaining.unexplained(user=user, before=form.cleaned_data["before"], now=now)
        context = {
            "rows": audit_rows.rows(page, now=now, zone=user.tzinfo),
            "looked_back_to": audit_rows.looked_back_to(page, user.tzinfo),
            "next": audit_rows.cursor(page.last) if page.last else "",
            "explains": access.may(user, Permission.EXPLAIN_AUDIT),
            "audit_url": rows.audit_url({"outcome": "unknown"}),
        }
    return _answer(request, "audit_unknown", form, context)


@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """What happened in a week, as the person's days are."""
    user, now = person(request), timezone.now()
    asked = request.GET.get("week", "")
    chosen = Week.read(asked) if asked else Week.before(now.astimezone(user.tzinfo).date())
    found = digest.of_week(chosen, user=user, zone=user.tzinfo)
    shown = digest_rows.page(found, now=now, zone=user.tzinfo, zone_name=user.zone)
    context = {
        "digest": shown,
        "audit_url": shown.audit_url,
        "mails": mail.is_on() and history.sees_all(user),
        "digest_to": user.digest_to,
    }
    return _answer(request, "audit_digest", DigestForm(), context)


@require_POST
def mail_week(request: HttpRequest) -> HttpResponse:
    """Send it each week, or no longer."""
    form = DigestForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(errors_in_words(form)))
    else:
        address = form.cleaned_data["address"]
        digest_mail.ask(caller=caller_of(request), address=address)
        messages.success(request, f"The digest goes to {address}." if address else "The digest is mailed no longer.")
    return see_other(request, reverse("audit_digest"))


@require_http_methods(["GET", "HEAD", "POST"])
def explain(request: HttpRequest, entry: int) -> HttpResponse:
    """Ask what became of an entry whose outcome is unknown, and put it on the record."""
    found = get_object_or_404(history.visible(person(request)), pk=entry)
    explaining.require(caller=caller_of(request), entry=found)
    form = ExplainForm(request.POST) if request.method == "POST" else None
    if form is None or not form.is_valid():
        return _ask(request, found, form)
    sentence, intent = form.cleaned_data["sentence"], form.cleaned_data["intent"]
    try:
        made = explaining.explain(caller=caller_of(request), entry=found, sentence=sentence, intent=intent)
        messages.success(request, f"{found.receipt} is explained, as {made.receipt}.")
    except AlreadySubmittedError as again:
        messages.success(request, again.sentence)
    return see_other(request, reverse("audit_entry", args=[found.pk]))


def _ask(request: HttpRequest, entry: AuditEntry, form: ExplainForm | None) -> HttpResponse:
    if not explaining.is_open_question(entry, now=timezone.now()):
        raise explaining.NothingToExplainError
    asked = rows.question(
        entry,
        receipt_deeds.sentence_of(entry),
        typed=form.data.get("sentence", "") if form is not None else "",
        problems=errors_in_words(form) if form is not None else (),
    )
    status = HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return questions.put(
        request, "audit/explain.html", {"question": asked}, around=dict, status=status, page="audit/explain_page.html"
    )


def _answer(request: HttpRequest, route: str, form: Any, context: dict[str, Any]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    user = person(request)
    head = {"form": form, "tabs": rows.tabs(route), "sees_all": history.sees_all(user), "zone": user.zone}
    return render(request, f"audit/questions/{route}.html", {**head, **context}, status=status)


def _moments(days: tuple[date, date], user: User) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last, where the person is."""
    first, last = days
    return (
        datetime.combine(first, time.min, tzinfo=user.tzinfo),
        datetime.combine(last + timedelta(days=1), time.min, tzinfo=user.tzinfo),
    )
