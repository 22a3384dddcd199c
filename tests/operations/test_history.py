"""Reading the audit log back: what a receipt knows of its messages, and what a page fetches."""

import html
import random
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queues_app.models import Account, Action, AuditedMessage, AuditEntry, Outcome
from queues_app.models.audit import WORDS
from queues_app.operations import audit_streams, export, history, look
from queues_app.operations.audit_streams import Filter, Place
from queues_app.operations.leases import Verb
from queues_app.operations.settle import settle
from queues_app.sandbox import Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.support.stack import calling


def test_only_a_settling_tells_what_became_of_its_messages(account: Account, sandbox: Sandbox) -> None:
    owner = calling(account.credential.owner)
    queue = sandbox.add_queue("orders")
    queue.push("a")
    batch = look.pull(
        caller=owner,
        account=account,
        queue_id=queue.id,
        batch_size=1,
        visibility_timeout_ms=30_000,
        intent=uuid.uuid4(),
    )
    export.body(caller=owner, batch=batch, position=0, as_it_stood=True)
    settle(caller=owner, batch=batch, positions=[0], verb=Verb.ACK, delay_seconds=None, intent=uuid.uuid4())

    told = {entry.action: len(history.leases_of(entry)) for entry in AuditEntry.objects.all()}

    assert told == {Action.PULL: 0, Action.EXPORT: 0, Action.ACK: 1}


def test_a_page_of_the_log_fetches_no_ids_of_messages(account: Account, sandbox: Sandbox) -> None:
    owner = account.credential.owner
    queue = sandbox.add_queue("orders")
    look.peek(caller=calling(owner), account=account, queue_id=queue.id, batch_size=1)

    with CaptureQueriesContext(connection) as asked:
        page = history.page(user=owner, chosen=Filter())

    assert len(page.runs) == 1
    assert not [query for query in asked.captured_queries if "message_ids" in query["sql"]]


PEOPLE = ("ana", "ben", "gone")
QUEUES = ("", "a" * 32, "b" * 32)
ACTIONS = (Action.PEEK, Action.PULL, Action.ACK, Action.SIGN_IN)
MESSAGES = ("0123456789abcdef", "fedcba9876543210")
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)

filters = st.builds(
    Filter,
    actions=st.lists(st.sampled_from(ACTIONS), unique=True, max_size=4).map(tuple),
    not_ok=st.booleans(),
    who=st.sampled_from(("", *PEOPLE)),
    queue_id=st.sampled_from(QUEUES),
    credential_id=st.sampled_from((None, 1, 2)),
    outcome=st.sampled_from(("", *WORDS)),
    since=st.sampled_from((None, NOON + timedelta(seconds=20))),
    before_day=st.sampled_from((None, NOON + timedelta(seconds=40))),
    text=st.sampled_from(("", "ray-1", "request-2", *MESSAGES)),
)


