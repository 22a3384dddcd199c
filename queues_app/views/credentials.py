"""A person's own credentials. Whatever changes something is a POST; a secret comes in and never goes out."""

import functools
from collections.abc import Callable
from typing import Final, Protocol

from django.contrib import messages
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from queues_app import spending
from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.cloudflare import CloudflareError, Limit
from queues_app.expected import ExpectedError
from queues_app.forms.credentials import AddForm, NamingForm, SecretForm
from queues_app.models import Account, Credential, Team
from queues_app.operations import credentials, environments, sharing
from queues_app.operations.checkup import SecretRefusedError
from queues_app.parts import see_other, wants_part
from queues_app.rows import credentials as rows
from queues_app.rows import teams
from queues_app.rows.credential_forms import form_row
from queues_app.rows.failure import Failure, failure_of
from queues_app.rows.spending import spent_row
from queues_app.views.lookups import own_credential

READ: Final = ("GET", "HEAD")
POST: Final = ("POST",)
UNPROCESSABLE: Final = 422
_MARKED: Final = Prefetch("accounts", Account.objects.marked())


class _View(Protocol):
    def __call__(self, request: HttpRequest, own: Credential) -> HttpResponse: ...


def _of_mine(*methods: str) -> Callable[[_View], Callable[[HttpRequest, int], HttpResponse]]:
    """Look up with ownership first: somebody else's credential is 404 whatever the method."""

    def decorate(view: _View) -> Callable[[HttpRequest, int], HttpResponse]:
        @functools.wraps(view)
        def found(request: HttpRequest, credential: int) -> HttpResponse:
            own = own_credential(request, credential)
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            return view(request, own)

        return found

    return decorate


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All credentials of the person."""
    user = person(request)
    now = timezone.now()
    found = [
        rows.row_of(credential, spending.of(credential.pk), now=now, zone=user.tzinfo)
        for credential in user.credentials.prefetch_related(_MARKED)
    ]
    return render(request, "credentials/index.html", {"credentials": found})


@sensitive_post_parameters("secret")
@sensitive_variables("fields")
@require_http_methods([*READ, *POST])
def add(request: HttpRequest) -> HttpResponse:
    """A new credential: verified first, and kept only when Cloudflare accepts it."""
    owner = person(request)
    if request.method != "POST":
        return _add_page(request, AddForm(owner=owner))
    form = AddForm(request.POST, owner=owner)
    if not form.is_valid():
        return _add_page(request, form, status=UNPROCESSABLE)
    fields = {name: value for name, value in form.cleaned_data.items() if name != "intent"}
    try:
        kept = credentials.add(caller=caller_of(request), intent=form.number, **fields)
    except AlreadySubmittedError as error:
        first = owner.credentials.filter(pk=error.entry.credential_id or 0).first()
        if first is not None:
            return _go(request, first)
        return _add_page(request, form, *_blamed(form, error))
    except (CloudflareError, ExpectedError) as error:
        return _add_page(request, form, *_blamed(form, error))
    messages.success(request, f"{kept.display} is kept. Its check-up says what it can do.")
    if others := environments.otherwise(kept, fields["environment"]):
        messages.info(request, rows.marked_otherwise(others))
    return _go(request, kept)


@_of_mine(*READ)
def detail(request: HttpRequest, own: Credential) -> HttpResponse:
    """One credential: its name, its check-up, its accounts."""
    return _detail_page(request, own)


@_of_mine(*POST)
def rename(request: HttpRequest, own: Credential) -> HttpResponse:
    """Another label."""
    form = NamingForm(request.POST, owner=own.owner, credential=own)
    if not form.is_valid():
        return _detail_page(request, own, part="naming", naming=form, status=UNPROCESSABLE)
    try:
        credentials.rename(caller=caller_of(request), credential=own, **form.cleaned_data)
    except ExpectedError as error:
        failure, status = _blamed(form, error)
        return _detail_page(request, own, part="naming", naming=form, failure=failure, status=status)
    messages.success(request, f"Saved: {own.display}.")
    return _go(request, own)


@sensitive_post_parameters("secret")
@_of_mine(*READ, *POST)
def replace(request: HttpRequest, own: Credential) -> HttpResponse:
    """Another secret in the place of the old one, verified first."""
    if request.method != "POST":
        return redirect(f"{_address(own)}#replace")
    form = SecretForm(request.POST, kind=own.kind)
    failure, status = None, UNPROCESSABLE
    if form.is_valid():
        try:
            credentials.replace_secret(
                caller=caller_of(request),
                credential=own,
                secret=form.cleaned_data["secret"],
                account_id=form.cleaned_data["account_id"],
                intent=form.number,
            )
        except (CloudflareError, ExpectedError) as error:
            failure, status = _blamed(form, error)
        else:
            messages.success(request, f"The secret is replaced: {own.display}.")
            return _go(request, own)
    return _detail_page(request, own, part="replacing", replacing=form, failure=failure, status=status)


@_of_mine(*POST)
def verify(request: HttpRequest, own: Credential) -> HttpResponse:
    """Ask Cloudflare again. A refusal is an answer too, and shows as the credential's status."""
    try:
        credentials.verify(caller=caller_of(request), credential=own)
    except (CloudflareError, ExpectedError) as error:
        failure = failure_of(error)
        return _detail_page(request, own, part="checkup", failure=failure, status=failure.status)
    if not wants_part(request):
        return _go(request, own)
    return _detail_page(request, own, part="checkup", said=f"Checked: {own.get_status_display()}.")


