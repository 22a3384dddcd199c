"""The check-up: what a credential can do, found out by harmless calls only."""

from typing import Any

import pytest

from queues_app import audit
from queues_app.models import Action, Credential, Outcome
from queues_app.operations import checkup, credentials
from queues_app.operations.checkup import Finding, Line
from queues_app.sandbox import Sandbox
from queues_app.sandbox.ratelimit import RateLimit
from tests.support.credentials import entries, keep
from tests.support.people import Cast, signed_in
from tests.support.stack import calling

pytestmark = pytest.mark.usefixtures("upstream_url")

HARMLESS = {"accounts", "verify_user", "verify_account", "queues", "metrics", "peek", "analytics"}
COSTLY = (
    "Pull, acknowledge, retry",
    "Send and send again",
    "Delete by reference, empty a queue",
    "Pause, settings, consumers",
)


@pytest.fixture(autouse=True)
def orders(sandbox: Sandbox) -> None:
    for account in sandbox.accounts:
        sandbox.add_queue("orders-inbound", account=account).push({"order": 1})


def found(credential: Credential) -> dict[str, Line]:
    return {line["subject"]: line for line in credential.findings}


def answers(credential: Credential) -> dict[str, str]:
    return {subject: line["finding"] for subject, line in found(credential).items()}


def test_a_token_of_full_power_is_asked_for_what_is_free_and_trusted_with_the_rest(
    cast: Cast, sandbox: Sandbox
) -> None:
    kept = keep(cast.owner, sandbox.tokens["full"])

    assert answers(kept) == {
        checkup.QUEUES: Finding.ASKED,
        checkup.COUNTS: Finding.ASKED,
        checkup.PEEK: Finding.ASKED,
        **dict.fromkeys(COSTLY, Finding.FOLLOWS),
        checkup.ANALYTICS: Finding.ASKED,
        "Other accounts": Finding.ASKED,
    }
    lines = found(kept)
    assert lines[checkup.QUEUES]["how"] == "1 queue found"
    assert lines[checkup.COUNTS]["how"] == "backlog, bytes and oldest of orders-inbound"
    assert lines[checkup.PEEK]["how"] == "asked orders-inbound for 1; no attempt used"
    assert lines["Other accounts"]["how"] == "1 more (acme-labs); the lines above are of acme-logistics"


def test_only_harmless_calls_are_made_and_no_message_is_touched(cast: Cast, sandbox: Sandbox) -> None:
    for name in ("full", "read_only", "expired", "disabled", "account_owned", "wrong_account"):
        account = sandbox.accounts["acme-labs" if name == "wrong_account" else "acme-logistics"]
        try:
            keep(cast.owner, sandbox.tokens[name], label=name, account_id=account)
        except checkup.SecretRefusedError:
            continue

    assert {call.route for call in sandbox.calls} == HARMLESS
    for account in sandbox.accounts:
        (message,) = sandbox.queue("orders-inbound", account=account).messages
        assert (message.attempts, message.state) == (0, "ready")


def test_the_one_peek_stands_on_the_record(cast: Cast, sandbox: Sandbox) -> None:
    keep(cast.owner, sandbox.tokens["wrong_account"])

    added, peeked = entries()
    assert (added.action, added.outcome) == (Action.CREDENTIAL_ADD, Outcome.OK)
    assert (peeked.action, peeked.outcome) == (Action.PEEK, Outcome.OK)
    assert (peeked.queue_name, peeked.account_name) == ("orders-inbound", "acme-labs")
    assert peeked.parameters == {"batch_size": 1, "check_up": True}
    assert (peeked.message_count, len(peeked.message_ids)) == (1, 1)
    assert sandbox.count("peek") == 1


def test_a_token_that_only_reads_may_list_and_count_and_no_more(cast: Cast, sandbox: Sandbox) -> None:
    kept = keep(cast.owner, sandbox.tokens["read_only"])

    assert answers(kept) == {
        checkup.QUEUES: Finding.ASKED,
        checkup.COUNTS: Finding.ASKED,
        checkup.PEEK: Finding.NO,
        **dict.fromkeys(COSTLY, Finding.NO),
        checkup.ANALYTICS: Finding.NO,
        "Other accounts": Finding.ASKED,
    }
    assert found(kept)["Send and send again"]["how"] == "Queues Edit is missing"
    without = found(kept)[checkup.ANALYTICS]["how"]
    assert without.startswith("Account Analytics Read is missing; without it the Overview lacks operations, retries")
    peeked = entries()[-1]
    assert (peeked.action, peeked.outcome, peeked.status) == (Action.PEEK, Outcome.FAILED, 403)


