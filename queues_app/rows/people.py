"""What the pages about people get: primitives, every text ready."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.urls import reverse

from queues_app import formats
from queues_app.access import ROLES
from queues_app.models import Invitation, User
from queues_app.operations.people import NO_ROLE


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person of the list."""

    number: int
    name: str
    full_name: str
    role: str
    is_open: bool
    has_factor: bool
    seen: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    """An invitation that is still open."""

    number: int
    full_name: str
    role: str
    by: str
    ends: str


def person_row(person: User, *, has_factor: bool, now: datetime, zone: tzinfo) -> PersonRow:
    return PersonRow(
        number=person.pk,
        name=person.get_username(),
        full_name=person.get_full_name(),
        role=", ".join(sorted(group.name for group in person.groups.all() if group.name in ROLES)) or NO_ROLE,
        is_open=person.is_active,
        has_factor=has_factor,
        seen=formats.moment(person.last_login, zone, now=now) if person.last_login else "never",
        url=reverse("person", args=[person.pk]),
    )


def invitation_rows(found: Iterable[Invitation], *, now: datetime, zone: tzinfo) -> tuple[InvitationRow, ...]:
    return tuple(
        InvitationRow(
            number=each.pk,
            full_name=each.full_name or "not named",
            role=each.role,
            by=each.invited_by,
            ends=formats.moment(each.expires_at, zone, now=now),
        )
        for each in found
    )
