"""A slow Cloudflare costs those who wait for it; everybody else is served."""

from concurrent.futures import Future, ThreadPoolExecutor

import httpx

from tests.deployment.conftest import Scene, Start
from tests.deployment.forms import pull_form

BUSY = "Too many requests are waiting for Cloudflare at the moment. Nothing was sent"


def test_the_surplus_is_told_at_once_and_other_pages_answer_meanwhile(
    scene: Scene, start: Start, meanwhile: ThreadPoolExecutor
) -> None:
    dashboard = start(UPSTREAM_SLOTS="2")
    scene.sandbox.hold("pull")
    with dashboard.browser(scene.session) as browser:
        waiting: list[Future[httpx.Response]] = []
        for number in (1, 2):
            waiting.append(meanwhile.submit(browser.post, f"{scene.place}pull/", data=pull_form()))
            scene.wait_for("pull", number)

        surplus = browser.post(f"{scene.place}pull/", data=pull_form())
        assert surplus.status_code == 503
        assert BUSY in surplus.text
        for address in ("/audit/", "/credentials/", "/healthz/", "/sign-in/"):
            assert browser.get(address).status_code in (200, 302), address
        assert [one.done() for one in waiting] == [False, False]

        scene.sandbox.release()
        assert [one.result().status_code for one in waiting] == [303, 303]
        assert browser.post(f"{scene.place}pull/", data=pull_form()).status_code == 303

    assert scene.queue.count("pull") == 3
    entries = dashboard.entries("messages.pull")
    assert sorted(entry["outcome"] for entry in entries) == ["ok", "ok", "ok", "refused"]
    assert {entry["reason"] for entry in entries} == {"", "upstream-busy"}
