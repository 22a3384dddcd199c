"""Making teams, saying who belongs to them, and sharing a credential with one."""

import uuid

import pytest
from django.test import Client

from queues_app.models import Account, Action, AuditEntry, Effect, Membership, Outcome, QueueRule, Share, Team
from tests.support.people import Cast, signed_in
from tests.support.teams import LOOKING, make_team, share


@pytest.fixture
def admin(cast: Cast) -> Client:
    return signed_in(cast.admin)


def make(browser: Client, name: str = "on-call", intent: str = "") -> int:
    return browser.post("/teams/add/", {"name": name, "intent": intent or uuid.uuid4()}).status_code


def put(browser: Client, team: Team, person: str, role: str = "Operator") -> int:
    return browser.post(f"/teams/{team.pk}/members/", {"person": person, "role": role}).status_code


def last() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


def test_an_admin_makes_a_team_and_puts_people_into_it(admin: Client) -> None:
    assert make(admin) == 303
    team = Team.objects.get()
    assert (last().action, last().parameters) == (Action.TEAM_ADD, {"team": "on-call"})
    assert put(admin, team, "owner") == 303
    assert (last().action, last().parameters["role"]) == (Action.MEMBER_ADD, "Operator")
    assert put(admin, team, "owner", "Lead") == 303
    assert (last().action, last().parameters["role"]) == (Action.MEMBER_ROLE, "Operator → Lead")
    member = Membership.objects.get()
    assert (member.user.get_username(), member.role) == ("owner", "Lead")
    page = admin.get(f"/teams/{team.pk}/").text
    assert "owner" in page
    assert "Lead" in page


def test_the_same_form_twice_makes_one_team(admin: Client) -> None:
    intent = str(uuid.uuid4())
    assert (make(admin, intent=intent), make(admin, intent=intent)) == (303, 302)
    assert Team.objects.count() == 1


def test_two_teams_have_two_names(admin: Client) -> None:
    make(admin)
    make(admin, "night")
    assert make(admin) == 422
    assert (last().outcome, last().reason) == (Outcome.REFUSED, "team-name-taken")
    night = Team.objects.get(name="night")
    answer = admin.post(f"/teams/{night.pk}/rename/", {"name": "on-call"})
    assert answer.status_code == 422
    assert "Another team has this name" in answer.text
    assert admin.post(f"/teams/{night.pk}/rename/", {"name": "nights"}).status_code == 303
    assert sorted(Team.objects.values_list("name", flat=True)) == ["nights", "on-call"]


@pytest.mark.parametrize("name", ["", "  ", "\u202e\u200b", "x" * 81])
def test_a_team_has_a_name_that_can_be_read(admin: Client, name: str) -> None:
    assert make(admin, name) == 422
    assert not Team.objects.exists()


@pytest.mark.parametrize(("person", "role"), [("nobody", "Lead"), ("owner", "Admin"), ("owner", "")])
def test_only_people_and_roles_that_there_are_go_into_a_team(admin: Client, person: str, role: str) -> None:
    team = make_team()
    assert put(admin, team, person, role) == 422
    assert not Membership.objects.exists()


def test_whoever_does_not_manage_teams_is_refused_on_the_record_and_others_teams_do_not_exist(cast: Cast) -> None:
    team, other = make_team(owner="Lead"), make_team("night")
    browser = signed_in(cast.owner)
    assert browser.get(f"/teams/{team.pk}/").status_code == 200
    assert "Take out" not in browser.get(f"/teams/{team.pk}/").text
    for path in ("add/", f"{team.pk}/rename/", f"{team.pk}/remove/", f"{team.pk}/members/"):
        assert browser.post(f"/teams/{path}", {"name": "x"}).status_code == 403, path
        assert (last().user_name, last().outcome, last().reason) == ("owner", Outcome.REFUSED, "not-allowed")
    for path in ("", "rename/", "remove/", "members/"):
        assert browser.get(f"/teams/{other.pk}/{path}").status_code == 404, path
    assert "night" not in browser.get("/teams/").text


def test_whoever_leaves_a_team_shares_nothing_with_it_any_more(admin: Client, account: Account) -> None:
    team = make_team(owner="Lead", teammate="Operator")
    share(account.credential, team, Operator=LOOKING)
    leaving = Membership.objects.get(user__username="owner")
    assert admin.post(f"/teams/{team.pk}/members/{leaving.pk}/remove/").status_code == 303
    assert last().remark == f"no longer shared: {account.credential.display} of owner"
    assert not Share.objects.exists()


