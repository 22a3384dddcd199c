"""The page that says how the destinations of the audit stand, and the test line."""

import base64
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from queues_app.delivery import DeliveryError
from queues_app.models import Action, AuditDestination, AuditEntry, AuditLink, Outcome
from queues_app.operations import forwarding
from tests.forwarding.entries import write
from tests.support.audit import behind
from tests.support.people import Cast, signed_in
from tests.support.receivers import HttpReceiver
from tests.views.messages.acts import text_of

pytestmark = pytest.mark.django_db
PAGE = "/audit/forwarding/"
TEST = "/audit/forwarding/test/"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def auditor(cast: Cast) -> Client:
    return signed_in(cast.auditor)


@pytest.fixture
def siem(http: HttpReceiver, settings: Settings) -> HttpReceiver:
    """A destination with secrets all over its address."""
    settings.AUDIT_FORWARD = [f"{http.url.replace('//', '//me:pa55@')}/t0ken?k=s3cret#siem"]
    settings.AUDIT_FORWARD_SECRET = [SECRET]
    return http


def shown(browser: Client) -> str:
    return text_of(browser.get(PAGE))


def begin() -> None:
    forwarding.begin(forwarding.destinations()[0])


def forward() -> int:
    return forwarding.forward(forwarding.destinations()[0])


def test_without_a_destination_the_page_says_what_to_do(auditor: Client, settings: Settings) -> None:
    settings.AUDIT_FORWARD = []

    assert "Forwarded nowhere" in shown(auditor)


def test_a_destination_that_nothing_ever_told_anything_says_so(auditor: Client, siem: HttpReceiver) -> None:
    page = shown(auditor)

    assert "not begun" in page
    assert "manage.py forward_audit" in page


def test_what_was_told_and_what_waits(auditor: Client, siem: HttpReceiver) -> None:
    begin()
    write(3)
    assert "on its way" in shown(auditor)
    assert "3 entries wait" in shown(auditor)

    forward()

    assert "up to date" in shown(auditor)
    assert "up to position 3" in shown(auditor)
    assert "nothing waits" in shown(auditor)


def test_the_rows_come_anew_by_themselves(auditor: Client, siem: HttpReceiver) -> None:
    part = text_of(auditor.get(PAGE, headers={"HX-Request": "true"}))

    assert "not begun" in part
    assert "<h1>" not in part
    assert part.count(f'hx-get="{PAGE}"') == 1


def test_what_went_wrong_in_words_and_when_it_is_tried_again(auditor: Client, siem: HttpReceiver) -> None:
    begin()
    write()
    siem.answers.append((503, {"Retry-After": "600"}))
    with pytest.raises(DeliveryError):
        forward()

    page = shown(auditor)

    assert "failing" in page
    assert "It answered 503 (Service Unavailable)." in page
    assert "1 failure in a row; again in 9 min, at " in page


def test_what_waits_while_nobody_forwards_is_noticed(auditor: Client, siem: HttpReceiver) -> None:
    begin()
    write()
    long_ago = timezone.now() - timedelta(minutes=3)
    behind("UPDATE queues_app_auditlink SET bound_at = %s", str(long_ago))
    assert AuditLink.objects.get().bound_at == long_ago
    assert "nobody forwards" in shown(auditor)

    AuditDestination.objects.update(told_at=timezone.now())
    assert "on its way" in shown(auditor)

    AuditDestination.objects.update(told_at=None, failures=1, next_at=long_ago)
    assert "nobody forwards" in shown(auditor)


def test_a_test_line_is_sent_at_once_and_is_on_the_record(auditor: Client, siem: HttpReceiver) -> None:
    answer = auditor.post(TEST, {"destination": "siem"})

    assert answer.headers["Location"] == PAGE
    assert "A test line went to siem." in shown(auditor)
    told = json.loads(siem.lines[0])
    assert (told["kind"], told["user_name"]) == ("test", "auditor")
    entry = AuditEntry.objects.get(action=Action.FORWARD_TEST)
    assert (entry.outcome, entry.parameters) == (Outcome.OK, {"destination": "siem"})


def test_one_that_does_not_arrive_says_why_and_is_on_the_record_too(auditor: Client, siem: HttpReceiver) -> None:
    siem.answers.append((403, {}))
    auditor.post(TEST, {"destination": "siem"})

    assert "The test line did not arrive at siem. It answered 403 (Forbidden)." in shown(auditor)
    entry = AuditEntry.objects.get(action=Action.FORWARD_TEST)
    assert (entry.outcome, entry.reason) == (Outcome.FAILED, "answered")


def test_a_destination_that_there_is_not_is_not_found(auditor: Client, siem: HttpReceiver) -> None:
    assert auditor.post(TEST, {"destination": siem.url}).status_code == 404
    assert auditor.post(TEST).status_code == 404
    assert siem.lines == []


def test_who_may_not_see_all_entries_sees_none_of_it_and_the_attempt_is_recorded(
    cast: Cast, siem: HttpReceiver
) -> None:
    browser = signed_in(cast.owner)

    assert browser.get(PAGE).status_code == 403
    assert browser.post(TEST, {"destination": "siem"}).status_code == 403
    assert siem.lines == []
    assert {entry.outcome for entry in AuditEntry.objects.all()} == {Outcome.REFUSED}
    assert PAGE not in browser.get("/audit/").content.decode()


def test_the_log_leads_there(auditor: Client) -> None:
    assert PAGE in auditor.get("/audit/").content.decode()


def test_no_secret_is_shown_or_recorded(auditor: Client, siem: HttpReceiver) -> None:
    siem.answers.append((500, {}))
    auditor.post(TEST, {"destination": "siem"})
    auditor.post(TEST, {"destination": "siem"})

    said = f"{auditor.get(PAGE).content.decode()}{list(AuditEntry.objects.values())}"

    assert "http://127.0.0.1" in said
    assert not [secret for secret in ("pa55", "t0ken", "s3cret", SECRET[6:]) if secret in said]
