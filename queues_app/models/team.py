"""Teams: who belongs to them, as what, and the credentials that their owners let them use."""

from typing import Self

from django.db import models
from django.db.models import F

from queues_app.models.user import User


class TeamQuerySet(models.QuerySet["Team"]):
    def of(self, user: User) -> Self:
        """The teams that a person belongs to."""
        return self.filter(memberships__user=user)


class Team(models.Model):
    """People who may use what is shared with them."""

    name = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one team. The role counts there only: for credentials that are shared with the team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    # A word of `access.TEAM_ROLES`, and the name of a group.
    role = models.CharField(max_length=150)

    class Meta:
        ordering = ("user__username",)
        constraints = (models.UniqueConstraint(fields=("team", "user"), name="one_membership_per_team"),)

    def __str__(self) -> str:
        return f"{self.user.get_username()}, {self.role} in {self.team.name}"


class ShareQuerySet(models.QuerySet["Share"]):
    def reaching(self, user: User) -> Self:
        """What others let this person use. Of a closed account, on either side, nothing."""
        return self.filter(
            team__memberships__user=user,
            team__memberships__user__is_active=True,
            team__memberships__role=F("role"),
            credential__owner__is_active=True,
        ).exclude(credential__owner=user)


class Share(models.Model):
    """What the owner of a credential lets one role of a team do with it. A role without one may do nothing."""

    credential = models.ForeignKey("queues_app.Credential", on_delete=models.CASCADE, related_name="shares")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="shares")
    role = models.CharField(max_length=150)
    # Words of `access.SHAREABLE`: a limit, which gives nothing that the role does not hold.
    permissions = models.JSONField(default=list)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ("team__name", "credential_id", "id")
        constraints = (models.UniqueConstraint(fields=("credential", "team", "role"), name="one_share_per_role"),)

    def __str__(self) -> str:
        return f"{', '.join(self.permissions)} to the role {self.role} in {self.team.name}"
