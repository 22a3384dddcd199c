"""Metrics of a server of several processes: whichever is asked tells what all have counted."""

import re
from pathlib import Path

import httpx

from tests.deployment.conftest import Start
from tests.support.waiting import wait_until

TOKEN = "k7Qe2mVx9Lr4Tz8Wn1Bc6Hd3Jf5Gs0Pa"
SIGN_IN = 'queuescope_requests_total{method="GET",status="2xx",view="account_login"}'


def counted(probe: httpx.Client) -> float:
    text = probe.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).raise_for_status().text
    found = re.search(rf"^{re.escape(SIGN_IN)} (\S+)$", text, re.MULTILINE)
    assert "queuescope_upstream_slots_in_use 0.0" in text
    return float(found[1]) if found else 0.0


def test_counts_of_all_processes_are_added_up_and_outlive_a_worker(start: Start) -> None:
    dashboard = start(METRICS_TOKEN=TOKEN, WEB_CONCURRENCY="2")
    wait_until(lambda: len(dashboard.workers) == 2, what="both workers")
    for _ in range(12):
        with dashboard.browser() as visitor:  # each with a connection of its own, so that both workers get some
            assert visitor.get("/sign-in/").status_code == 200
    with dashboard.browser() as probe:
        assert counted(probe) == 12
    dashboard.kill_worker()
    for _ in range(4):
        with dashboard.browser() as probe:
            assert counted(probe) == 12
            assert probe.get("/metrics").status_code == 404


def test_a_server_leaves_no_files_behind(start: Start) -> None:
    dashboard = start(METRICS_TOKEN=TOKEN)
    mine = f"queuescope-metrics-{dashboard.process.pid}-*"
    places = (Path("/dev/shm"), Path("/tmp"))  # noqa: S108 - only looked at
    assert [path for place in places for path in place.glob(mine)]
    dashboard.process.terminate()
    dashboard.process.wait()
    assert not [path for place in places for path in place.glob(mine)]
