"""Rules for queues, read-only accounts, and what somebody may do at a queue."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from queues_app import access
from queues_app.access import Permission
from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.forms.approvals import TwoPersonForm
from queues_app.forms.rules import RuleForm, WhyForm
from queues_app.models import Account, QueueRule, ReadOnlyAccount, TwoPersonRule, User
from queues_app.operations import rules
from queues_app.rows import rules as rows
from queues_app.rows.two_person import two_person_fields, two_person_rows


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The rules, and the accounts in which nothing is changed."""
    rules.require(caller=caller_of(request))
    return _page(request)


def add(request: HttpRequest) -> HttpResponse:
    """A new rule. The same form twice makes one."""
    rules.require(caller=caller_of(request))
    if request.method != "POST":
        return redirect("rules")
    form = RuleForm(request.POST, accounts=rules.accounts())
    if not form.is_valid():
        return _page(request, form)
    try:
        rule = rules.add(caller=caller_of(request), intent=form.cleaned_data["intent"], **form.columns())
    except AlreadySubmittedError:
        return redirect("rules")
    messages.success(request, f"From now on: {rule}.")
    return redirect("rules")


@require_POST
def remove(request: HttpRequest, rule: int) -> HttpResponse:
    """Take a rule away."""
    rules.require(caller=caller_of(request))
    found = get_object_or_404(QueueRule.objects.select_related("user"), pk=rule)
    rules.remove(caller=caller_of(request), rule=found)
    messages.success(request, f"No longer: {found}.")
    return redirect("rules")


@require_POST
def read_only(request: HttpRequest, account_id: str) -> HttpResponse:
    """Close an account to changes, or open it again."""
    rules.require(caller=caller_of(request))
    account = Account.objects.filter(account_id=account_id).first()
    if account is None or request.POST.get("read_only") not in ("on", "off"):
        raise Http404("No such account.")
    on = request.POST["read_only"] == "on"
    rules.set_read_only(caller=caller_of(request), account=account, on=on)
    messages.success(request, f"{account.name} is read-only." if on else f"{account.name} can be changed again.")
    return redirect("rules")


def add_two_person(request: HttpRequest) -> HttpResponse:
    """Acts that need a second person from now on. The same form twice makes one rule."""
    rules.require(caller=caller_of(request))
    if request.method != "POST":
        return redirect("rules")
    form = TwoPersonForm(request.POST, accounts=rules.accounts())
    if not form.is_valid():
        return _page(request, two_person=form)
    try:
        rule = rules.add_two_person(caller=caller_of(request), intent=form.cleaned_data["intent"], **form.columns())
    except AlreadySubmittedError:
        return redirect("rules")
    messages.success(request, f"From now on: {rule}.")
    return redirect("rules")


@require_POST
def remove_two_person(request: HttpRequest, rule: int) -> HttpResponse:
    """Let these acts need no second person any more."""
    rules.require(caller=caller_of(request))
    found = get_object_or_404(TwoPersonRule, pk=rule)
    rules.remove_two_person(caller=caller_of(request), rule=found)
    messages.success(request, f"No longer: {found}.")
    return redirect("rules")


@require_safe
def why(request: HttpRequest) -> HttpResponse:
    """What somebody may do at a queue, and why: oneself, or for who makes the rules anybody."""
    user = person(request)
    sees_all = access.may(user, Permission.MANAGE_RULES)
    people = User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)
    accounts = rules.accounts() if sees_all else list(Account.objects.ways_of(user).values())
    names = list(people) if sees_all else [user.get_username()]
    form = WhyForm(request.GET if "queue" in request.GET else None, people=names, accounts=accounts)
    context = {"form": form, "names": names, "accounts": accounts, "sees_all": sees_all}
    status = HTTPStatus.OK
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data
        about = User.objects.get(username=asked["person"])
        found = rules.answers(about, asked["account_id"], asked["queue"])
        context |= {"asked": asked, "ways": [rows.answers(way, each, about) for way, each in found]}
    elif form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "rules/why.html", context, status=status)


def _page(
    request: HttpRequest, form: RuleForm | None = None, *, two_person: TwoPersonForm | None = None
) -> HttpResponse:
    zone, now, accounts = person(request).tzinfo, timezone.now(), rules.accounts()
    context = {
        "rules": rows.rule_rows(QueueRule.objects.select_related("user"), accounts, zone=zone, now=now),
        "accounts": rows.account_rows(accounts, ReadOnlyAccount.objects.all(), zone=zone, now=now),
        "fields": rows.fields_of(form, accounts, request.GET),
        "two_person": two_person_rows(
            TwoPersonRule.objects.all(), QueueRule.objects.all(), accounts, zone=zone, now=now
        ),
        "two_person_fields": two_person_fields(two_person, accounts),
        "may_mask": access.may(person(request), Permission.MANAGE_MASKING),
    }
    status = HTTPStatus.OK if form is None and two_person is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "rules/index.html", context, status=status)
