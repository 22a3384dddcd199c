"""People, and the permissions that groups give them."""

import functools
import zoneinfo
from typing import Final

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models

# In the time zone database, too, and no zones: each host has its own of these.
_NO_ZONES: Final = {"localtime", "Factory"}


@functools.cache
def _zones() -> frozenset[str]:
    """All names. To list them costs a fifth of a second, since each file is opened."""
    return frozenset(zoneinfo.available_timezones() - _NO_ZONES)


def validate_zone(value: str) -> None:
    """Refuse a name that is no zone's in the time zone database."""
    if value not in _zones():
        raise ValidationError("This is not a time zone we know. Take a name such as Europe/Berlin.")


class User(AbstractUser):
    """A person who signs in. Created by an administrator; there is no sign-up."""

    # Absolute times are shown in this zone, and the zone is always named beside them.
    zone = models.CharField("time zone", max_length=64, default="UTC", validators=[validate_zone])

    # Where the weekly digest of the audit goes; empty for whoever did not ask for it.
    digest_to = models.EmailField(blank=True, default="", db_default="")

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"

    @property
    def initials(self) -> str:
        """Two letters for the header: of the full name where there is one, else of the user name."""
        parts = self.get_full_name().split() or [self.get_username()]
        letters = parts[0][0] + parts[-1][0] if len(parts) > 1 else parts[0][:2]
        return letters.upper()

    @property
    def tzinfo(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.zone)


class DeploymentPermission(models.Model):  # noqa: DJ008 - it has no rows
    """No table: only the place where the permissions of `access.py` hang, so that Django groups can hold them."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = (
            ("see_queues", "See queues, their settings and counts"),
            ("peek", "Peek at messages"),
            ("pull", "Pull messages, which uses attempts and leases them"),
            ("settle", "Acknowledge and retry pulled messages"),
            ("delete", "Delete chosen messages"),
            ("send", "Send messages, new ones and copies"),
            ("export", "Take bodies out: copy and download"),
            ("see_copies", "Open copies that others fetched"),
            ("see_all_leases", "See what others hold"),
            ("settle_for_others", "Settle messages that others hold"),
            ("empty", "Empty whole queues"),
            ("edit", "Change queues and their consumers"),
            ("see_all_audit", "See everybody's audit entries"),
            ("manage_people", "Manage people and their roles"),
            ("manage_rules", "Manage rules for queues, and read-only accounts"),
            ("approve", "Approve what others ask for"),
            ("manage_masking", "Manage what is masked in messages"),
            ("reveal", "Reveal one masked field, with a reason"),
            ("manage_teams", "Manage teams and who belongs to them"),
            ("export_audit", "Export the audit log"),
            ("explain_audit", "Explain unknown outcomes in the audit log"),
            ("hold_audit", "Hold audit entries, and lift holds"),
            ("watch", "Watch queues, and be told"),
        )