def test_with_a_team_goes_what_was_shared_with_it(admin: Client, account: Account) -> None:
    team = make_team(owner="Lead")
    share(account.credential, team, Operator=LOOKING)
    assert "Remove the team on-call?" in admin.get(f"/teams/{team.pk}/remove/").text
    assert admin.post(f"/teams/{team.pk}/remove/").status_code == 303
    assert "no longer shared" in last().remark
    assert (Team.objects.count(), Share.objects.count()) == (0, 0)


def test_the_owner_shares_changes_and_withdraws(cast: Cast, account: Account) -> None:
    team, browser = make_team(owner="Viewer", teammate="Operator"), signed_in(cast.owner)
    url = f"/credentials/{account.credential.pk}/share/{team.pk}/"
    page = browser.get(url).text
    # To begin with, looking only.
    assert (page.count('"see_queues" checked'), page.count('"peek" checked'), page.count('"pull" checked')) == (3, 2, 0)
    form = {"Operator": ["pull"], "intent": uuid.uuid4()}
    assert browser.post(url, form).status_code == 303
    entry = last()
    assert (entry.action, entry.outcome, entry.credential_id) == (Action.SHARE, Outcome.OK, account.credential.pk)
    assert entry.parameters == {
        "team": "on-call",
        "Viewer": "nothing",
        "Operator": "see_queues, pull",
        "Lead": "nothing",
    }
    assert "Operator: see, pull" in browser.get(f"/credentials/{account.credential.pk}/").text
    assert "Operator: see, pull" in signed_in(cast.teammate).get(f"/teams/{team.pk}/").text
    # The same form again, from a slow double click, changes nothing of what came between.
    Share.objects.update(permissions=["see_queues"])
    assert browser.post(url, form).status_code == 303
    assert Share.objects.get().permissions == ["see_queues"]
    assert browser.post(f"{url}end/").status_code == 303
    assert (last().action, Share.objects.count()) == (Action.SHARE_END, 0)


@pytest.mark.parametrize("chosen", [{}, {"Viewer": ["pull"]}, {"Operator": ["manage_people"]}, {"Admin": ["peek"]}])
def test_no_role_is_let_do_what_it_does_not_hold(cast: Cast, account: Account, chosen: dict[str, list[str]]) -> None:
    team = make_team(owner="Lead")
    url = f"/credentials/{account.credential.pk}/share/{team.pk}/"
    assert signed_in(cast.owner).post(url, {**chosen, "intent": uuid.uuid4()}).status_code == 422
    assert not Share.objects.exists()


def test_one_shares_with_teams_that_one_belongs_to(cast: Cast, account: Account) -> None:
    team = make_team(teammate="Lead")
    url = f"/credentials/{account.credential.pk}/share/{team.pk}/"
    for browser in (signed_in(cast.owner), signed_in(cast.teammate), signed_in(cast.admin)):
        assert browser.post(url, {"Operator": "peek", "intent": uuid.uuid4()}).status_code == 404
    assert not Share.objects.exists()


def test_what_somebody_may_do_is_answered_for_each_way_that_they_have(cast: Cast, account: Account) -> None:
    share(account.credential, make_team(owner="Lead", teammate="Operator"), Operator=(*LOOKING, "send"))
    QueueRule.objects.create(effect=Effect.DENY, permissions=["send"], pattern="prod-*", role="Operator")
    asked = {"person": "teammate", "account_id": account.account_id, "queue": "prod-orders"}
    for browser in (signed_in(cast.admin), signed_in(cast.teammate)):
        page = browser.get("/rules/why/", asked).text
        assert f"by <bdi>{account.credential.display} of owner, through on-call</bdi>" in page
        assert "by the role Operator in the team on-call, within what owner shares with it" in page
        assert "owner does not let the role Operator in the team on-call pull messages." in page
        assert "In the team on-call your role is Operator, which may not empty queues." in page
        assert "A rule does not let you send messages here" in page


def test_what_one_is_in_teams_stands_on_the_page_about_oneself(cast: Cast) -> None:
    make_team(viewer="Lead")
    assert "on-call, Lead" in signed_in(cast.viewer).get("/you/").text
