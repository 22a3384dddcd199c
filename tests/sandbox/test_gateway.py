"""Who may call what: credentials, routes and the rate limit."""

import pytest

from queues_app.sandbox import ManualClock, QueueHandle, Request, Sandbox
from tests.sandbox.conftest import Api

VERIFY = "/user/tokens/verify"


def chain(api: Api, headers: dict[str, str]) -> tuple[int, int, list[int]]:
    response = api.call("GET", "/accounts", by=None, headers=headers)
    error = response.json()["errors"][0]
    return response.status, error["code"], [link["code"] for link in error.get("error_chain", [])]


def test_a_call_without_credentials_is_refused(api: Api) -> None:
    assert api.refusal("GET", "/accounts", by=None) == (403, 9106)


@pytest.mark.parametrize("value", ["Bearer short", "Bearer 'quoted'", "Basic abc", "Bearer a b", "", "Bearer "])
def test_a_malformed_authorization_header_is_named(api: Api, value: str) -> None:
    assert chain(api, {"Authorization": value}) == (400, 6003, [6111])


def test_a_malformed_key_pair_names_each_header(api: Api) -> None:
    key = api.sandbox.global_key[1]
    assert chain(api, {"X-Auth-Email": "a@b.example", "X-Auth-Key": "x"}) == (400, 6003, [6103])
    assert chain(api, {"X-Auth-Email": "nobody", "X-Auth-Key": key}) == (400, 6003, [6102])
    assert chain(api, {"X-Auth-Email": "nobody", "X-Auth-Key": "x"}) == (400, 6003, [6102, 6103])


def test_an_unknown_key_pair_is_refused(api: Api) -> None:
    assert chain(api, {"X-Auth-Email": "a@b.example", "X-Auth-Key": "0" * 37}) == (403, 9103, [])


def test_the_key_pair_opens_everything_but_token_verify(api: Api) -> None:
    email, key = api.sandbox.global_key
    headers = {"x-auth-email": email, "X-AUTH-KEY": key}
    assert api.call("GET", "/accounts", by=None, headers=headers).status == 200
    assert api.call("GET", VERIFY, by=None, headers=headers).status == 400


def test_an_unknown_token_is_refused(api: Api) -> None:
    headers = {"Authorization": f"Bearer {'x' * 40}"}
    assert api.call("GET", "/accounts", by=None, headers=headers).status == 401
    response = api.call("GET", VERIFY, by=None, headers=headers)
    assert (response.status, response.json()["errors"][0]["code"]) == (401, 1000)


@pytest.mark.parametrize("name", ["expired", "disabled"])
def test_a_dead_token_still_verifies_but_opens_nothing(api: Api, name: str) -> None:
    assert api.result("GET", VERIFY, by=name)["status"] == name
    assert api.refusal("GET", "/accounts", by=name) == (403, 9109)


def test_a_token_says_when_it_expires(api: Api) -> None:
    assert "expires_on" not in api.result("GET", VERIFY)
    assert api.result("GET", VERIFY, by="read_only")["expires_on"] == "2027-02-21T14:03:22.000000Z"


def test_a_token_of_an_account_is_known_to_the_account_route_only(api: Api) -> None:
    route = f"/accounts/{api.account}/tokens/verify"
    assert api.refusal("GET", VERIFY, by="account_owned") == (401, 1000)
    assert api.result("GET", route, by="account_owned")["status"] == "active"
    assert api.refusal("GET", route, by="full") == (401, 1000)
    assert api.result("GET", f"/accounts/{api.account}/queues", by="account_owned") == []


def test_a_token_of_another_account_is_refused(api: Api) -> None:
    labs = api.sandbox.accounts["acme-labs"]
    assert api.refusal("GET", f"/accounts/{api.account}/queues", by="wrong_account") == (403, 10000)
    assert api.result("GET", f"/accounts/{labs}/queues", by="wrong_account") == []


def test_a_read_only_token_reads_and_previews_but_neither_peeks_nor_pulls(api: Api, orders: QueueHandle) -> None:
    for method, path in (("GET", ""), ("GET", "/metrics"), ("GET", "/consumers"), ("GET", "/purge")):
        api.result(method, orders.path + path, by="read_only")
    api.result("POST", f"{orders.path}/messages/preview", {}, by="read_only")
    for path in ("peek", "pull", "ack", "purge", "extend", "batch", "preview/ack"):
        assert api.refusal("POST", f"{orders.path}/messages/{path}", {}, by="read_only") == (403, 10000)
    assert api.refusal("PATCH", orders.path, {}, by="read_only") == (403, 10000)
    assert api.refusal("DELETE", orders.path, by="read_only") == (403, 10000)


def test_accounts_are_those_that_the_token_sees(api: Api) -> None:
    names = {name: [one["name"] for one in api.result("GET", "/accounts", by=name)] for name in api.sandbox.tokens
             if name not in {"expired", "disabled"}}  # fmt: skip
    both = ["acme-logistics", "acme-labs"]
    assert names == {"full": both, "read_only": both, "account_owned": [], "wrong_account": ["acme-labs"]}


