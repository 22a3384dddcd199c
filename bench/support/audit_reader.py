"""Read pages of the audit as an auditor: `python -m bench.support.audit_reader`.

Takes the query of a page on each line of its input, and answers with how many milliseconds the page took.
"""

import sys
import time

import django

django.setup()

from django.test import Client  # noqa: E402 - the applications have to be there first
from django.urls import reverse  # noqa: E402

from queues_app.models import User  # noqa: E402


def main() -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(username="auditor"))
    address = reverse("audit")
    for line in sys.stdin:
        began = time.perf_counter()
        answer = client.get(address, query_params=dict(part.split("=") for part in line.strip().split("&") if part))
        took = time.perf_counter() - began
        if answer.status_code != 200:
            raise RuntimeError(f"a page was answered by {answer.status_code}")
        sys.stdout.write(f"{took * 1000}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