@_of_mine(*POST)
def make_default(request: HttpRequest, own: Credential) -> HttpResponse:
    """The one that the first page opens with."""
    credentials.make_default(caller=caller_of(request), credential=own)
    messages.success(request, f"{own.display} is the default now.")
    return _go(request, own)


@_of_mine(*READ, *POST)
def delete(request: HttpRequest, own: Credential) -> HttpResponse:
    """Ask first, with what depends on it; then delete."""
    if request.method != "POST":
        gone = rows.gone_with(own, credentials.dependents(own))
        template = "credentials/delete.html#dialog" if wants_part(request) else "credentials/delete.html"
        return render(request, template, {"gone": gone, "credential": own.pk, "label": own.label})
    name = own.display
    credentials.delete(caller=caller_of(request), credential=own)
    messages.success(request, f"{name} is deleted. Its entries in the audit log stay.")
    return redirect("credentials")


def _add_page(request: HttpRequest, form: AddForm, failure: Failure | None = None, status: int = 200) -> HttpResponse:
    by_htmx = wants_part(request)
    context = {"form": form_row(form, swaps=by_htmx), "failure": failure, "swaps": by_htmx}
    return render(request, "credentials/add.html#answer" if by_htmx else "credentials/add.html", context, status=status)


def _detail_page(
    request: HttpRequest,
    own: Credential,
    *,
    part: str = "",
    naming: NamingForm | None = None,
    replacing: SecretForm | None = None,
    failure: Failure | None = None,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page; for htmx only the part that was sent. `failure` stands above that part."""
    by_htmx = wants_part(request)
    prefetch_related_objects([own], _MARKED)
    naming = naming or NamingForm(owner=own.owner, credential=own, initial={"label": own.label})
    context = {
        "credential": rows.detail_of(own, now=timezone.now(), zone=person(request).tzinfo),
        "spent": spent_row(
            spending.of(own.pk),
            spending.of(own.pk, Limit.GRAPHQL),
            zone=person(request).tzinfo,
            now=timezone.now(),
        ),
        "naming": form_row(naming),
        "replacing": form_row(replacing or SecretForm(kind=own.kind), swaps=by_htmx),
        "shares": teams.shares_of(own, Team.objects.of(own.owner)),
        "uses": teams.use_rows(sharing.uses(own), now=timezone.now(), zone=person(request).tzinfo),
        "swaps": by_htmx,
        "failure": failure,
        "failed_part": part,
        "said": said,
    }
    template = f"credentials/detail.html#{part}" if by_htmx and part else "credentials/detail.html"
    return render(request, template, context, status=status)


def _blamed(
    form: AddForm | NamingForm | SecretForm, error: CloudflareError | ExpectedError
) -> tuple[Failure | None, int]:
    """Say at its field what can be mended there, and what came back in a card; the card and the status."""
    if not isinstance(error, SecretRefusedError):
        failure = rows.not_kept(error)
        return failure, failure.status
    form.add_error(error.about, error.sentence)
    return rows.refused_by_cloudflare(error), UNPROCESSABLE


def _go(request: HttpRequest, own: Credential) -> HttpResponse:
    """To the page of the credential."""
    return see_other(request, _address(own))


def _address(own: Credential) -> str:
    return reverse("credential", args=[own.pk])
