"""The frame of every page: it says who, where and how, and claims no more than it knows."""

import tomllib

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from queues_app.models import Environment, User, Watch
from queues_app.rows import shell
from tests.support.people import make_account, make_user

ACME = "7d1f0c3ab2e94f6d8a55c0e1b9274c1e"
LABS = "0123456789abcdef0123456789abcdef"


def built(user: User | AnonymousUser, path: str = "/", *, account: object = None, **state: object) -> shell.Shell:
    request = RequestFactory().get(path)
    request.user = user
    request.session = state.get("session", {})  # type: ignore[assignment]
    request.COOKIES = state.get("cookies", {})  # type: ignore[assignment]
    if account is not None:
        request.account = account  # type: ignore[attr-defined]
    return shell.build(request)


def test_an_anonymous_page_names_nobody_and_asks_no_database() -> None:
    frame = built(AnonymousUser())
    assert (frame.person, frame.account, frame.accounts, frame.places) == (None, None, (), ())
    assert frame.zone == "UTC"


def test_a_request_that_never_met_the_session_still_has_a_frame() -> None:
    assert shell.build(RequestFactory().get("/")).person is None


@pytest.mark.django_db
def test_the_account_of_the_page_is_the_chosen_one() -> None:
    ana = make_user("ana")
    make_account(ana, secret="s" * 40, account_id=ACME, environment=Environment.PRODUCTION)
    labs = make_account(ana, secret="t" * 40, account_id=LABS, name="acme-labs", label="labs")
    frame = built(ana, account=labs)
    assert frame.account is not None
    assert (frame.account.name, frame.environment) == ("acme-labs", "sandbox")
    assert [place.chosen for place in frame.accounts] == [False, True]


@pytest.mark.django_db
def test_a_page_without_an_account_stays_with_the_one_visited_last() -> None:
    ana = make_user("ana")
    make_account(ana, secret="s" * 40, account_id=ACME)
    labs = make_account(ana, secret="t" * 40, account_id=LABS, name="acme-labs", label="labs")
    assert built(ana, "/audit/", session={"account": labs.pk}).accounts[1].chosen


@pytest.mark.django_db
def test_somebody_elses_account_is_never_offered() -> None:
    ana, ben = make_user("ana"), make_user("ben")
    theirs = make_account(ben, secret="s" * 40, account_id=ACME)
    frame = built(ana, session={"account": theirs.pk})
    assert frame.accounts == ()
    assert frame.account is None


@pytest.mark.django_db
def test_the_frame_asks_for_the_accounts_and_whether_any_act_takes_two_people(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ana = make_user("ana")
    make_account(ana, secret="s" * 40, account_id=ACME)
    with django_assert_num_queries(2):
        built(ana)


@pytest.mark.django_db
def test_a_fragment_that_never_looks_at_the_frame_pays_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    request = RequestFactory().get("/")
    request.user = make_user("ana")
    with django_assert_num_queries(0):
        shell.context_processor(request)


@pytest.mark.django_db
def test_the_place_one_is_in_is_marked() -> None:
    frame = built(make_user("ana"), "/audit/17/")
    assert [place.name for place in frame.places if place.chosen] == ["Audit log"]


@pytest.mark.django_db
def test_the_frame_counts_ones_own_watches_that_fire() -> None:
    ana, ben = make_user("ana"), make_user("ben")
    accounts = {user: make_account(user, secret="s" * 40, account_id=ACME) for user in (ana, ben)}
    for owner, state in ((ana, "firing"), (ana, "firing"), (ana, "ok"), (ben, "firing")):
        account = accounts[owner]
        Watch.objects.create(owner=owner, account=account, kind="backlog", threshold=1, state=state, queue_name="q")
    assert (built(ana).firing, built(ben).firing, built(make_user("eve")).firing) == (2, 1, 0)


@pytest.mark.parametrize(
    ("cookie", "seconds"), [("30", 30), ("0", 0), ("5", 10), ("1", 10), ("-5", 10), ("soon", 10), ("", 10)]
)
def test_the_refresh_cookie_is_believed_only_where_the_floor_allows(
    cookie: str, seconds: int, settings: Settings
) -> None:
    settings.REFRESH_FLOOR = 10
    frame = built(AnonymousUser(), cookies={"refresh": cookie})
    assert [choice.value for choice in frame.intervals] == ["0", "10", "30", "60", "300"]
    assert [choice.value for choice in frame.intervals if choice.chosen] == [str(seconds)]


@pytest.mark.parametrize(("floor", "seconds"), [(1, 10), (20, 30), (600, 0)])
def test_without_a_choice_the_interval_is_one_that_is_offered(floor: int, seconds: int, settings: Settings) -> None:
    settings.REFRESH_FLOOR = floor
    frame = built(AnonymousUser())
    assert [choice.value for choice in frame.intervals if choice.chosen] == [str(seconds)]


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("auto", "auto"), ('"><script>', "auto")]
)
def test_the_theme_cookie_is_one_of_three_words(cookie: str, theme: str) -> None:
    assert built(AnonymousUser(), cookies={"theme": cookie}).theme == theme


@pytest.mark.parametrize(
    ("base_url", "environment", "sentence"),
    [
        ("https://api.cloudflare.com/client/v4", "production", ""),
        ("http://127.0.0.1:8787/client/v4", "production", "Nothing here reaches Cloudflare."),
        ("http://[::1]:8787/client/v4", "", "Nothing here reaches Cloudflare."),
        ("http://sandbox:8787/client/v4", "", "Nothing here reaches Cloudflare."),
        ("https://gateway.example/client/v4", "", "requests go to gateway.example"),
        ("https://api.cloudflare.com/client/v4", "sandbox", "requests do reach Cloudflare"),
    ],
)
def test_the_rehearsal_banner_never_claims_more_than_is_known(base_url: str, environment: str, sentence: str) -> None:
    said = shell.rehearsal(base_url, environment)
    assert sentence in said
    assert bool(said) == bool(sentence)


def test_the_version_is_the_one_of_the_project() -> None:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    assert shell.version() == project["project"]["version"]