def test_accounts_are_filtered_ordered_and_paged(api: Api) -> None:
    assert [one["name"] for one in api.result("GET", "/accounts?name=acme-labs")] == ["acme-labs"]
    assert api.result("GET", "/accounts?direction=desc")[0]["name"] == "acme-logistics"
    assert api.result("GET", "/accounts?page=2") == []
    info = api.call("GET", "/accounts?per_page=5").json()["result_info"]
    assert info == {"page": 1, "per_page": 5, "count": 2, "total_count": 2, "total_pages": 1}
    for query in ("per_page=4", "per_page=51", "page=0", "page=x", "page=-1", "page=%D9%A3", "page="):
        assert api.refusal("GET", f"/accounts?{query}") == (400, 10026)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/ffffffffffffffffffffffffffffffff/queues",
        "/accounts/not-an-id/queues",
        "/nothing/here",
        "/",
        "/accounts/",
        "/accounts//queues",
    ],
)
def test_a_path_that_leads_nowhere_is_not_routed(api: Api, path: str) -> None:
    response = api.call("GET", path)
    assert response.status == 404
    assert [error["code"] for error in response.json()["errors"]] == [7003, 7000]
    assert path in response.json()["errors"][0]["message"]


def test_paths_of_old_are_not_routed(api: Api, orders: QueueHandle) -> None:
    assert api.refusal("POST", f"{orders.path}/pull", {}) == (404, 7003)
    assert api.refusal("POST", f"{orders.path}/messages/poll", {}) == (404, 7003)


def test_a_path_outside_the_api_is_not_routed(sandbox: Sandbox) -> None:
    token = sandbox.tokens["full"]
    response = sandbox.handle(Request("GET", "/elsewhere", headers={"Authorization": f"Bearer {token}"}))
    assert response.status == 404


def test_the_wrong_method_is_said_so(api: Api, orders: QueueHandle) -> None:
    assert api.refusal("GET", f"{orders.path}/messages/pull") == (405, 10001)
    assert api.refusal("POST", orders.path) == (405, 10001)


def test_an_unknown_queue_answers_by_plane(api: Api) -> None:
    queues = f"/accounts/{api.account}/queues"
    assert api.refusal("GET", f"{queues}/{'0' * 32}") == (404, 11000)
    assert api.refusal("POST", f"{queues}/{'0' * 32}/messages/pull", {}) == (404, 10104)
    assert api.refusal("POST", f"{queues}/orders/messages/pull", {}) == (400, 10107)


def test_every_answer_carries_a_ray_and_the_rate_limit(api: Api) -> None:
    first = api.call("GET", "/accounts")
    second = api.call("GET", "/nothing")
    assert first.headers["Ratelimit"] == '"default";r=1199;t=300'
    assert second.headers["Ratelimit"] == '"default";r=1198;t=300'
    assert first.headers["Ratelimit-Policy"] == '"default";q=1200;w=300'
    assert first.headers["CF-Ray"] != second.headers["CF-Ray"]
    assert first.headers["CF-Ray"].endswith("-AMS")


def test_over_the_rate_limit_everything_is_blocked_for_a_window(clock: ManualClock) -> None:
    api = Api(Sandbox(clock=clock, seed="empty", rate_limit=3, rate_window=60))
    for _ in range(3):
        assert api.call("GET", "/accounts").status == 200
        clock.advance(seconds=10)
    blocked = api.call("GET", "/accounts")
    assert (blocked.status, blocked.json()["errors"][0]["code"]) == (429, 971)
    assert blocked.headers["Retry-After"] == "60"
    clock.advance(seconds=59)
    assert api.call("GET", "/accounts").headers["Retry-After"] == "1"
    assert api.call("GET", "/accounts", by="read_only").status == 200
    clock.advance(seconds=1)
    assert api.call("GET", "/accounts").status == 200


def test_pull_and_acknowledge_are_exempt_from_the_rate_limit(clock: ManualClock) -> None:
    api = Api(Sandbox(clock=clock, seed="empty", rate_limit=1))
    orders = api.sandbox.add_queue("orders")
    for _ in range(3):
        assert api.pull(orders) == []
        api.settle(orders)
    assert api.call("GET", "/accounts").status == 200
    assert api.call("GET", "/accounts").status == 429


def test_calls_are_counted_by_route_and_queue(api: Api, orders: QueueHandle, dead: QueueHandle) -> None:
    api.pull(orders)
    api.pull(orders)
    api.peek(dead)
    api.call("GET", "/nothing")
    assert api.sandbox.count("pull") == 2
    assert (orders.count("pull"), dead.count("pull"), dead.count("peek")) == (2, 0, 1)
    last = api.sandbox.calls[-1]
    assert (last.method, last.path, last.route, last.status) == ("GET", "/client/v4/nothing", "", 404)
    api.sandbox.forget_calls()
    assert api.sandbox.calls == []
    with pytest.raises(ValueError, match="no route"):
        api.sandbox.count("pulls")
