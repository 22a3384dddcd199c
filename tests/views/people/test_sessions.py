"""Where somebody is signed in, and the end of it."""

from importlib import import_module
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from queues_app.models import Action, AuditEntry, Outcome, User
from queues_app.rows.you import browser_of
from tests.support.people import Cast, signed_in
from tests.views.people.signing import is_signed_in, sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_the_list_names_browser_and_address_and_marks_this_one(cast: Cast) -> None:
    here, elsewhere = Client(), Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.7")
    sign_in(here)
    sign_in(elsewhere)
    rows = here.get("/you/").context["sessions"]
    assert {(row.browser, row.address, row.is_current) for row in rows} == {
        ("Firefox on Linux", "192.0.2.7", False),
        ("unknown browser", "127.0.0.1", True),
    }


def test_a_session_that_began_before_sessions_were_listed_is_in_the_list(cast: Cast) -> None:
    browser = signed_in(cast.owner)
    assert [row.is_current for row in browser.get("/you/").context["sessions"]] == [True]


def test_one_browser_is_signed_out_from_another(cast: Cast) -> None:
    here, elsewhere = Client(), Client()
    sign_in(elsewhere)
    sign_in(here)
    other = next(row for row in here.get("/you/").context["sessions"] if not row.is_current)
    assert here.post(f"/you/sessions/{other.number}/end/").status_code == 303
    assert (is_signed_in(here), is_signed_in(elsewhere)) == (True, False)
    entry = AuditEntry.objects.get(action=Action.SESSIONS_END)
    assert (entry.outcome, entry.user_name, entry.parameters["address"]) == (Outcome.OK, "owner", "127.0.0.1")


def test_the_session_of_somebody_else_does_not_exist(cast: Cast) -> None:
    theirs, mine = Client(), Client()
    sign_in(theirs, name="teammate")
    sign_in(mine)
    number = theirs.get("/you/").context["sessions"][0].number
    assert mine.post(f"/you/sessions/{number}/end/").status_code == 404
    assert is_signed_in(theirs)


@pytest.mark.parametrize("this_too", [False, True])
def test_signing_out_everywhere_ends_also_what_nobody_listed(cast: Cast, this_too: bool) -> None:
    here, elsewhere, unlisted, somebody = Client(), Client(), signed_in(cast.owner), signed_in(cast.teammate)
    sign_in(here)
    sign_in(elsewhere)
    assert here.post("/you/sessions/end/", {"this": "too"} if this_too else {}).status_code == 303
    assert is_signed_in(here) is not this_too
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(unlisted)
    assert is_signed_in(somebody)
    assert AuditEntry.objects.get(action=Action.SESSIONS_END).outcome == Outcome.OK


def test_closing_an_account_ends_its_sessions_for_good_and_keeps_its_record(cast: Cast) -> None:
    browser = Client()
    sign_in(browser)
    call_command("person", "owner", "--close", stdout=StringIO())
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    assert not store.exists(browser.cookies["sessionid"].value)
    assert AuditEntry.objects.filter(action=Action.SIGN_IN, user_id=cast.owner.pk).exists()
    User.objects.filter(pk=cast.owner.pk).update(is_active=True)
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "unknown browser"),
        ("<script>alert(1)</script> Firefox/1", "Firefox"),
    ],
)
def test_what_a_browser_claims_becomes_words_of_ours(claim: str, words: str) -> None:
    assert browser_of(claim) == words
