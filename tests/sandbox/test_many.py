"""Ten thousand queues: there at once, listed in pages, filled when asked for."""

from queues_app.sandbox import ManualClock, Sandbox
from tests.sandbox.conftest import Api


def test_ten_thousand_queues_are_listed_in_pages_and_filled_one_by_one(clock: ManualClock) -> None:
    sandbox = Sandbox(clock=clock, seed="many")
    api = Api(sandbox)
    queues = sandbox.store.accounts[api.account].queues
    assert sum(bool(queue.messages) for queue in queues.values()) < 50
    path = f"/accounts/{api.account}/queues"
    last = api.call("GET", f"{path}?page=100&per_page=100").json()
    assert (last["result_info"]["total_count"], len(last["result"])) == (10_000, 100)
    assert [queue["queue_name"] for queue in last["result"]][-1] == "warehouse-sync-40"
    first = api.result("GET", f"{path}?per_page=100")
    counts = [api.result("GET", f"{path}/{one['queue_id']}/metrics")["backlog_count"] for one in first[:5]]
    assert any(counts)
    assert sum(bool(queue.messages) for queue in queues.values()) < 100
    again = Api(Sandbox(clock=clock, seed="many"))
    one = f"{path}/{first[1]['queue_id']}/metrics"
    assert again.result("GET", one) == api.result("GET", one)


def test_analytics_of_all_of_them_tell_of_those_in_use_and_make_no_others(clock: ManualClock) -> None:
    sandbox = Sandbox(clock=clock, seed="many")
    api = Api(sandbox)
    queues = sandbox.store.accounts[api.account].queues
    query = """query($tag: string!) { viewer { accounts(filter: {accountTag: $tag}) {
      backlog: queueBacklogAdaptiveGroups(limit: 10000, filter: {datetime_geq: "2026-11-23T13:33:00Z"}) {
        avg { messages } dimensions { queueId } } } } }"""
    found = api.call("POST", "/graphql", {"query": query, "variables": {"tag": api.account}}).json()
    rows = found["data"]["viewer"]["accounts"][0]["backlog"]
    assert rows
    assert {row["dimensions"]["queueId"] for row in rows} <= {
        queue.id for queue in queues.values() if not queue.filling
    }
    # Those whose dead letters may have come into them are made with them.
    assert sum(queue.filling is None for queue in queues.values()) < 1000
