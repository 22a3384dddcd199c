"""The audit log."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from queues_app import access
from queues_app.access import Permission
from queues_app.callers import person
from queues_app.forms.audit import AuditFilterForm
from queues_app.models import Account, AuditEntry, User
from queues_app.operations import audit_answers, explaining, history, kept
from queues_app.operations.audit_streams import Filter
from queues_app.parts import wants_part
from queues_app.rows import audit as audit_rows
from queues_app.rows import audit_answers as answers
from queues_app.rows import audit_export
from queues_app.rows import receipt as receipts
from queues_app.rows.receipt import Receipt


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The entries this person may see, filtered by the address, newest first."""
    user = person(request)
    form = AuditFilterForm(request.GET)
    context: dict[str, Any] = {
        "form": form,
        "sees_all": history.sees_all(user),
        "may_hold": access.may(user, Permission.HOLD_AUDIT),
        "people": history.people(user),
        "credentials": history.credentials(user, chosen=request.GET.get("credential", "")),
        "queues": answers.queues_to_choose(audit_answers.queues(user), chosen=request.GET.get("queue", "")),
        "kind": request.GET.get("kind", ""),
        "lends": user.credentials.filter(shares__isnull=False).exists(),
        "may_export": access.may(user, Permission.EXPORT_AUDIT),
        "zone": user.zone,
    }
    if not form.is_valid():
        return render(request, "audit/index.html", context, status=422)
    chosen = form.chosen(user.tzinfo)
    if form.cleaned_data["newer_than"] is not None:
        return _newer(request, user, chosen, form.cleaned_data["newer_than"])
    page = history.page(
        user=user,
        chosen=chosen,
        before=form.cleaned_data["before"],
        folded="unfold" not in request.GET,
    )
    context["export_url"] = audit_export.address("audit_export", form.asked())
    context["rows"] = audit_rows.rows(page, now=timezone.now(), zone=user.tzinfo)
    context["filtered"] = chosen != Filter()
    context["queue_name"] = context["rows"][0].queue if context["rows"] else ""
    context["newest"] = context["rows"][0].number if context["rows"] else 0
    context["looked_back_to"] = audit_rows.looked_back_to(page, user.tzinfo)
    context["next"] = audit_rows.cursor(page.last) if page.last else ""
    return render(request, "audit/index.html", context)


@require_safe
def detail(request: HttpRequest, entry: int) -> HttpResponse:
    """One entry's receipt: in place for htmx, else a page of its own. Other people's do not exist for most."""
    receipt = _receipt(request, entry)
    return render(
        request, "audit/detail.html#receipt" if wants_part(request) else "audit/detail.html", {"receipt": receipt}
    )


@require_safe
def markdown(request: HttpRequest, entry: int) -> HttpResponse:
    """The same as Markdown, to be put into a ticket."""
    receipt = _receipt(request, entry)
    name = content_disposition_header(True, f"{receipt.row.receipt}.md") or ""
    return HttpResponse(
        receipt.markdown, content_type="text/plain; charset=utf-8", headers={"Content-Disposition": name}
    )


def _receipt(request: HttpRequest, entry: int) -> Receipt:
    user = person(request)
    found = history.one(user, entry)
    if found is None:
        raise Http404
    now = timezone.now()
    return receipts.receipt(
        found,
        history.leases_of(found),
        history.deletions_of(found, now=now),
        reader=user,
        way=Account.objects.ways_of(user).get(found.account_id) if access.may(user, Permission.SEE_QUEUES) else None,
        copy_way=_copy_way(user, found),
        explained=explaining.explanations([found]).get(found.pk, []),
        explainable=explaining.is_open_question(found, now=now) and access.may(user, Permission.EXPLAIN_AUDIT),
        now=now,
        zone=user.tzinfo,
        zone_name=user.zone,
    )


def _copy_way(user: User, entry: AuditEntry) -> Account | None:
    number = receipts.copy_number(entry)
    if not number:
        return None
    return kept.way_to(reader=user, account_id=entry.account_id, queue_id=entry.queue_id, batch_id=uuid.UUID(number))


def _newer(request: HttpRequest, user: User, chosen: Filter, than: int) -> HttpResponse:
    """The offer of newer entries, or nothing: rows do not move while somebody reads them."""
    count = history.newer(user=user, chosen=chosen, than=than)
    if not count:
        return HttpResponse(status=204)
    return render(request, "audit/index.html#newer", {"count": count})
