"""The log of a real server over the main job: a line for each request and each call, and nothing confidential."""

import json
from typing import Any

import httpx
import pytest

from queues_app import vault
from queues_app.sandbox import ManualClock
from queues_app.sandbox.seed import TOKENS
from tests.deployment.conftest import HeldSandbox, Scene, Start
from tests.deployment.forms import peek_form, pull_form, settle_form
from tests.deployment.serving import CSRF, Dashboard
from tests.security.evidence import Evidence

TOKEN = "cfut_Zq8Rk2Vw5Yt1Xp7Ld9Nb4Mc6Jh3Gf0SaUeOiWy5TzKx2Pv8"
BODY = "confidential: account 4711-0815-2342 of Ms Wojcik-Angstrom"
QUERY = "body.customer:kowalska-9182"


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> HeldSandbox:
    """One whose token can be searched for: the seed's own is mostly zeros."""
    monkeypatch.setitem(TOKENS, "full", TOKEN)
    return HeldSandbox(clock)


@pytest.fixture
def scene(scene: Scene) -> Scene:
    scene.queue.push(BODY)
    return scene


def main_job(browser: httpx.Client, scene: Scene) -> tuple[str, str]:
    """Peek, pull, filter, open and settle; the ids of the requests that pulled and settled."""
    peeked = browser.post(f"{scene.place}peek/", data=peek_form())
    assert peeked.status_code == 303
    pulled = browser.post(f"{scene.place}pull/", data=pull_form(batch_size=10))
    assert pulled.status_code == 303
    batch = pulled.headers["Location"]
    assert browser.get(batch, params={"q": QUERY}).status_code == 200
    assert browser.get(f"{batch}messages/0/").status_code == 200
    settled = browser.post(f"{batch}settle/", data=settle_form(0, 1))
    assert settled.status_code == 303
    assert browser.get("/nothing/here/", params={"token": TOKEN}).status_code == 404
    return pulled.headers["X-Request-ID"], settled.headers["X-Request-ID"]


def lines(dashboard: Dashboard) -> list[dict[str, Any]]:
    return [json.loads(line) for line in dashboard.log.splitlines() if line.startswith("{")]


def test_a_request_and_its_calls_are_told_under_one_number(scene: Scene, start: Start) -> None:
    dashboard = start()
    with dashboard.browser(scene.session) as browser:
        of_pull, _ = main_job(browser, scene)
        of_audit = browser.get("/audit/", params={"q": QUERY}).headers["X-Request-ID"]
    told = [line for line in lines(dashboard) if line["request_id"] == of_pull]
    calls = [line for line in told if line["logger"] == "queuescope.upstream"]
    assert "pull" in [call["operation"] for call in calls]
    assert {(call["status"], call["outcome"], call["reason"], call["level"]) for call in calls} == {
        (200, "ok", None, "info")
    }
    (request,) = [line for line in told if line["logger"] == "queuescope.request"]
    assert (request["method"], request["view"], request["status"]) == ("POST", "pull", 303)
    assert (request["path"], request["client"]) == (f"{scene.place}pull/", "127.0.0.1")
    assert request["user"] == scene.account.credential.owner_id
    assert request["duration_ms"] >= max(call["duration_ms"] for call in calls)
    (audit,) = [line for line in lines(dashboard) if line["request_id"] == of_audit]
    assert audit["path"] == "/audit/"


def test_every_line_of_the_server_is_an_object_and_gunicorn_writes_no_second_one(scene: Scene, start: Start) -> None:
    dashboard = start()
    with dashboard.browser() as visitor:
        number = visitor.get("/healthz/").headers["X-Request-ID"]
    everything = dashboard.log.splitlines()
    # Warnings about the settings of the tests come first, before there is a log.
    begins = next(number for number, line in enumerate(everything) if line.startswith("{"))
    told = [json.loads(line) for line in everything[begins:] if not line.startswith(("Queuescope starts", "  "))]
    assert {"gunicorn.error", "queuescope.request"} <= {line["logger"] for line in told}
    assert [line["event"] for line in told if line["request_id"] == number] == ["request"]


@pytest.mark.parametrize("style", ["json", "line"])
def test_nothing_of_a_whole_round_that_is_confidential_is_in_the_log(scene: Scene, start: Start, style: str) -> None:
    dashboard = start(LOG_FORMAT=style, LOG_LEVEL="DEBUG")
    with dashboard.browser(scene.session) as browser:
        _, of_settle = main_job(browser, scene)
        scene.sandbox.fault("server_error", route="pull", count=1)
        browser.post(f"{scene.place}pull/", data=pull_form())
    evidence = Evidence()
    evidence.add("log", dashboard.log)
    assert of_settle in dashboard.log
    leases = [vault.unseal(row["sealed_lease_id"]).decode() for row in dashboard.rows("queues_app_lease")]
    assert len(leases) == 6
    confidential = {
        "token": TOKEN,
        "body": BODY,
        "query": QUERY,
        "session": scene.session,
        "account": scene.account.account_id,
        **{f"lease id {number}": lease for number, lease in enumerate(leases) if lease},
    }
    assert CSRF not in dashboard.log
    assert evidence.search(confidential) == []
