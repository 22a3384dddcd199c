"""Questions that the audit answers, and the explanation of what stayed unknown."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from queues_app.models import Action, AuditEntry, AuditExplanation, Outcome, User
from queues_app.operations import audit_answers, audit_streams
from tests.support.people import Cast, signed_in
from tests.views.messages.acts import text_of

QUEUE, OTHER = "a" * 32, "b" * 32
MESSAGE = "d" * 32
SENTENCE = "The host was restarted; nothing was leased, as the queue's count shows."


def entry(user: User, **columns: object) -> AuditEntry:
    at = timezone.now() - timedelta(minutes=30)
    values: dict[str, object] = {
        "at": at,
        "completed_at": at,
        "action": Action.PEEK,
        "outcome": Outcome.OK,
        "user_id": user.pk,
        "user_name": user.get_username(),
        "queue_id": QUEUE,
        "queue_name": "orders",
        "account_name": "acme",
    }
    return AuditEntry.objects.create(**(values | columns))


def asked(user: User, route: str, **query: str) -> Any:
    answer = signed_in(user).get(reverse(route, query=query))
    assert answer.status_code == 200, answer.content
    return answer


class TestWhoLooked:
    def test_each_person_has_one_row_with_what_they_did(self, cast: Cast) -> None:
        for number in (3, 4):
            entry(cast.owner, message_count=number)
        entry(cast.owner, action=Action.EXPORT, message_count=1)
        entry(cast.owner, action=Action.EXPORT_MANY, message_count=2)
        entry(cast.owner, action=Action.PULL, outcome=Outcome.REFUSED)
        entry(cast.teammate, action=Action.OPEN_COPY, message_count=5)
        entry(cast.teammate, action=Action.ACK, message_count=5)
        entry(cast.teammate, queue_id=OTHER)

        teammate, owner = asked(cast.auditor, "audit_questions", queue=QUEUE).context["rows"]

        assert (owner.who, owner.peeks, owner.pulls, owner.downloads) == ("owner", "2", "0", "2")
        assert (owner.messages, owner.not_ok) == ("10", "1")
        assert (teammate.who, teammate.peeks, teammate.copies, teammate.messages) == ("teammate", "0", "1", "5")

    def test_what_a_watch_peeked_at_has_a_row_of_its_own(self, cast: Cast) -> None:
        for _ in range(2):
            entry(cast.owner, message_count=66, parameters={"batch_size": 100, "watch": 7})
        assert [row.who for row in asked(cast.auditor, "audit_questions", queue=QUEUE).context["rows"]] == [
            "owner, by a watch"
        ], "its owner never looked"
        entry(cast.owner, message_count=3)

        person, watch = asked(cast.auditor, "audit_questions", queue=QUEUE).context["rows"]

        assert (person.who, person.peeks, person.messages) == ("owner", "1", "3")
        assert (watch.who, watch.peeks, watch.messages) == ("owner, by a watch", "2", "132")

    def test_what_is_unknown_is_said(self, cast: Cast) -> None:
        entry(cast.owner, action=Action.PULL, outcome=Outcome.UNKNOWN)

        (row,) = asked(cast.auditor, "audit_questions", queue=QUEUE).context["rows"]

        assert (row.pulls, row.not_ok, row.unknown) == ("1", "0", "1")

    def test_it_is_the_last_seven_days_where_nothing_else_is_said(self, cast: Cast) -> None:
        entry(cast.owner, at=timezone.now() - timedelta(days=6))
        entry(cast.teammate, at=timezone.now() - timedelta(days=8))

        assert [row.who for row in asked(cast.auditor, "audit_questions", queue=QUEUE).context["rows"]] == ["owner"]

    def test_the_days_that_are_asked_for_count_and_lead_to_the_entries_behind(self, cast: Cast) -> None:
        entry(cast.owner, at=datetime(2026, 11, 2, 23, 59, tzinfo=UTC))
        entry(cast.teammate, at=datetime(2026, 11, 3, 0, 0, tzinfo=UTC))

        page = asked(cast.auditor, "audit_questions", queue=QUEUE, since="2026-11-01", until="2026-11-02")

        (row,) = page.context["rows"]
        assert row.who == "owner"
        behind = signed_in(cast.auditor).get(row.url)
        assert [one.who for one in behind.context["rows"]] == ["owner"]
        assert page.context["audit_url"] == f"/audit/?queue={QUEUE}&since=2026-11-01&until=2026-11-02"

    def test_it_reads_a_bounded_number_and_says_how_far_back(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit_answers, "READ", 3)
        for number in range(5):
            entry(cast.owner, at=timezone.now() - timedelta(minutes=number + 10))

        page = asked(cast.auditor, "audit_questions", queue=QUEUE)

        assert page.context["rows"][0].peeks == "3"
        assert "Read back to" in text_of(page)

    def test_queues_are_chosen_by_name_and_only_those_that_one_may_see(self, cast: Cast) -> None:
        entry(cast.owner, at=timezone.now() - timedelta(days=1), queue_name="before-it-was-renamed")
        entry(cast.owner)
        entry(cast.teammate, queue_id=OTHER, queue_name="mail")
        entry(cast.teammate, action=Action.SIGN_IN, queue_id="", queue_name="")

        def choices(user: User) -> list[tuple[str, str]]:
            found: list[tuple[str, str]] = asked(user, "audit_questions").context["queues"]
            return found

        assert choices(cast.auditor) == [(OTHER, "mail, acme"), (QUEUE, "orders, acme")]
        assert choices(cast.owner) == [(QUEUE, "orders, acme")]
        assert choices(cast.viewer) == []

    def test_whoever_sees_their_own_only_gets_their_own_row(self, cast: Cast) -> None:
        entry(cast.owner)
        entry(cast.teammate)

        page = asked(cast.owner, "audit_questions", queue=QUEUE)

        assert [row.who for row in page.context["rows"]] == ["owner"]
        assert "answered from your own entries" in text_of(page)


def test_the_log_is_filtered_by_a_queue_that_is_chosen_by_name(cast: Cast) -> None:
    entry(cast.owner)
    entry(cast.owner, queue_id=OTHER, queue_name="mail")

    page = asked(cast.auditor, "audit", queue=OTHER)

    assert f'<option value="{QUEUE}">orders, acme</option>' in page.content.decode()
    assert f'<option value="{OTHER}" selected>mail, acme</option>' in page.content.decode()
    assert [row.queue for row in page.context["rows"]] == ["mail"]
    question = signed_in(cast.auditor).get(page.context["export_url"])
    assert f"mail, acme ({OTHER})" in text_of(question)


class TestWhatAPersonDid:
    def test_each_kind_of_act_has_one_row(self, cast: Cast) -> None:
        entry(cast.owner, message_count=3)
        entry(cast.owner, message_count=4, queue_id=OTHER)
        entry(cast.owner, action=Action.PULL, outcome=Outcome.FAILED)
        entry(cast.teammate)

        page = asked(cast.auditor, "audit_person", who="owner")

        pull, peek = page.context["rows"]
        assert (pull.what, pull.number, pull.not_ok, pull.messages) == ("Pull", "1", "1", "0")
        assert (peek.what, peek.number, peek.messages, peek.queues) == ("Peek", "2", "7", "2")
        assert peek.url == "/audit/?who=owner&action=messages.peek"

    def test_what_their_watches_did_has_a_row_of_its_own(self, cast: Cast) -> None:
        entry(cast.owner, message_count=3)
        entry(cast.owner, message_count=66, parameters={"batch_size": 100, "watch": 7})

        watch, person = asked(cast.auditor, "audit_person", who="owner").context["rows"]

        assert (watch.what, watch.number, watch.messages) == ("Peek, by a watch", "1", "66")
        assert (person.what, person.number, person.messages) == ("Peek", "1", "3")

    def test_nobody_asks_about_others_whose_entries_they_may_not_see(self, cast: Cast) -> None:
        entry(cast.owner)

        assert asked(cast.teammate, "audit_person", who="owner").context["rows"] == ()


class TestAMessage:
    def test_first_and_last_and_all_between(self, cast: Cast) -> None:
        noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
        entry(cast.owner, at=noon, message_ids=[MESSAGE])
        entry(cast.teammate, at=noon + timedelta(hours=1), action=Action.PULL, message_ids=[MESSAGE, "e" * 32])
        entry(cast.teammate, at=noon + timedelta(hours=2), action=Action.ACK, message_ids=[MESSAGE])
        entry(cast.owner, at=noon + timedelta(hours=3), message_ids=["e" * 32])

        story = asked(cast.auditor, "audit_message", id=MESSAGE).context["story"]

        assert [row.what for row in story.rows] == ["Acknowledge", "Pull", "Peek"]
        assert story.first == "20 Nov 12:00:00, by owner: Peek"
        assert story.last == "20 Nov 14:00:00, by teammate: Acknowledge"
        assert story.people == "owner and teammate"

    def test_what_others_did_is_not_told_to_whoever_may_not_see_it(self, cast: Cast) -> None:
        entry(cast.owner, message_ids=[MESSAGE])
        entry(cast.teammate, message_ids=[MESSAGE])

        story = asked(cast.teammate, "audit_message", id=MESSAGE).context["story"]

        assert [row.who for row in story.rows] == ["teammate"]
        assert "by teammate" in story.first

    def test_of_many_entries_the_newest_are_shown_and_the_first_is_known(
        self, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit_answers, "OF_MESSAGE", 2)
        made = [
            entry(cast.owner, at=datetime(2026, 11, day, 12, tzinfo=UTC), message_ids=[MESSAGE]) for day in range(1, 6)
        ]

        page = asked(cast.auditor, "audit_message", id=MESSAGE)

        assert [row.number for row in page.context["rows"]] == [made[4].pk, made[3].pk]
        assert page.context["story"].first.startswith("1 Nov 12:00:00")
        assert "Only the newest 2 entries are shown." in text_of(page)

    @pytest.mark.parametrize("typed", ["", "short", "<script>alert(1)</script>", "x" * 65])
    def test_what_is_no_id_is_not_looked_up(self, cast: Cast, typed: str) -> None:
        answer = signed_in(cast.auditor).get(reverse("audit_message", query={"id": typed}))

        assert answer.status_code == 422
        assert "This cannot be answered" in text_of(answer)

    def test_it_is_a_few_looks_into_indexes_however_many_entries_there_are(self, cast: Cast) -> None:
        for _ in range(30):
            entry(cast.owner, message_ids=[MESSAGE])
        with CaptureQueriesContext(connection) as queries:
            audit_answers.story(user=cast.auditor, message_id=MESSAGE)

        assert len(queries) <= 8  # half of them ask for permissions


class TestExplaining:
    def explain(self, user: User, one: AuditEntry, **typed: str) -> Any:
        fields = {"sentence": SENTENCE, "intent": str(uuid.uuid4()), **typed}
        return signed_in(user).post(reverse("audit_explain", args=[one.pk]), fields)

    def listed(self, user: User) -> list[int]:
        return [row.number for row in asked(user, "audit_unknown").context["rows"]]

    def test_what_stayed_unknown_is_listed_until_somebody_explains_it(self, cast: Cast) -> None:
        unknown = entry(cast.owner, outcome=Outcome.UNKNOWN, action=Action.PULL)
        left_open = entry(cast.owner, outcome=Outcome.UNKNOWN, completed_at=None)
        entry(cast.owner)
        entry(cast.owner, outcome=Outcome.UNKNOWN, completed_at=None, at=timezone.now())
        assert self.listed(cast.auditor) == [left_open.pk, unknown.pk]

        assert self.explain(cast.auditor, unknown).headers["Location"] == reverse("audit_entry", args=[unknown.pk])

        assert self.listed(cast.auditor) == [left_open.pk]

    def test_the_explanation_is_an_entry_of_its_own_and_the_receipt_shows_it(self, cast: Cast) -> None:
        unknown = entry(cast.owner, outcome=Outcome.UNKNOWN, action=Action.PULL)
        before = AuditEntry.objects.values().get(pk=unknown.pk)

        self.explain(cast.auditor, unknown)

        made = AuditEntry.objects.get(action=Action.EXPLAIN)
        assert AuditEntry.objects.values().get(pk=unknown.pk) == before
        assert (made.outcome, made.user_name, made.remark) == (Outcome.OK, "auditor", SENTENCE)
        assert (made.parameters, made.queue_id) == ({"explains": unknown.pk}, QUEUE)
        # The owner sees what is said of theirs, though not the entry that says it.
        browser = signed_in(cast.owner)
        receipt = text_of(browser.get(reverse("audit_entry", args=[unknown.pk])))
        assert f"<b>Explained:</b> {SENTENCE}" in receipt
        assert made.receipt in receipt
        assert reverse("audit_entry", args=[made.pk]) not in receipt
        assert SENTENCE in browser.get(reverse("audit_markdown", args=[unknown.pk])).content.decode()
        theirs = signed_in(cast.auditor).get(reverse("audit_entry", args=[made.pk]))
        assert f'It explains <a href="{reverse("audit_entry", args=[unknown.pk])}">' in text_of(theirs)

    def test_a_second_explanation_stands_beside_the_first(self, cast: Cast) -> None:
        unknown = entry(cast.owner, outcome=Outcome.UNKNOWN)
        self.explain(cast.owner, unknown)
        self.explain(cast.auditor, unknown, sentence="Not quite: two messages were leased.")

        receipt = text_of(signed_in(cast.owner).get(reverse("audit_entry", args=[unknown.pk])))

        assert receipt.index(SENTENCE) < receipt.index("Not quite")

    def test_the_same_submit_explains_once(self, cast: Cast) -> None:
        unknown = entry(cast.owner, outcome=Outcome.UNKNOWN)
        intent = str(uuid.uuid4())

        for _ in range(2):
            assert self.explain(cast.auditor, unknown, intent=intent).status_code == 303

        assert AuditExplanation.objects.count() == 1

    @pytest.mark.parametrize("sentence", ["", "dunno", "x" * 501])
    def test_what_is_no_sentence_is_asked_for_again(self, cast: Cast, sentence: str) -> None:
        unknown = entry(cast.owner, outcome=Outcome.UNKNOWN)

        assert self.explain(cast.auditor, unknown, sentence=sentence).status_code == 422
        assert not AuditEntry.objects.filter(action=Action.EXPLAIN).exists()

    def test_a_known_outcome_is_not_explained(self, cast: Cast) -> None:
        known = entry(cast.owner)

        assert self.explain(cast.auditor, known).status_code == 409
        assert self.listed(cast.auditor) == []
        made = AuditEntry.objects.get(action=Action.EXPLAIN)
        assert (made.outcome, made.reason) == (Outcome.REFUSED, "nothing-to-explain")
        assert not AuditExplanation.objects.exists()

    def test_whoever_may_not_is_refused_on_the_record_and_others_entries_do_not_exist(self, cast: Cast) -> None:
        theirs = entry(cast.viewer, outcome=Outcome.UNKNOWN)

        assert self.explain(cast.viewer, theirs).status_code == 403
        assert self.explain(cast.owner, theirs).status_code == 404
        made = AuditEntry.objects.get(action=Action.EXPLAIN)
        assert (made.outcome, made.parameters) == (Outcome.REFUSED, {"explains": theirs.pk})
        assert self.listed(cast.viewer) == [theirs.pk]
        assert "Explain…" not in text_of(signed_in(cast.viewer).get(reverse("audit_entry", args=[theirs.pk])))

    def test_a_look_up_that_no_entry_stands_behind_explains_nothing(self, cast: Cast) -> None:
        unknown, another = entry(cast.owner, outcome=Outcome.UNKNOWN), entry(cast.owner)
        AuditExplanation.objects.create(entry_id=unknown.pk, explained_in=another.pk)

        assert self.listed(cast.auditor) == [unknown.pk]

    def test_a_page_that_finds_few_says_how_far_it_looked(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit_streams, "LOOKED_AT", 2)
        entries = [entry(cast.owner, outcome=Outcome.UNKNOWN) for _ in range(3)]
        for one in entries[1:]:
            self.explain(cast.auditor, one)

        page = asked(cast.auditor, "audit_unknown")

        assert page.context["rows"] == ()
        assert "Looked back to" in text_of(page)
        assert [
            row.number for row in asked(cast.auditor, "audit_unknown", before=page.context["next"]).context["rows"]
        ] == [entries[0].pk]