def test_a_token_for_one_account_rightly_reaches_no_other(cast: Cast, sandbox: Sandbox) -> None:
    kept = keep(cast.owner, sandbox.tokens["wrong_account"])

    assert found(kept)["Other accounts"] == {
        "subject": "Other accounts",
        "finding": "rightly",
        "how": "none known but acme-labs, as it should be",
    }


def test_an_account_without_queues_leaves_the_rest_unknown(cast: Cast, sandbox: Sandbox) -> None:
    for account in sandbox.store.accounts.values():
        account.queues.clear()

    kept = keep(cast.owner, sandbox.tokens["full"])

    assert answers(kept)[checkup.QUEUES] == Finding.ASKED
    assert found(kept)[checkup.QUEUES]["how"] == "0 queues found"
    assert {answers(kept)[subject] for subject in (checkup.COUNTS, checkup.PEEK, *COSTLY)} == {Finding.UNKNOWN}
    assert sandbox.count("peek") == 0
    # The permission is the account's.
    assert answers(kept)[checkup.ANALYTICS] == Finding.ASKED


@pytest.mark.parametrize("fault", ["server_error", "html", "reset", "truncated", "null_result"])
def test_analytics_that_fail_fail_no_check_up(
    fault: str, cast: Cast, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queues_app.cloudflare.caller.Caller._pause", lambda *_: None)
    sandbox.fault(fault, route="analytics")

    kept = keep(cast.owner, sandbox.tokens["full"])

    assert answers(kept)[checkup.ANALYTICS] == Finding.UNKNOWN
    assert found(kept)[checkup.ANALYTICS]["how"].endswith(".")
    assert answers(kept)[checkup.PEEK] == Finding.ASKED
    assert answers(kept)["Other accounts"] == Finding.ASKED


def test_the_limit_of_analytics_says_nothing_of_the_permission(
    cast: Cast, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_graphql_limit", RateLimit(calls=0))

    kept = keep(cast.owner, sandbox.tokens["full"])

    assert answers(kept)[checkup.ANALYTICS] == Finding.UNKNOWN
    assert found(kept)[checkup.ANALYTICS]["how"] == "Cloudflare refused: analytics were asked for too often."


def test_trouble_is_unknown_and_not_a_no(cast: Cast, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queues_app.cloudflare.caller.Caller._pause", lambda *_: None)
    sandbox.fault("server_error", route="metrics")
    sandbox.fault("reset", route="peek")

    kept = keep(cast.owner, sandbox.tokens["full"])

    assert answers(kept)[checkup.COUNTS] == Finding.UNKNOWN
    assert answers(kept)[checkup.PEEK] == Finding.UNKNOWN
    assert {answers(kept)[subject] for subject in COSTLY} == {Finding.UNKNOWN}


def test_an_account_without_peek_is_said_to_have_none(cast: Cast, sandbox: Sandbox) -> None:
    sandbox.vary(peek="absent")

    kept = keep(cast.owner, sandbox.tokens["full"])

    assert found(kept)[checkup.PEEK]["how"] == "this account has no peek yet; its older form was not tried"
    assert sandbox.count("preview") == 0


@pytest.mark.parametrize(("person", "peeks", "lists"), [("viewer", False, True), ("stranger", False, False)])
def test_the_check_up_tries_nothing_that_the_role_may_not(
    person: str, peeks: bool, lists: bool, cast: Cast, sandbox: Sandbox
) -> None:
    kept = keep(getattr(cast, person), sandbox.tokens["full"])

    assert (answers(kept)[checkup.QUEUES] == Finding.ASKED) is lists
    assert answers(kept)[checkup.PEEK] == Finding.UNKNOWN
    assert (sandbox.count("peek") > 0) is peeks
    assert (sandbox.count("queues") > 0) is lists
    assert (sandbox.count("analytics") > 0) is lists


def test_a_check_up_that_cannot_be_recorded_does_not_peek(
    cast: Cast, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keep(cast.owner, sandbox.tokens["full"])
    sandbox.forget_calls()
    whole = audit.record

    def without_peeks(**arguments: Any) -> object:
        if arguments["action"] == Action.PEEK:
            raise audit.AuditUnavailableError
        return whole(**arguments)

    monkeypatch.setattr(audit, "record", without_peeks)

    credentials.verify(caller=calling(cast.owner), credential=kept)

    assert answers(kept)[checkup.PEEK] == Finding.UNKNOWN
    assert sandbox.count("peek") == 0


def test_hostile_names_of_queues_are_shown_as_text(cast: Cast, sandbox: Sandbox) -> None:
    for account in sandbox.store.accounts.values():
        account.queues.clear()
        sandbox.add_queue("<img src=x onerror=alert(1)>", account=account.name)

    kept = keep(cast.owner, sandbox.tokens["full"])

    page = signed_in(cast.owner).get(f"/credentials/{kept.pk}/").text
    assert "<img" not in page
    assert "asked &lt;img src=x" in page
