"""`manage.py invite --role ROLE`: a link by which one person joins. It is shown once."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse
from django.utils.http import urlencode

from queues_app.access import ROLES
from queues_app.operations import invitations, links, people


class Command(BaseCommand):
    help = "Make a link by which one person joins, within 72 hours. It is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", choices=ROLES, required=True, help="what they may do")
        parser.add_argument("--full-name", default="", help="as shown beside what they do")

    def handle(self, *, role: str, full_name: str, **_: Any) -> None:
        word = invitations.invite(caller=people.CONSOLE, role=role, full_name=full_name)
        scheme = "https" if settings.HTTPS_ONLY else "http"
        self.stdout.write(f"{scheme}://{links.host()}{reverse('join')}?{urlencode({'word': word})}")
