"""The page that says what an account is for."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.urls import reverse

from queues_app import formats
from queues_app.forms.credentials import ChoosingForm
from queues_app.models import Account, AccountEnvironment, Environment
from queues_app.rows.options import Option


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentPage:
    """`closed` says why this person may not choose; empty for whoever may."""

    name: str
    account_id: str
    up: str
    url: str
    seen: str
    chosen: str
    seen_by: str
    closed: str
    environments: tuple[Option, ...]
    environment_error: str


def page_of(
    account: Account,
    mark: AccountEnvironment | None,
    *,
    form: ChoosingForm,
    closed: str,
    is_alone: bool,
    zone: tzinfo,
    now: datetime,
) -> EnvironmentPage:
    """The choice as it stands, and the form of another. After a form that could not be read it begins anew."""
    return EnvironmentPage(
        name=account.name,
        account_id=account.account_id,
        up=reverse("queues", args=[account.pk]),
        url=reverse("environment", args=[account.pk]),
        seen=account.environment,
        chosen=_chosen(mark, zone, now),
        seen_by="only you reach this account here" if is_alone else "you, and everybody else who reaches it here",
        closed=closed,
        environments=tuple(
            Option(value=value, label=label, chosen=value == account.environment)
            for value, label in Environment.choices
        ),
        environment_error=" ".join(map(str, form.errors.get("environment", []))) if form.is_bound else "",
    )


def _chosen(mark: AccountEnvironment | None, zone: tzinfo, now: datetime) -> str:
    if mark is None:
        return "nobody chose yet, so it counts as production"
    if not mark.chosen_by:
        return "taken over from the credentials, the most careful of them"
    at = f"{formats.moment_or_clock(mark.chosen_at, zone, now=now)} {mark.chosen_at.astimezone(zone):%Z}"
    return f"by {mark.chosen_by}, {at}"
