"""Deleting chosen messages and emptying a queue never meet: no input to the first reaches the route of the second."""

import ast
import uuid
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queues_app.cloudflare import Message
from queues_app.models import Mode
from queues_app.sandbox import QueueHandle, Sandbox
from tests.security.conftest import Belongings
from tests.support.people import signed_in
from tests.views.messages.acts import keep, url_of

CODE: Final = Path(__file__).resolve().parents[2] / "queues_app"
DELETING: Final = (
    "operations/deleting.py",
    "operations/proof.py",
    "views/deleting.py",
    "forms/deleting.py",
    "rows/deleting.py",
)
# Fields of this form, of the form that empties, of the API's own calls, and of what frameworks take for a method.
NAMES: Final = (
    "step",
    "position",
    "intent",
    "name",
    "shown_name",
    "queue_id",
    "account",
    "batch",
    "verb",
    "ref",
    "refs",
    "all",
    "delete_messages_permanently",
    "_method",
)
VALUES: Final = st.one_of(
    st.sampled_from(
        ["do", "confirm", "0", "1", "2", "-1", "*", "all", "orders", "true", "purge", "../purge", "../../purge?x=", ""]
    ),
    st.integers().map(str),
    st.uuids().map(str),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
FORMS: Final = st.fixed_dictionaries(
    # Mostly what gets far: a form that is refused at once proves little.
    {
        "step": st.sampled_from(["do", "do", "do", "confirm"]),
        "position": st.lists(st.one_of(st.sampled_from(["0", "1", "2"]), VALUES), max_size=4),
        "intent": st.one_of(st.uuids().map(str), VALUES),
    },
    optional={name: st.lists(VALUES, max_size=3) for name in NAMES if name not in ("step", "position", "intent")},
)
SLOW_START: Final = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def changing(sandbox: Sandbox) -> set[str]:
    """The routes so far that change anything upstream."""
    return {call.route for call in sandbox.calls if call.method != "GET"}


def keep_peeked(mine: Belongings, orders: QueueHandle, refs: list[str]) -> str:
    messages = [Message(id=f"{number:032}", body="x", ref=ref) for number, ref in enumerate(refs)]
    batch = keep(mine.account, orders, *messages, mode=Mode.PEEK)
    return url_of("delete", mine.account, orders, batch.pk)


@SLOW_START
@given(form=FORMS, query=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3), method=VALUES)
def test_no_form_that_deletes_messages_empties_the_queue(
    mine: Belongings, orders: QueueHandle, sandbox: Sandbox, form: dict[str, Any], query: dict[str, str], method: str
) -> None:
    url = keep_peeked(mine, orders, ["ref-0", "ref-1", "ref-2"])
    headers = {"X-HTTP-Method-Override": method.encode("ascii", "ignore").decode().strip()}
    answer = signed_in(mine.owner).post(url, form, query_params=query, headers=headers)
    assert answer.status_code in (200, 303, 422)
    assert changing(sandbox) <= {"purge_messages"}
    # What got through did what it is for.
    assert answer.status_code != 303 or changing(sandbox) == {"purge_messages"}
    assert len(orders.messages) == 3


@SLOW_START
@given(refs=st.lists(st.one_of(VALUES, st.sampled_from(["/purge", "..", "?", "#", "\r\n"])), min_size=1, max_size=5))
def test_no_ref_of_a_peek_leads_elsewhere(
    mine: Belongings, orders: QueueHandle, sandbox: Sandbox, refs: list[str]
) -> None:
    """An upstream that lies gives refs that look like paths."""
    url = keep_peeked(mine, orders, refs)
    form = {"step": "do", "intent": uuid.uuid4(), "position": range(len(refs))}
    assert signed_in(mine.owner).post(url, form).status_code == 303
    sent = {call.path for call in sandbox.calls if call.method != "GET"}
    assert len(sent) <= 1
    assert all(path.endswith(f"{orders.path}/messages/purge") for path in sent)
    assert sent or not any(refs)
    assert len(orders.messages) == 3


def names_in(path: Path) -> set[str]:
    """Every name, attribute, import and text of a module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.FunctionDef(name=name) | ast.keyword(arg=str(name)):
                found.add(name)
            case ast.Constant(value=str(text)):
                found.add(text)
            case ast.Import(names=names):
                found |= {one.name for one in names}
            case ast.ImportFrom(module=module, names=names):
                found |= {f"{module}.{one.name}" for one in names}
    return found


def test_only_one_operation_calls_what_empties_a_queue() -> None:
    calling = {
        path.relative_to(CODE).as_posix()
        for path in CODE.rglob("*.py")
        if path.relative_to(CODE).parts[0] != "sandbox" and "empty_queue" in names_in(path)
    }
    assert calling == {"cloudflare/client.py", "operations/emptying.py"}


@pytest.mark.parametrize("place", DELETING)
def test_what_deletes_messages_does_not_know_what_empties(place: str) -> None:
    for name in names_in(CODE / place):
        assert not any(word in name for word in ("empty_queue", "emptying", "queue_empty")), name
