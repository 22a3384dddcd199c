"""Roles and what they may do: the groups that the migrations made are those that access.py speaks of."""

import pytest
from django.contrib.auth.models import Group

from queues_app import access
from queues_app.access import NotAllowedError, Permission
from tests.support.people import Cast, make_user


@pytest.mark.django_db
def test_the_groups_in_the_database_are_the_roles_of_the_code() -> None:
    made = {
        group.name: {str(codename) for codename in group.permissions.values_list("codename", flat=True)}
        for group in Group.objects.all()
    }

    assert made == {role: {str(permission) for permission in held} for role, held in access.ROLES.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("role", access.ROLES)
def test_a_role_gives_what_it_holds_and_nothing_else(role: str) -> None:
    somebody = make_user("somebody", role)

    assert {permission for permission in Permission if access.may(somebody, permission)} == set(access.ROLES[role])


def test_a_closed_account_may_nothing(cast: Cast) -> None:
    cast.admin.is_active = False

    assert not any(access.may(cast.admin, permission) for permission in Permission)


def test_a_refusal_names_the_roles_that_help(cast: Cast) -> None:
    with pytest.raises(NotAllowedError) as refusal:
        access.require(cast.viewer, Permission.PULL)

    assert (
        refusal.value.sentence
        == "Your role may not pull messages. Ask an administrator for the role Operator, Lead or Admin."
    )
