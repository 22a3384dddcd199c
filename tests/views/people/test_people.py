"""Inviting, joining, roles, closing and reopening."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from time_machine import travel

from queues_app.models import Action, AuditEntry, Invitation, Outcome, User
from queues_app.operations.people import role_of
from tests.support.people import Cast, signed_in
from tests.views.people.signing import is_signed_in, sign_in, with_app

PASSWORD = "seven green kettles sing"


def invited(cast: Cast) -> str:
    answer = signed_in(cast.admin).post("/people/invite/", {"role": "Operator", "full_name": "Mia Stone"})
    assert answer.status_code == 200
    return word_of(answer.context["link"])


def word_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["word"][0]


def join(word: str, name: str = "mia", new: str = PASSWORD) -> Any:
    return Client().post("/join/", {"word": word, "name": name, "new": new})


def entry_of(action: Action) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).latest("pk")


def test_somebody_joins_by_a_link_and_is_what_the_invitation_says(cast: Cast) -> None:
    word = invited(cast)
    page = Client().get("/join/", {"word": word})
    assert "Welcome, Mia Stone" in page.text
    assert join(word).headers["Location"] == "/sign-in/"
    mia = User.objects.get(username="mia")
    assert (mia.get_full_name(), role_of(mia)) == ("Mia Stone", "Operator")
    assert sign_in(Client(), "mia", PASSWORD).headers["Location"] == "/"
    asked, joined = entry_of(Action.INVITE), entry_of(Action.JOIN)
    assert (asked.user_name, asked.outcome, asked.parameters["role"]) == ("admin", Outcome.OK, "Operator")
    assert (joined.user_name, joined.user_id, joined.parameters["invited_by"]) == ("mia", mia.pk, "admin")


def test_the_word_of_a_link_is_kept_nowhere(cast: Cast) -> None:
    word = invited(cast)
    kept = str(list(Invitation.objects.values())) + str(list(AuditEntry.objects.values()))
    assert word not in kept
    assert word not in signed_in(cast.admin).get("/people/").text


def test_a_link_opens_once(cast: Cast) -> None:
    word = invited(cast)
    join(word)
    assert Client().get("/join/", {"word": word}).status_code == 410
    assert join(word, name="eve").status_code == 410
    assert not User.objects.filter(username="eve").exists()


def test_a_link_ends_after_72_hours(cast: Cast) -> None:
    with travel(datetime(2026, 3, 4, 12, tzinfo=UTC), tick=False) as clock:
        word = invited(cast)
        clock.shift(timedelta(hours=72, seconds=-1))
        assert Client().get("/join/", {"word": word}).status_code == 200
        clock.shift(timedelta(seconds=1))
        assert join(word).status_code == 410


def test_a_withdrawn_link_opens_nothing(cast: Cast) -> None:
    word = invited(cast)
    browser = signed_in(cast.admin)
    assert browser.post(f"/people/invitations/{Invitation.objects.get().pk}/withdraw/").status_code == 303
    assert join(word).status_code == 410
    assert entry_of(Action.WITHDRAW).outcome == Outcome.OK


@pytest.mark.parametrize("word", ["", "x", "\x00", "a" * 5000])
def test_a_word_that_was_never_given_looks_like_one_that_is_over(cast: Cast, word: str) -> None:
    answer = Client().get("/join/", {"word": word})
    assert answer.status_code == 410
    assert "This invitation is over" in answer.text
    assert join(word).status_code == 410


@pytest.mark.parametrize(
    ("name", "new"), [("OWNER", PASSWORD), ("not a name!", PASSWORD), ("", PASSWORD), ("mia", "short"), ("mia", "")]
)
def test_a_bad_name_or_password_uses_up_no_link(cast: Cast, name: str, new: str) -> None:
    word = invited(cast)
    answer = join(word, name, new)
    assert answer.status_code == 422
    assert PASSWORD not in answer.text
    assert join(word).status_code == 303


def test_the_console_makes_a_link_too(cast: Cast) -> None:
    out = StringIO()
    call_command("invite", "--role", "Lead", "--full-name", "Bo Lind", stdout=out)
    link = out.getvalue().strip()
    assert link.startswith("http://127.0.0.1/join/?word=")
    join(word_of(link), name="bo")
    assert role_of(User.objects.get(username="bo")) == "Lead"
    assert entry_of(Action.INVITE).user_name == "manage.py"


def test_a_role_is_changed_on_the_record(cast: Cast) -> None:
    browser = signed_in(cast.admin)
    assert browser.post(f"/people/{cast.owner.pk}/role/", {"role": "Viewer"}).status_code == 303
    assert role_of(cast.owner) == "Viewer"
    entry = entry_of(Action.ROLE)
    assert (entry.user_name, entry.parameters) == ("admin", {"person": "owner", "role": "Operator → Viewer"})
    assert browser.post(f"/people/{cast.owner.pk}/role/", {"role": "King"}).status_code == 422


def test_closing_ends_sessions_at_once_and_reopening_does_not_bring_them_back(cast: Cast) -> None:
    browser, admin = Client(), signed_in(cast.admin)
    sign_in(browser)
    assert admin.post(f"/people/{cast.owner.pk}/close/").status_code == 303
    assert not is_signed_in(browser)
    assert admin.post(f"/people/{cast.owner.pk}/reopen/").status_code == 303
    assert not is_signed_in(browser)
    assert sign_in(browser).headers["Location"] == "/"
    assert [entry_of(action).parameters["person"] for action in (Action.CLOSE, Action.REOPEN)] == ["owner", "owner"]


def test_the_last_administrator_keeps_account_and_role(cast: Cast) -> None:
    browser = signed_in(cast.admin)
    for path, form in (("close", {}), ("role", {"role": "Viewer"})):
        answer = browser.post(f"/people/{cast.admin.pk}/{path}/", form)
        assert answer.status_code == 409
        assert "admin is the last administrator who may sign in." in answer.text
    assert (User.objects.get(pk=cast.admin.pk).is_active, role_of(cast.admin)) == (True, "Admin")
    assert entry_of(Action.CLOSE).outcome == entry_of(Action.ROLE).outcome == Outcome.REFUSED
    with pytest.raises(CommandError, match="last administrator"):
        call_command("person", "admin", "--close", stdout=StringIO())


def test_a_closed_administrator_does_not_count_as_one_who_is_left(cast: Cast) -> None:
    browser = signed_in(cast.admin)
    browser.post(f"/people/{cast.owner.pk}/role/", {"role": "Admin"})
    browser.post(f"/people/{cast.owner.pk}/close/")
    assert browser.post(f"/people/{cast.admin.pk}/close/").status_code == 409
    browser.post(f"/people/{cast.owner.pk}/reopen/")
    assert browser.post(f"/people/{cast.admin.pk}/role/", {"role": "Viewer"}).status_code == 303


def test_whoever_may_not_manage_people_changes_nobody_and_the_attempt_is_on_the_record(cast: Cast) -> None:
    answer = signed_in(cast.owner).post("/people/invite/", {"role": "Admin"})
    assert answer.status_code == 403
    assert not Invitation.objects.exists()
    entry = entry_of(Action.INVITE)
    assert (entry.user_name, entry.outcome, entry.reason) == ("owner", Outcome.REFUSED, "not-allowed")


def test_the_list_shows_everybody_and_what_they_are(cast: Cast) -> None:
    rows = {row.name: row for row in signed_in(cast.admin).get("/people/").context["people"]}
    assert (rows["viewer"].role, rows["stranger"].role) == ("Viewer", "no role")
    assert set(rows) == {"owner", "teammate", "viewer", "auditor", "admin", "stranger"}


@pytest.mark.parametrize("by_console", [False, True])
def test_somebody_who_lost_every_second_factor_is_let_in_by_an_administrator(cast: Cast, by_console: bool) -> None:
    with_app(signed_in(cast.owner))
    assert sign_in(Client()).headers["Location"] == "/sign-in/second-step/"
    if by_console:
        call_command("person", "owner", "--forget-factors", stdout=StringIO())
    else:
        signed_in(cast.admin).post(f"/people/{cast.owner.pk}/second-factors/remove/")
    assert sign_in(Client()).headers["Location"] == "/"
    entry = entry_of(Action.FACTOR_REMOVE)
    assert (entry.user_name, entry.parameters) == ("manage.py" if by_console else "admin", {"person": "owner"})