@pytest.fixture
def written(cast: Cast) -> list[AuditEntry]:
    """Sixty of all sorts, several at the same moment; the account of `gone` is."""
    numbers = {name: make_user(name).pk for name in ("ana", "ben")}
    thrown = random.Random(5)
    made = []
    for number in range(60):
        who = thrown.choice(PEOPLE)
        made.append(
            AuditEntry.objects.create(
                at=NOON + timedelta(seconds=number // 3),
                completed_at=NOON,
                action=thrown.choice(ACTIONS),
                outcome=thrown.choice(Outcome.values),
                user_id=numbers.get(who, 4711),
                user_name=who,
                queue_id=thrown.choice(QUEUES),
                credential_id=thrown.choice((None, 1, 2)),
                cf_ray=thrown.choice(("", "ray-1")),
                request_id=thrown.choice(("", "request-2", "ray-1")),
                message_ids=thrown.sample(MESSAGES, thrown.randrange(3)),
                message_count=thrown.choice((None, 0, 1, 2)),
                parameters=thrown.choice(({}, {"chosen": 2})),
            )
        )
    return sorted(made, key=lambda entry: (entry.at, entry.pk), reverse=True)


def fits(entry: AuditEntry, chosen: Filter) -> bool:
    return (
        (not chosen.actions or entry.action in chosen.actions)
        and not (chosen.not_ok and entry.word == Outcome.OK)
        and (not chosen.who or entry.user_name == chosen.who)
        and (not chosen.queue_id or entry.queue_id == chosen.queue_id)
        and (chosen.credential_id is None or entry.credential_id == chosen.credential_id)
        and (not chosen.outcome or entry.word == chosen.outcome)
        and (chosen.since is None or entry.at >= chosen.since)
        and (chosen.before_day is None or entry.at < chosen.before_day)
        and (not chosen.text or chosen.text in (entry.cf_ray, entry.request_id, *entry.message_ids))
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(chosen=filters, looked_at=st.sampled_from((1, 3, 10, 2_000)))
def test_pages_of_any_filter_hold_what_fits_in_order_and_once(
    cast: Cast, written: list[AuditEntry], chosen: Filter, looked_at: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_streams, "LOOKED_AT", looked_at)
        shown: list[int] = []
        page = history.page(user=cast.auditor, chosen=chosen)
        shown += [run.entries[0].pk for run in page.runs]
        while page.last is not None:
            page = history.page(user=cast.auditor, chosen=chosen, before=page.last)
            shown += [run.entries[0].pk for run in page.runs]

        stretches = history.everything(user=cast.auditor, chosen=chosen, before=Place(NOON + timedelta(hours=1), 0))
        exported = [entry.pk for stretch in stretches for entry in stretch.entries]

    assert shown == [entry.pk for entry in written if fits(entry, chosen)]
    assert exported == shown


def test_a_page_that_fits_next_to_nothing_says_how_far_it_looked(
    cast: Cast, written: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_streams, "LOOKED_AT", 10)
    browser = signed_in(cast.auditor)

    answer = browser.get("/audit/?who=nobody")

    assert "Nothing that was looked at fits this filter, back to" in answer.content.decode()
    further = re.search(r'href="\?([^"]*before=[^"]*)"', answer.content.decode())
    assert further is not None
    assert "back to" in browser.get(f"/audit/?{html.unescape(further[1])}").content.decode()


def test_who_saw_a_message_is_one_look_into_an_index(cast: Cast, written: list[AuditEntry]) -> None:
    noted = AuditedMessage.objects.filter(message_id=MESSAGES[0]).order_by("-at", "-entry_id")

    if connection.vendor == "sqlite":
        # PostgreSQL would rather read a table of this size as a whole.
        assert "SEARCH" in noted.explain()
    assert [one.entry_id for one in noted] == [one.pk for one in written if MESSAGES[0] in one.message_ids]


def test_entries_are_filtered_by_credential(cast: Cast, written: list[AuditEntry]) -> None:
    account = make_account(cast.owner, secret="a-made-up-secret", account_id="0" * 32)
    used = AuditEntry.objects.create(
        at=NOON, completed_at=NOON, action=Action.PEEK, user_name="owner", credential_id=account.credential_id + 4711
    )

    page = signed_in(cast.auditor).get(f"/audit/?credential={used.credential_id}")

    assert [row.number for row in page.context["rows"]] == [used.pk]
    assert f'value="{account.credential_id}"' in page.content.decode()
    assert f'value="{used.credential_id}" selected>number' in page.content.decode()


@pytest.mark.parametrize(
    ("conditions", "index"),
    [
        ({"cf_ray": "ray-1"}, "audit_cf_ray"),
        ({"request_id": "request-2"}, "audit_request"),
        ({"outcome": "refused"}, "audit_outcome_at"),
        ({"user_id": 1, "action": "messages.pull"}, "audit_user_action_at"),
        ({"queue_id": "a" * 32, "action": "messages.pull"}, "audit_queue_action_at"),
        ({"credential_id": 1}, "audit_credential_at"),
    ],
)
def test_each_stream_has_its_index(db: None, conditions: dict[str, str | int], index: str) -> None:
    entries = AuditEntry.objects.filter(**conditions)
    if connection.vendor == "sqlite":  # PostgreSQL reads a small table as a whole
        assert index in entries.before(NOON, 7).order_by("-at", "-pk").explain()
