"""Letting in whom another place has proven: made at the first time, with the roles that the place says each time."""

from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from queues_app import audit
from queues_app.audit import Caller
from queues_app.expected import ExpectedError
from queues_app.models import Action, User
from queues_app.operations import people


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Who came, as it was proven: by which way, found again under which id, named how, with which roles."""

    by: str
    uid: str
    name: str
    full_name: str
    roles: frozenset[str]


class NoRoleError(ExpectedError):
    """None of the person's groups has a role here."""

    sentence = "You are in no group that has a role here. Ask whoever manages your groups, then sign in again."
    reason = "no-role"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


class ClosedError(ExpectedError):
    """Closed here: whoever answers for the person cannot open it."""

    sentence = "This account is closed. An administrator of this server can open it again."
    reason = "account-closed"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


class NotYoursError(ExpectedError):
    """Somebody has the name already, and came another way: no account is taken over by its name."""

    sentence = (
        "Somebody signs in here under your user name in another way, so this account cannot be given to you. "
        "Ask the administrator of this server."
    )
    reason = "name-taken"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


def admit(*, caller: Caller, arrival: Arrival) -> User:
    """The person who arrives, with the roles of now; whoever is refused is on the record. Nobody is signed in yet.

    The last administrator keeps their roles, which is on the record too: else nobody would be left to manage people.

    Raises NoRoleError, ClosedError, NotYoursError, AuditUnavailableError.
    """
    account = SocialAccount.objects.filter(provider=arrival.by, uid=arrival.uid).select_related("user").first()
    person: User | None = account.user if account else None
    if person is not None:
        caller = replace(caller, user=person, user_name=person.get_username())
    why = NoRoleError() if not arrival.roles else ClosedError() if person and not person.is_active else None
    if why is not None:
        audit.refuse(caller=caller, action=Action.SIGN_IN, why=why, parameters={"by": arrival.by})
        raise why
    if person is None:
        return _join(caller, arrival)
    with suppress(people.LastAdministratorError):  # it is on the record
        people.follow(caller=caller, person=person, roles=arrival.roles, by=arrival.by)
    return person


def _join(caller: Caller, arrival: Arrival) -> User:
    parameters = {"role": ", ".join(sorted(arrival.roles)), "by": arrival.by}
    with audit.record(caller=caller, action=Action.JOIN, parameters=parameters) as record:
        try:
            with transaction.atomic():
                person = _make(arrival)
        except IntegrityError as error:
            raise NotYoursError from error
        record.entry.user_id = person.pk
        record.ok()
    return person


def _make(arrival: Arrival) -> User:
    if User.objects.filter(username__iexact=arrival.name).exists():
        raise NotYoursError
    person = User(username=arrival.name)
    person.first_name, _space, person.last_name = arrival.full_name[:150].partition(" ")
    person.set_unusable_password()
    person.save()
    person.groups.set(Group.objects.filter(name__in=arrival.roles))
    # Of what the place said nothing more is kept: no claim, no address, no token.
    SocialAccount.objects.create(user=person, provider=arrival.by, uid=arrival.uid)
    return person
