"""A process that dies, or is told to stop, while Cloudflare is at work: the record tells what is known."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.deployment.conftest import Scene, Start
from tests.deployment.forms import pull_form, settle_form
from tests.support.waiting import wait_until


def test_a_worker_killed_in_the_middle_of_a_pull_leaves_an_unknown_entry_and_pulls_nothing_twice(
    scene: Scene, start: Start, meanwhile: ThreadPoolExecutor
) -> None:
    dashboard = start()
    form = pull_form()
    with dashboard.browser(scene.session) as browser:
        scene.sandbox.hold("pull")
        lost = meanwhile.submit(browser.post, f"{scene.place}pull/", data=form)
        scene.wait_for("pull")
        dashboard.kill_worker()
        scene.sandbox.release()
        with pytest.raises(httpx.TransportError):
            lost.result()

        (entry,) = dashboard.entries("messages.pull")
        assert (entry["outcome"], entry["completed_at"], entry["batch_id"]) == ("unknown", None, None)
        assert (entry["user_name"], entry["client_address"]) == ("owner", "127.0.0.1")
        assert (entry["queue_id"], entry["queue_name"], entry["account_name"]) == (
            scene.queue.id,
            "orders",
            "acme-logistics",
        )
        assert json.loads(entry["parameters"]) == {"batch_size": 2, "visibility_timeout_ms": 30_000}

        receipt = browser.get(f"/audit/{entry['id']}/")
        assert receipt.status_code == 200
        assert "no end was written; a lease may exist" in receipt.text

        again = browser.post(f"{scene.place}pull/", data=form)
        assert again.status_code == 409
        assert "already under way" in again.text
    assert scene.queue.count("pull") == 1


def test_a_worker_killed_while_messages_are_acknowledged_leaves_an_unknown_entry_and_the_leases(
    scene: Scene, start: Start, meanwhile: ThreadPoolExecutor
) -> None:
    dashboard = start()
    with dashboard.browser(scene.session) as browser:
        batch = browser.post(f"{scene.place}pull/", data=pull_form()).headers["Location"]
        scene.sandbox.hold("ack")
        form = settle_form(0, 1)
        lost = meanwhile.submit(browser.post, f"{batch}settle/", data=form)
        scene.wait_for("settle")
        dashboard.kill_worker()
        scene.sandbox.release()
        with pytest.raises(httpx.TransportError):
            lost.result()

        (entry,) = dashboard.entries("messages.ack")
        assert (entry["outcome"], entry["completed_at"], entry["user_name"]) == ("unknown", None, "owner")
        assert len(json.loads(entry["message_ids"])) == 2
        assert browser.get(batch).status_code == 200
        assert browser.post(f"{batch}settle/", data=form).status_code in (303, 409)
    assert scene.queue.count("settle") == 1


def test_a_stop_waits_for_the_pull_that_is_under_way(scene: Scene, start: Start, meanwhile: ThreadPoolExecutor) -> None:
    dashboard = start()
    with dashboard.browser(scene.session) as browser:
        scene.sandbox.hold("pull")
        answer = meanwhile.submit(browser.post, f"{scene.place}pull/", data=pull_form())
        scene.wait_for("pull")
        dashboard.ask_to_stop()
        scene.sandbox.release()
        assert answer.result().status_code == 303
    assert dashboard.process.wait(30) == 0
    (entry,) = dashboard.entries("messages.pull")
    assert (entry["outcome"], entry["message_count"]) == ("ok", 2)
    assert entry["completed_at"] is not None


def test_a_stop_takes_on_no_new_pull_and_leaves_no_entry_open(
    scene: Scene, start: Start, meanwhile: ThreadPoolExecutor
) -> None:
    dashboard = start()
    with (
        dashboard.browser(scene.session) as first,
        dashboard.browser(scene.session) as second,
        dashboard.browser() as visitor,
    ):
        scene.sandbox.hold("pull")
        under_way = meanwhile.submit(first.post, f"{scene.place}pull/", data=pull_form())
        scene.wait_for("pull")
        assert second.get("/healthz/").status_code == 200  # a connection that is there when the stop comes
        assert visitor.get("/healthz/").status_code == 200
        dashboard.ask_to_stop()
        # The worker heeds it a moment later, and says so by keeping no connection.
        wait_until(lambda: visitor.get("/healthz/").headers["Connection"] == "close", what="worker that stops")
        refused = second.post(f"{scene.place}pull/", data=pull_form())
        assert refused.status_code == 503
        assert "This server is stopping, so nothing was pulled." in refused.text
        scene.sandbox.release()
        assert under_way.result().status_code == 303
    assert dashboard.process.wait(30) == 0
    assert scene.queue.count("pull") == 1
    outcomes = [(entry["outcome"], entry["reason"]) for entry in dashboard.entries("messages.pull")]
    assert outcomes == [("ok", ""), ("refused", "server-stopping")]
    assert None not in [entry["completed_at"] for entry in dashboard.rows("queues_app_auditentry")]


def test_the_same_form_sent_to_two_processes_at_once_pulls_once(
    scene: Scene, start: Start, meanwhile: ThreadPoolExecutor
) -> None:
    dashboard = start(WEB_CONCURRENCY="2")
    form = pull_form()
    scene.sandbox.hold("pull")
    # A connection each, so that either process may take it.
    browsers = [dashboard.browser(scene.session) for _ in range(4)]
    answers = [meanwhile.submit(browser.post, f"{scene.place}pull/", data=form) for browser in browsers]
    scene.wait_for("pull")
    scene.sandbox.release()
    statuses = sorted(answer.result().status_code for answer in answers)
    for browser in browsers:
        browser.close()
    assert statuses.count(303) >= 1
    assert set(statuses) <= {303, 409}
    assert scene.queue.count("pull") == 1
    assert len(dashboard.entries("messages.pull")) == 1
