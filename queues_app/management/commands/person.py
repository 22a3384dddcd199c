"""`manage.py person NAME --role ROLE`: add a person, or change what a person is. There is no sign-up."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from queues_app.access import ROLES
from queues_app.models import User
from queues_app.operations import people


class Command(BaseCommand):
    help = "Add a person, change their role, or close their account. Passwords: manage.py changepassword NAME."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name to sign in with")
        parser.add_argument("--role", choices=ROLES, help="what they may do; needed for a new person")
        parser.add_argument("--full-name", default="", help="as shown beside what they did")
        parser.add_argument(
            "--close", action="store_true", help="they cannot sign in any more; their audit entries stay"
        )

        parser.add_argument(
            "--forget-factors", action="store_true", help="they lost their second factors: the password is enough again"
        )

    def handle(
        self, *, name: str, role: str | None, full_name: str, close: bool, forget_factors: bool, **_: Any
    ) -> None:
        person = User.objects.filter(username=name).first()
        if person is None and (role is None or close):
            message = f"There is nobody named {name}. To add somebody, name a role: --role Operator."
            raise CommandError(message)
        is_new = person is None
        person = person or User(username=name)
        if full_name:
            person.first_name, _space, person.last_name = full_name.partition(" ")
        if is_new:
            person.set_password(_ask_password(person))
        try:
            person.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        person.save()
        try:
            _change(person, role=role, close=close)
            if forget_factors:
                people.forget_factors(caller=people.CONSOLE, person=person)
        except people.LastAdministratorError as error:
            raise CommandError(error.sentence) from error
        roles = ", ".join(person.groups.values_list("name", flat=True)) or "no role"
        state = "may sign in" if person.is_active else "may not sign in any more"
        self.stdout.write(f"{name}: {roles}; {state}.")


def _change(person: User, *, role: str | None, close: bool) -> None:
    if role is not None:
        people.set_role(caller=people.CONSOLE, person=person, role=role)
    if close:
        people.close(caller=people.CONSOLE, person=person)
    elif not person.is_active:
        people.reopen(caller=people.CONSOLE, person=person)


def _ask_password(person: User) -> str:
    """Asked twice at a terminal; else the first line of the standard input."""
    if sys.stdin.isatty():
        password = getpass("Password: ")
        if getpass("Again: ") != password:
            message = "The two passwords differ. Nobody was added."
            raise CommandError(message)
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return password
