"""The Overview tab of a queue, whose charts refresh alone, and its History tab."""

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from queues_app.callers import caller_of, person
from queues_app.forms.ranges import Chosen, Problem, RangeForm
from queues_app.models import Account
from queues_app.operations import acts, charting, history
from queues_app.operations import analytics as cloudflare_analytics
from queues_app.operations.audit_streams import Filter
from queues_app.parts import wants_part
from queues_app.rows import acts as act_rows
from queues_app.rows import analytics as analytics_rows
from queues_app.rows import audit as audit_rows
from queues_app.rows import charts as rows
from queues_app.rows import queue_overview
from queues_app.views.lookups import own_account
from queues_app.views.queue_frame import frame, listed_names, read_now

# What was done, newest first; the rest is opened.
ACTS_SHOWN: Final = 6


@require_safe
def overview(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """How the queue came to where it is: charts of a time, what was done here, who sends and who receives."""
    place = own_account(request, account)
    chosen, remark = _chosen(request)
    if chosen.is_local:
        # By the person's zone no longer, so that the address means the same to everybody.
        return HttpResponseRedirect(f"{reverse('queue_overview', args=[account, queue_id])}{chosen.query}")
    return _page(request, place, queue_id, chosen, remark)


@require_safe
def charts(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """The charts of the counts kept here, alone."""
    place = own_account(request, account)
    chosen, remark = _chosen(request)
    if not wants_part(request):
        return HttpResponseRedirect(f"{reverse('queue_overview', args=[account, queue_id])}{chosen.query}")
    return render(request, "queues/overview.html#charts", _charts(request, place, queue_id, chosen, remark))


@require_safe
def analytics(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """The charts of Cloudflare's analytics: alone, or without a script on the whole page, which waits for them."""
    place = own_account(request, account)
    chosen, remark = _chosen(request)
    part = {"analytics": _analytics(request, place, queue_id, chosen)}
    if not wants_part(request):
        feeds = _feeds(request, place, queue_id)
        return _page(request, place, queue_id, chosen, remark, is_asked=True, feeds=feeds, **part)
    context = {**_charts(request, place, queue_id, chosen, remark), **part, "is_apart": True}
    return render(request, "queues/overview.html#analytics", context)


@require_safe
def subscriptions(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Which events feed the queue, alone: analytics that are slow hold up nothing of it."""
    place = own_account(request, account)
    if not wants_part(request):
        return HttpResponseRedirect(reverse("queue_overview", args=[account, queue_id]))
    context = {"feeds": _feeds(request, place, queue_id), "is_asked": True}
    return render(request, "queues/overview.html#feeds", context)


@require_safe
def entries(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """What was done to the queue here, beside what Cloudflare itself says of its past."""
    place = own_account(request, account)
    user, now = person(request), timezone.now()
    known, reading, failure = read_now(request, place, queue_id)
    page = history.page(user=user, chosen=Filter(queue_id=queue_id))
    problem = failure.sentence if failure else ""
    context = {
        **frame(request, place, queue_id, known, reading=reading, problem=problem, tab="history"),
        "failure": failure,
        "own": queue_overview.own_facts(known, zone=user.tzinfo, now=now),
        "rows": audit_rows.rows(page, now=now, zone=user.tzinfo),
        "sees_all": history.sees_all(user),
        "zone": user.zone,
        "audit_url": f"{reverse('audit')}?queue={queue_id}",
        "older": audit_rows.cursor(page.last) if page.last else "",
    }
    return render(request, "queues/history.html", context, status=failure.status if failure else HTTPStatus.OK)


def _page(
    request: HttpRequest, account: Account, queue_id: str, chosen: Chosen, remark: Problem | None, **part: Any
) -> HttpResponse:
    user, now = person(request), timezone.now()
    known, reading, failure = read_now(request, account, queue_id)
    problem = failure.sentence if failure else ""
    context = {
        **frame(request, account, queue_id, known, reading=reading, problem=problem, tab="overview"),
        **_charts(request, account, queue_id, chosen, remark),
        **part,
        "failure": failure,
        "clock": queue_overview.clock_of(known, reading, account=account, zone=user.tzinfo, now=now),
        "about": queue_overview.about(
            known, reading, user=user, account=account, names=listed_names(request, account), zone=user.tzinfo, now=now
        ),
    }
    return render(request, "queues/overview.html", context, status=failure.status if failure else HTTPStatus.OK)


def _chosen(request: HttpRequest) -> tuple[Chosen, Problem | None]:
    return RangeForm(request.GET).chosen(zone=person(request).tzinfo, now=timezone.now())


def _charts(
    request: HttpRequest, account: Account, queue_id: str, chosen: Chosen, remark: Problem | None
) -> dict[str, Any]:
    """The time, the charts of the counts kept here, and what was done in it."""
    zone, now = person(request).tzinfo, timezone.now()
    caller, span = caller_of(request), chosen.span
    axis = rows.axis_of(span, zone=zone, now=now)
    counts = charting.counts(caller=caller, account=account, queue_id=queue_id, span=span)
    done = acts.during(caller=caller, account=account, queue_id=queue_id, span=span)
    shown = act_rows.acts_of(done, axis, now=now)
    url = reverse("queue_overview", args=[account.pk, queue_id])
    return {
        "range": rows.range_of(chosen, remark, url=url, zone=zone, now=now),
        "charts": rows.sample_charts(counts, axis, _known(request, account, queue_id, chosen)),
        "acts": shown[:ACTS_SHOWN],
        "earlier_acts": shown[ACTS_SHOWN:],
        "lines": shown,
        "flags": act_rows.flags_of(shown),
        "more_acts": act_rows.more_acts(done),
    }


def _known(request: HttpRequest, account: Account, queue_id: str, chosen: Chosen) -> cloudflare_analytics.Known | None:
    span = chosen.span
    return cloudflare_analytics.last_known(
        caller=caller_of(request), account=account, queue_id=queue_id, since=span.since, until=span.until
    )


def _feeds(request: HttpRequest, account: Account, queue_id: str) -> analytics_rows.Feeds | None:
    return analytics_rows.feeds_of(
        cloudflare_analytics.subscriptions_of(caller=caller_of(request), account=account, queue_id=queue_id)
    )


def _analytics(request: HttpRequest, account: Account, queue_id: str, chosen: Chosen) -> analytics_rows.AnalyticsPart:
    caller, span, now = caller_of(request), chosen.span, timezone.now()
    found = cloudflare_analytics.read(
        caller=caller,
        account=account,
        queue_id=queue_id,
        since=span.since,
        until=span.until,
        points=analytics_rows.MOST_POINTS,
    )
    known = _known(request, account, queue_id, chosen)
    axis = rows.axis_of(span, zone=person(request).tzinfo, now=now)
    return analytics_rows.analytics_part(found, known, axis, goes_on=bool(chosen.last), now=now)
