"""Whatever is sent, the answer is an envelope, and nothing is lost or made up on the way."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from queues_app.sandbox import ManualClock, Request, Sandbox
from queues_app.sandbox.opaque import Handle, seal, unseal
from queues_app.sandbox.routes import ROUTES
from tests.sandbox.conftest import Api

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
known_keys = st.sampled_from(
    ["body", "messages", "content_type", "delay_seconds", "acks", "retries", "lease_id", "refs", "ref", "extend",
     "batch_size", "visibility_timeout_ms", "queue_name", "settings", "type", "script_name", "dead_letter_queue",
     "name", "source", "events", "destination", "queue_id", "query", "variables",
     "delivery_paused", "max_retries", "jurisdiction", "delete_messages_permanently", "kind", "count", "queue"]
)  # fmt: skip
near_misses = st.recursive(
    anything,
    lambda inner: st.dictionaries(known_keys, inner, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=12,
)
bodies = st.binary(max_size=200) | near_misses.map(lambda value: json.dumps(value).encode())
routes = st.sampled_from([(route.method, route.pattern) for route in ROUTES])


def fresh() -> Api:
    return Api(Sandbox(clock=ManualClock(), seed="empty"))


def enveloped(api: Api, request: Request) -> None:
    response = api.sandbox.handle(request)
    whole = response.json()
    assert response.status < 500
    if response.status == 200 and request.path.endswith("/graphql"):
        assert (whole["data"] is None) is bool(whole["errors"])
        return
    assert whole["success"] is (response.status == 200)
    assert bool(whole["errors"]) is (response.status != 200)


@given(route=routes, body=bodies)
@settings(max_examples=300, deadline=None)
def test_any_body_on_any_route_gives_an_envelope(route: tuple[str, str], body: bytes) -> None:
    api = fresh()
    queue = api.sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    queue.push({"a": 1})
    method, pattern = route
    path = pattern.format(account=api.account, queue=queue.id, consumer="a" * 32, subscription="b" * 32)
    token = api.sandbox.tokens["full"]
    enveloped(api, Request(method, f"/client/v4{path}", "", {"Authorization": f"Bearer {token}"}, body))


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.text(max_size=60) | st.text(max_size=20).map(lambda text: f"/client/v4/accounts/{text}/queues"),
    query=st.text(max_size=60),
    header=st.text(max_size=60),
)
@settings(max_examples=200, deadline=None)
def test_any_path_query_and_header_give_an_envelope(method: str, path: str, query: str, header: str) -> None:
    api = fresh()
    token = api.sandbox.tokens["full"]
    for authorization in (header, f"Bearer {header}", f"Bearer {token}"):
        enveloped(api, Request(method, path, query, {"Authorization": authorization}, b""))


@given(what=st.sampled_from(["faults", "variants"]), body=bodies)
@settings(max_examples=200, deadline=None)
def test_any_body_to_the_controls_gives_an_envelope(what: str, body: bytes) -> None:
    api = fresh()
    enveloped(api, Request("POST", f"/sandbox/{what}", "", {}, body))


@given(
    body=st.text(max_size=300) | st.binary(max_size=300), kind=st.sampled_from(["text", "json", "bytes", "v8", None])
)
@settings(deadline=None)
def test_any_body_in_a_queue_can_be_peeked_and_pulled_in_every_variant(body: str | bytes, kind: str | None) -> None:
    api = fresh()
    queue = api.sandbox.add_queue("orders")
    if kind == "v8" and isinstance(body, str):
        kind = "text"
    queue.push(body, kind)
    for variant in ("plain", "base64", "mixed", "object"):
        queue.vary(json_bodies=variant)
        assert len(api.peek(queue)) == 1
    assert len(api.pull(queue)) == 1


handles = st.builds(
    Handle,
    kind=st.sampled_from(["lease", "ref", "preview"]),
    queue_id=st.text(max_size=40),
    message_id=st.text(max_size=60),
    serial=st.integers(min_value=0),
)


@given(handle=handles)
def test_a_lease_id_or_ref_leads_back_to_its_message(handle: Handle) -> None:
    sealed = seal(handle)
    assert unseal(sealed) == handle
    assert [len(part) > 0 for part in sealed.split(".")] == [True, False, True, True, True]


@given(text=st.text(max_size=200), handle=handles, at=st.integers(min_value=0, max_value=400))
def test_a_made_up_or_changed_handle_leads_nowhere(text: str, handle: Handle, at: int) -> None:
    assert unseal(text) is None
    sealed = seal(handle)
    place = at % len(sealed)
    other = "A" if sealed[place] != "A" else "B"
    changed = unseal(sealed[:place] + other + sealed[place + 1 :])
    assert changed in (None, handle)  # the last character of a part may hold bits that say nothing
