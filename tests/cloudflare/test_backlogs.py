"""The backlogs of all queues by one question."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.cloudflare import CloudflareError, NotPermitted, Unreadable
from tests.cloudflare.scripted import ACCOUNT, SINCE, TOKEN, UNTIL, Script, answer, script

A, B = "a" * 32, "b" * 32


def told(rows: object, **more: object) -> Any:
    return answer(200, {"data": {"viewer": {"accounts": [{"backlog": rows, **more}]}}, "errors": None})


def row(queue_id: object, messages: object) -> dict[str, Any]:
    return {"avg": {"messages": messages}, "dimensions": {"queueId": queue_id}}


def ask(played: Script) -> Mapping[str, float]:
    return played.client().backlogs(TOKEN, account_id=ACCOUNT, since=SINCE, until=UNTIL).value


def test_one_question_asks_for_all_queues_and_what_varies_is_a_variable() -> None:
    played = script(told([row(A, 12.5), row(B, 0)]))
    assert ask(played) == {A: 12.5, B: 0}
    sent = played.sent()
    assert sent["variables"] == {
        "accountTag": ACCOUNT,
        "since": "2026-11-23T12:00:00Z",
        "until": "2026-11-23T13:00:00Z",
    }
    assert "queueBacklogAdaptiveGroups" in sent["query"]
    assert ACCOUNT not in sent["query"]


def test_a_row_that_cannot_be_read_costs_itself_only() -> None:
    assert ask(script(told([row(A, 3), row(None, 4), row(B, "many"), row(B, None), 7, {}]))) == {A: 3}


def test_an_account_that_analytics_do_not_know_has_no_rows() -> None:
    assert ask(script(answer(200, {"data": {"viewer": {"accounts": []}}, "errors": None}))) == {}


@pytest.mark.parametrize("rows", [None, {}, "x"])
def test_an_answer_without_the_dataset_is_not_an_account_without_backlogs(rows: object) -> None:
    with pytest.raises(Unreadable):
        ask(script(told(rows)))


def test_a_refusal_is_told_as_one() -> None:
    refused = {"data": None, "errors": [{"message": "not authorized", "extensions": {"code": "authz"}}]}
    with pytest.raises(NotPermitted):
        ask(script(answer(200, refused)))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
def test_whatever_comes_is_read_or_refused(rows: object) -> None:
    try:
        found = ask(script(told(rows)))
    except CloudflareError:
        return
    assert all(isinstance(number, (int, float)) for number in found.values())
