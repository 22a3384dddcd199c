"""The audit page: who sees what, and how it is filtered, paged and folded."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from queues_app.models import Action, AuditEntry, Outcome, User
from queues_app.operations.history import PAGE_SIZE
from tests.support.people import Cast, signed_in

AUDIT = "/audit/"
QUEUE_ID = "a" * 32


def entry(user: User, **columns: object) -> AuditEntry:
    values: dict[str, object] = {
        "at": timezone.now(),
        "completed_at": timezone.now(),
        "action": Action.PEEK,
        "outcome": Outcome.OK,
        "user_id": user.pk,
        "user_name": user.get_username(),
        "queue_id": QUEUE_ID,
        "queue_name": "orders",
    }
    return AuditEntry.objects.create(**(values | columns))


def page(user: User, query: str = "") -> str:
    response = signed_in(user).get(f"{AUDIT}{query}")
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def test_operators_see_their_own_entries_only(cast: Cast) -> None:
    mine, theirs = entry(cast.owner), entry(cast.teammate)

    content = page(cast.owner)

    assert mine.receipt in content
    assert theirs.receipt not in content


@pytest.mark.parametrize("person", ["auditor", "admin"])
def test_auditors_and_admins_see_everybodys(cast: Cast, person: str) -> None:
    entries = [entry(cast.owner), entry(cast.teammate)]

    content = page(getattr(cast, person))

    assert all(one.receipt in content for one in entries)


def test_a_name_in_the_address_opens_nothing_that_is_not_ones_own(cast: Cast) -> None:
    theirs = entry(cast.teammate)

    assert theirs.receipt not in page(cast.owner, "?who=teammate")


def test_somebody_elses_receipt_does_not_exist(cast: Cast) -> None:
    theirs = entry(cast.teammate)
    address = reverse("audit_entry", args=[theirs.pk])

    assert signed_in(cast.owner).get(address).status_code == 404
    assert signed_in(cast.auditor).get(address).status_code == 200


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?kind=looked", {"peek"}),
        ("?kind=leased", {"pull"}),
        ("?kind=changed", {"ack"}),
        ("?kind=people", {"sign_in"}),
        ("?kind=not-ok", {"pull", "ack"}),
        ("?action=messages.pull", {"pull"}),
        ("?outcome=refused", {"ack"}),
        (f"?queue={'b' * 32}", {"pull"}),
        ("?since=2026-11-20&until=2026-11-20", {"peek"}),
        ("?q=ray-of-pull", {"pull"}),
        (f"?q={'d' * 32}", {"peek", "ack"}),
        (f"?q={'d' * 31}", set()),
        ("", {"peek", "pull", "ack", "sign_in"}),
    ],
)
def test_the_address_filters(cast: Cast, query: str, shown: set[str]) -> None:
    entries = {
        "peek": entry(cast.owner, at=datetime(2026, 11, 20, 12, tzinfo=UTC), message_ids=["c" * 32, "d" * 32]),
        "pull": entry(cast.owner, action=Action.PULL, outcome=Outcome.UNKNOWN, queue_id="b" * 32, cf_ray="ray-of-pull"),
        "ack": entry(cast.owner, action=Action.ACK, outcome=Outcome.REFUSED, message_ids=["d" * 32]),
        "sign_in": entry(cast.owner, action=Action.SIGN_IN, queue_id="", queue_name=""),
    }

    content = page(cast.owner, query)

    assert {name for name, one in entries.items() if f">{one.receipt}<" in content} == shown


@pytest.mark.parametrize(("done", "word"), [(2, "ok"), (1, "partial"), (0, "skipped")])
def test_what_was_done_to_some_only_is_not_listed_as_ok(cast: Cast, done: int, word: str) -> None:
    entry(cast.owner, action=Action.ACK, parameters={"chosen": 2}, message_count=done)

    kind = "ok" if word == "ok" else "warn"
    assert re.findall(r'<span class="badge (\w+)">.*?<span>(\w+)</span>', page(cast.owner)) == [(kind, word)]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?outcome=ok", {"whole", "peek"}),
        ("?outcome=partial", {"partial"}),
        ("?outcome=skipped", {"skipped"}),
        ("?outcome=failed", {"failed"}),
        ("?kind=not-ok", {"partial", "skipped", "failed"}),
        ("?kind=not-ok&outcome=ok", set()),
        ("?kind=changed&outcome=partial", {"partial"}),
        ("?action=messages.retry&outcome=partial", set()),
    ],
)
def test_a_filter_for_an_outcome_means_the_word_that_the_list_says(cast: Cast, query: str, shown: set[str]) -> None:
    entries = {
        "whole": entry(cast.owner, action=Action.ACK, parameters={"chosen": 2}, message_count=2),
        "partial": entry(cast.owner, action=Action.ACK, parameters={"chosen": 2}, message_count=1),
        "skipped": entry(cast.owner, action=Action.DELETE, parameters={"chosen": 2}, message_count=0),
        "failed": entry(cast.owner, action=Action.DELETE, parameters={"chosen": 2}, outcome=Outcome.FAILED),
        "peek": entry(cast.owner, message_count=2),
    }

    for person in (cast.owner, cast.auditor):
        content = page(person, query)
        assert {name for name, one in entries.items() if f">{one.receipt}<" in content} == shown


def test_a_receipt_is_found_by_its_number(cast: Cast) -> None:
    first, second = entry(cast.owner), entry(cast.owner)

    content = page(cast.owner, f"?q={first.receipt}")

    assert f">{first.receipt}<" in content
    assert f">{second.receipt}<" not in content


@pytest.mark.parametrize(
    "query",
    [
        "?since=yesterday",
        "?since=2026-11-20&until=2026-11-19",
        "?queue=orders",
        "?kind=everything",
        "?action=messages.steal",
        "?before=here",
        "?before=99999999999999999999-1",
        "?before=9999999999999999-1",
        "?newer_than=x",
        "?newer_than=99999999999999999999999999",
        "?since=0001-01-01",
        "?until=9999-12-31",
        "?who=%00",
        "?q=%00",
    ],
)
def test_a_filter_that_cannot_be_read_is_a_sentence_and_never_a_fault(cast: Cast, query: str) -> None:
    entry(cast.owner)

    response = signed_in(cast.owner).get(f"{AUDIT}{query}")

    assert response.status_code in (200, 204, 422)


def test_pages_follow_each_other_by_key(cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    now = timezone.now()
    made = [entry(cast.owner, at=now - timedelta(seconds=number)) for number in range(PAGE_SIZE + 3)]
    client = signed_in(cast.owner)

    first = client.get(AUDIT)
    with django_assert_max_num_queries(12):
        second = client.get(f"{AUDIT}?before={first.context['next']}")

    numbers = [row.number for row in (*first.context["rows"], *second.context["rows"])]
    assert numbers == [one.pk for one in made]
    assert not second.context["next"]


def test_a_run_of_the_same_repeated_peek_folds_into_one_row(cast: Cast) -> None:
    parameters = {"batch_size": 10, "repeated": True}
    for _ in range(120):
        entry(cast.owner, parameters=parameters, remark="the same as before")
    pull = entry(cast.owner, action=Action.PULL)

    folded = signed_in(cast.owner).get(AUDIT).context["rows"]
    unfolded = signed_in(cast.owner).get(f"{AUDIT}?unfold=1").context["rows"]

    assert folded[0].number == pull.pk
    assert len(folded) == 2
    assert folded[1].folded.startswith("120 times since ")
    assert len(unfolded) == PAGE_SIZE


def test_newer_entries_are_offered_and_rows_do_not_move(cast: Cast) -> None:
    seen = entry(cast.owner)
    client = signed_in(cast.owner)

    nothing_new = client.get(f"{AUDIT}?newer_than={seen.pk}", headers={"HX-Request": "true"})
    entry(cast.owner)
    something_new = client.get(f"{AUDIT}?newer_than={seen.pk}", headers={"HX-Request": "true"})

    assert nothing_new.status_code == 204
    assert "1 newer entry" in something_new.content.decode()


def test_a_receipt_tells_who_what_when_and_with_what(cast: Cast) -> None:
    one = entry(
        cast.owner,
        action=Action.PULL,
        parameters={"batch_size": 2, "visibility_timeout_ms": 30_000},
        message_count=2,
        message_ids=["m" * 32, "n" * 32],
        credential_label="main (ends 4c1e)",
        account_name="acme-logistics",
        environment="production",
        client_address="192.0.2.7",
        request_id="request-1",
        cf_ray="8f2c41d07b9a-AMS",
        status=200,
        duration_ms=231,
        backlog_count=4312,
        backlog_read_at=timezone.now(),
    )

    response = signed_in(cast.owner).get(reverse("audit_entry", args=[one.pk]))
    content = response.content.decode()

    for told in (
        one.receipt,
        "owner pulled 2 messages of orders",
        "main (ends 4c1e)",
        "acme-logistics",
        "192.0.2.7",
        "request-1",
        "8f2c41d07b9a-AMS",
        "about 4,312",
        "batch size 2",
        "mmmmmm…mmmm",
    ):
        assert told in content, told


def test_in_place_a_receipt_comes_without_the_page_around_it(cast: Cast) -> None:
    one = entry(cast.owner)

    response = signed_in(cast.owner).get(reverse("audit_entry", args=[one.pk]), headers={"HX-Request": "true"})

    assert one.receipt in response.content.decode()
    assert "<html" not in response.content.decode()


def test_an_entry_without_an_end_says_so(cast: Cast) -> None:
    entry(
        cast.owner,
        action=Action.PULL,
        outcome=Outcome.UNKNOWN,
        completed_at=None,
        parameters={"visibility_timeout_ms": 30_000},
    )

    assert "no end was written; a lease may exist for 30 s" in page(cast.owner)


def test_hostile_names_are_escaped(cast: Cast) -> None:
    entry(cast.owner, queue_name="<img src=x onerror=alert(1)>", remark="<script>alert(1)</script>")

    content = page(cast.owner)

    assert "<img src=x" not in content
    assert "<script>alert" not in content


def test_the_first_page_refuses_a_person_without_a_role_on_the_record(cast: Cast) -> None:
    response = signed_in(cast.stranger).get("/")

    assert response.status_code == 403
    refusal = AuditEntry.objects.get(action=Action.SEE_QUEUES)
    assert (refusal.user_name, refusal.outcome) == ("stranger", Outcome.REFUSED)
