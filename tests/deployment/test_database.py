"""A database that is locked or full: nothing leaves that cannot be written down first."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from tests.deployment.conftest import Scene, Start, session_of
from tests.deployment.forms import peek_form, pull_form, settle_form
from tests.deployment.serving import Dashboard
from tests.support.people import PASSWORD, signed_in, take_password

UNWRITABLE = "The audit log cannot be written at the moment, so nothing was asked of Cloudflare."
ACTING = ("pull", "peek", "settle")


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """The owner can also sign in by form: the real settings do not take the tests' quick hashes."""
    owner = scene.account.credential.owner
    take_password(owner)
    return replace(scene, session=session_of(signed_in(owner)))


def ask_everything(
    dashboard: Dashboard, scene: Scene, batch: str, meanwhile: ThreadPoolExecutor
) -> dict[str, httpx.Response]:
    """Pull, peek, acknowledge and sign in, side by side: each waits for the database for some seconds."""
    with dashboard.browser(scene.session) as browser, dashboard.browser() as visitor:
        under_way = {
            "pull": meanwhile.submit(browser.post, f"{scene.place}pull/", data=pull_form()),
            "peek": meanwhile.submit(browser.post, f"{scene.place}peek/", data=peek_form()),
            "ack": meanwhile.submit(browser.post, f"{batch}settle/", data=settle_form(0, 1)),
            "sign-in": meanwhile.submit(visitor.post, "/sign-in/", data={"login": "owner", "password": PASSWORD}),
        }
        return {name: answer.result() for name, answer in under_way.items()}


def pulled(dashboard: Dashboard, scene: Scene) -> str:
    """The address of a batch that is held."""
    with dashboard.browser(scene.session) as browser:
        answer = browser.post(f"{scene.place}pull/", data=pull_form())
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]


@pytest.mark.parametrize("trouble", ["database_locked", "disk_full"])
def test_nothing_is_asked_of_cloudflare_and_nobody_signs_in(
    scene: Scene, start: Start, meanwhile: ThreadPoolExecutor, trouble: str
) -> None:
    dashboard = start(limited=trouble == "disk_full")
    batch = pulled(dashboard, scene)
    before = {route: scene.queue.count(route) for route in ACTING}
    sessions = len(dashboard.rows("django_session", order="session_key"))

    with getattr(dashboard, trouble)():
        answers = ask_everything(dashboard, scene, batch, meanwhile)

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 503)
    for name, answer in answers.items():
        assert UNWRITABLE in answer.text, name
        assert "sessionid" not in answer.cookies, name
    assert {route: scene.queue.count(route) for route in ACTING} == before
    assert len(dashboard.rows("django_session", order="session_key")) == sessions
    assert [entry["action"] for entry in dashboard.rows("queues_app_auditentry")] == ["messages.pull"]


def test_a_database_that_locks_during_the_pull_leaves_the_entry_unknown_and_says_what_became_of_it(
    scene: Scene, start: Start, meanwhile: ThreadPoolExecutor
) -> None:
    dashboard = start()
    scene.sandbox.hold("pull")
    with dashboard.browser(scene.session) as browser:
        answer = meanwhile.submit(browser.post, f"{scene.place}pull/", data=pull_form())
        scene.wait_for("pull")
        with dashboard.database_locked():
            scene.sandbox.release()
            told = answer.result()

        assert told.status_code == 503
        (entry,) = dashboard.entries("messages.pull")
        assert (entry["outcome"], entry["completed_at"]) == ("unknown", None)
        assert f"entry R-{entry['id']} stays unknown" in told.text
        assert browser.get("/audit/").status_code == 200
    assert scene.queue.count("pull") == 1
