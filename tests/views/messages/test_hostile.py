"""Whatever a message holds: a page, never an error, and never its markup."""

import base64
import json
import string
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from queues_app.cloudflare import Message
from queues_app.models import Account, Mode
from queues_app.sandbox import QueueHandle
from tests.views.messages.acts import HTMX, Elements, keep, peeked, url_of

MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</textarea></pre></details><script>",
    "<!--",
    "]]>",
    "{{ 7|add:7 }}{% debug %}",
    "javascript:alert(1)",
    "\u202e\u2066\u0000\u001b[2J",
)
# What the store can hold: text without halves of a surrogate pair, which the client has replaced.
foreign = st.lists(
    st.one_of(st.sampled_from(MARKUP), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
).map("".join)
any_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), foreign),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(foreign, inner, max_size=4)),
    max_leaves=12,
)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


bodies = st.one_of(
    foreign,
    any_json.map(_as_json),
    st.binary(max_size=200).map(_as_base64),
    foreign.map(str.encode).map(_as_base64),
    st.text(string.ascii_letters + "+/=", max_size=60),
)
messages = st.builds(
    Message,
    id=st.one_of(st.text("0123456789abcdef", min_size=32, max_size=32), foreign),
    body=bodies,
    body_is_string=st.booleans(),
    timestamp_ms=st.one_of(st.none(), st.integers(-(2**62), 2**62)),
    attempts=st.one_of(st.none(), st.integers(-(2**62), 2**62)),
    metadata=st.one_of(
        st.fixed_dictionaries({"CF-Content-Type": st.sampled_from(["text", "json", "bytes", "v8", "other"])}),
        st.dictionaries(foreign, foreign, max_size=3),
    ),
    lease_id=st.just("lease"),
    body_repaired=st.booleans(),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.lists(messages, min_size=1, max_size=3), limit=st.one_of(st.none(), st.integers(0, 200)))
@example(held=[Message(id=markup, body=markup, metadata={markup: markup}) for markup in MARKUP], limit=3)
def test_any_message_gives_a_page_and_none_of_its_markup(
    browser: Client, account: Account, orders: QueueHandle, held: list[Message], limit: int | None
) -> None:
    batch = keep(account, orders, *held, mode=Mode.PULL, visibility_timeout_ms=30_000)
    batch.max_retries = limit
    batch.save()
    page = browser.get(url_of("batch", account, orders, batch.pk))
    assert page.status_code == 200
    Elements(page).assert_sound()
    for position in range(len(held)):
        for view in ("", "?view=raw", "?view=hex&step=0", "?view=table&off=JSON", "?view=picture&as=CBOR"):
            part = browser.get(url_of("message", account, orders, batch.pk, position) + view, headers=HTMX)
            assert part.status_code == 200
            Elements(part).assert_sound()
        download = browser.get(url_of("message_body", account, orders, batch.pk, position))
        assert download["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("markup", MARKUP)
def test_markup_of_the_upstream_stays_text_over_the_whole_way(
    browser: Client, account: Account, orders: QueueHandle, markup: str
) -> None:
    orders.push(markup, metadata={"CF-Content-Type": markup})
    batch = peeked(browser, account, orders)
    for address in (
        url_of("batch", account, orders, batch.pk),
        url_of("message", account, orders, batch.pk, 3),
    ):
        answer = browser.get(address)
        assert answer.status_code == 200
        Elements(answer).assert_sound()
        assert "<img src=x" not in answer.content.decode()
