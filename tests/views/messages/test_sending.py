"""The Send tab, files, and kept copies once more: a preview first, one act at a time, everything typed is kept."""

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from queues_app import cloudflare
from queues_app.cloudflare import Message
from queues_app.models import Account, Action, AuditEntry, Credential, Outcome, Sending
from queues_app.models.credential import CredentialStatus
from queues_app.operations import sending as steps
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.views.messages.acts import HTMX, Elements, keep, peeked, text_of, url_of


def upload(browser: Client, url: str, data: bytes, name: str = "messages.jsonl", **more: object) -> object:
    return browser.post(url, {"file": SimpleUploadedFile(name, data), "file_format": "values", **more})


def take(browser: Client, url: str, step: int = 0, **more: object) -> object:
    return browser.post(url, {"act": "send", "step": step, **more})


def test_typed_json_with_an_error_keeps_the_text_and_points_at_it(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    before = len(orders.messages)
    answer = browser.post(
        url_of("send", account, orders), {"content_type": "json", "body": '{\r\n "a" 1}', "delay": "5 min"}
    )
    assert answer.status_code == 422
    text = html.unescape(text_of(answer))
    assert 'line 2, column 6: expected ":"' in text
    assert ' "a" 1}\n     ^' in text
    assert '\n{\n "a" 1}</textarea>' in text
    assert 'value="5 min"' in text
    assert len(orders.messages) == before


def test_typed_messages_are_previewed_then_sent_once(browser: Client, account: Account, orders: QueueHandle) -> None:
    before = len(orders.messages)
    answer = browser.post(
        url_of("send", account, orders), {"content_type": "json", "body": ['{"n":9007199254740993}', "", "[1.0]"]}
    )
    page = answer["Location"]
    assert "Send 2 messages" in text_of(browser.get(page))
    assert len(orders.messages) == before
    for _ in range(2):
        assert take(browser, page)["Location"] == page  # type: ignore[index]
    assert [str(message.body) for message in orders.messages[before:]] == ['{"n":9007199254740993}', "[1.0]"]
    text = text_of(browser.get(page))
    assert "2 of 2 sent." in text
    assert AuditEntry.objects.get(action=Action.SEND).receipt in text
    assert "2 of 2 sent" in text_of(browser.get(url_of("send", account, orders)))


def test_another_field_comes_without_a_script(browser: Client, account: Account, orders: QueueHandle) -> None:
    answer = browser.post(url_of("send", account, orders), {"act": "add", "content_type": "text", "body": "<b>one"})
    assert text_of(answer).count("<textarea") == 2
    assert b"&lt;b&gt;one" in answer.content


def test_a_json_list_can_be_split_into_messages(browser: Client, account: Account, orders: QueueHandle) -> None:
    answer = browser.post(
        url_of("send", account, orders), {"content_type": "json", "body": '[{"n":1.10},"two"]', "split": "1"}
    )
    assert "Send 2 messages" in text_of(browser.get(answer["Location"]))


@pytest.mark.parametrize("body", ['"text"', "1", "null"])
def test_what_the_api_refuses_as_json_is_offered_as_text(
    browser: Client, account: Account, orders: QueueHandle, body: str
) -> None:
    answer = browser.post(url_of("send", account, orders), {"content_type": "json", "body": body})
    assert answer.status_code == 422
    assert "Choose Text to send it as it is." in text_of(answer)


def test_a_file_is_sent_only_when_its_bad_lines_are_left_out_by_choice(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    before = len(orders.messages)
    name = '"><img src=x onerror=alert(1)>\u202egpj.jsonl'
    answer = upload(browser, url_of("send_file", account, orders), b'[1]\n{"a" 1}\n7\n"four"', name)
    page = answer["Location"]  # type: ignore[index]
    text = text_of(browser.get(page))
    assert "Line 2:" in text
    assert "Line 3:" in text
    assert b"<img" not in browser.get(page).content
    assert "\u202e" not in text
    assert take(browser, page).status_code == 422  # type: ignore[attr-defined]
    assert len(orders.messages) == before
    take(browser, page, leave_out="1")
    assert [str(message.body) for message in orders.messages[before:]] == ["[1]", "four"]


def test_a_large_file_goes_on_by_itself_only_in_the_answer_to_a_step(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    page = upload(browser, url_of("send_file", account, orders), b"[1]\n" * 250)["Location"]  # type: ignore[index]
    answer = browser.post(page, {"act": "send", "step": 0}, headers=HTMX)
    assert 'hx-trigger="load"' in text_of(answer)
    assert 'hx-trigger="load"' not in text_of(browser.get(page))
    assert "Send the next 100" in text_of(browser.get(page))
    browser.post(page, {"act": "pause", "step": 1})
    browser.post(page, {"act": "send", "step": 1, "by_itself": "1"}, headers=HTMX)
    assert Sending.objects.get().outcomes.count("sent") == 100
    browser.post(page, {"act": "send", "step": 1}, headers=HTMX)
    browser.post(page, {"act": "send", "step": 2, "by_itself": "1"}, headers=HTMX)
    assert set(Sending.objects.get().outcomes) == {"sent"}


def test_a_file_beyond_the_limit_is_said_to_be(browser: Client, account: Account, orders: QueueHandle) -> None:
    answer = upload(browser, url_of("send_file", account, orders), b" " * 10_200_000)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "larger than 10 MB" in text_of(answer)  # type: ignore[arg-type]
    assert not Sending.objects.exists()


def test_production_is_named_on_the_button(cast: Cast, sandbox: Sandbox, orders: QueueHandle, account: Account) -> None:
    live = make_account(
        cast.owner,
        secret=sandbox.tokens["full"],
        account_id=sandbox.accounts["acme-logistics"],
        label="live",
        environment="production",
    )
    browser = signed_in(cast.owner)
    answer = browser.post(url_of("send", live, orders), {"content_type": "text", "body": "x"})
    assert "Send 1 message to acme-logistics" in text_of(browser.get(answer["Location"]))


def test_a_sending_of_somebody_else_does_not_exist(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle
) -> None:
    page = browser.post(url_of("send", account, orders), {"content_type": "text", "body": "x"})["Location"]
    other = signed_in(cast.teammate)
    assert other.get(page).status_code == 404
    assert take(other, page).status_code == 404  # type: ignore[attr-defined]


def test_a_kept_message_goes_again_verbatim_and_edited(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    before = len(orders.messages)
    again = url_of("send_again", account, orders, batch.pk)
    target = f"{account.pk}:{orders.id}"
    text = text_of(browser.get(f"{again}?position=0"))
    assert "9007199254740993" in text
    assert "Attempts start at 0 again." in text
    for body in (None, '{"edited": 2.50}'):
        data = {"position": "0", "target": target} | ({"body": body} if body else {})
        page = browser.post(again, data)["Location"]
        take(browser, page)
    sent = [str(message.body) for message in orders.messages[before:]]
    assert "9007199254740993" in sent[0]
    assert sent[1].replace(" ", "") in ('{"edited":2.50}', '{"edited":2.5}')


def test_chosen_rows_lead_to_one_form_for_all_of_them(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    again = url_of("send_again", account, orders, batch.pk)
    answer = browser.post(again, {"step": "confirm", "position": ["0", "2"]})
    assert answer["Location"] == f"{again}?position=0&position=2"
    assert "Send 2 messages again" in text_of(browser.get(answer["Location"]))
    assert browser.post(again, {"position": "0", "target": "99:" + "0" * 32}).status_code == 422


def test_more_than_one_call_takes_is_refused_whole_not_cut(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = keep(account, orders, *(Message(id=f"{number:032}", body="x") for number in range(101)))
    again = url_of("send_again", account, orders, batch.pk)
    chosen = {"position": [str(at) for at in range(101)], "target": f"{account.pk}:{orders.id}"}
    form = browser.get(browser.post(again, chosen | {"step": "confirm"})["Location"])
    assert "At most 100 messages at once." in text_of(form)
    assert browser.post(again, chosen).status_code == 422
    assert not Sending.objects.exists()


def test_a_text_that_a_field_cannot_hold_goes_verbatim_when_nobody_edits_it(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    body = "\r\n a\0b\rc"
    batch = keep(account, orders, Message(id="1" * 32, body=body, metadata={"CF-Content-Type": "text"}))
    before = len(orders.messages)
    given_back = "\r\n a\ufffdb\r\nc"  # as a browser posts it
    data = {"position": "0", "target": f"{account.pk}:{orders.id}", "body": given_back, "content_type": "text"}
    take(browser, browser.post(url_of("send_again", account, orders, batch.pk), data)["Location"])
    assert [message.body for message in orders.messages[before:]] == [body]


def test_what_was_repaired_on_the_way_is_said_to_be(browser: Client, account: Account, orders: QueueHandle) -> None:
    message = Message(id="1" * 32, body="a\ufffd", metadata={"CF-Content-Type": "text"}, body_repaired=True)
    batch = keep(account, orders, message)
    again = url_of("send_again", account, orders, batch.pk)
    assert "It held what is no text" in text_of(browser.get(f"{again}?position=0"))


def test_a_colleagues_copy_goes_again_by_ones_own_way_and_its_reading_is_on_the_record(
    browser: Client, cast: Cast, sandbox: Sandbox, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    lead = make_user("lead", "Lead")
    leads = make_account(lead, secret=sandbox.tokens["full"], account_id=account.account_id)
    theirs = make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id)
    again = url_of("send_again", leads, orders, batch.pk)
    form = signed_in(lead).get(f"{again}?position=0")
    assert form.status_code == 200
    assert AuditEntry.objects.get(action=Action.OPEN_COPY).user_name == "lead"
    data = {"position": "0", "target": f"{account.pk}:{orders.id}"}
    assert signed_in(lead).post(again, data).status_code == 422  # the account is not one's own
    before = len(orders.messages)
    take(signed_in(lead), signed_in(lead).post(again, data | {"target": f"{leads.pk}:{orders.id}"})["Location"])
    assert len(orders.messages) == before + 1
    assert signed_in(cast.teammate).get(url_of("send_again", theirs, orders, batch.pk, position=0)).status_code == 404


def test_while_a_call_is_under_way_its_messages_are_not_sent_again(
    browser: Client, account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = browser.post(url_of("send", account, orders), {"content_type": "text", "body": "x"})["Location"]
    before = len(orders.messages)
    answers = []

    def meanwhile(*args: object, **kwargs: object) -> None:
        answers.append(browser.post(page, {"act": "again", "step": 1, "word": "unknown"}))
        raise cloudflare.AnswerLost(sentence="It was lost.", reason="lost", may_have_happened=True)

    with monkeypatch.context() as patched:
        patched.setattr(steps, "_send", meanwhile)
        take(browser, page)
    (answer,) = answers
    assert answer.status_code == 422
    assert "has not ended yet" in text_of(answer)
    assert Sending.objects.get().outcomes == ["unknown"]
    browser.post(page, {"act": "again", "step": 1, "word": "unknown"})
    take(browser, page, step=2)
    assert len(orders.messages) == before + 1


def test_from_a_dead_letter_queue_the_queues_that_feed_it_are_offered_first(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    dead = sandbox.add_queue("late-dlq", consumer=None)
    sandbox.add_queue("aaa")
    feeding = sandbox.add_queue("late", dead_letter_queue="late-dlq")
    dead.push({"order": 1})
    batch = peeked(browser, account, dead)
    browser.get(reverse("queues", args=[account.pk]))  # lists the account's queues
    page = browser.get(f"{url_of('send_again', account, dead, batch.pk)}?position=0")
    offered = [option["value"] for option in Elements(page).all("option") if ":" in (option["value"] or "")]
    assert offered[:2] == [f"{account.pk}:{feeding.id}", f"{account.pk}:{dead.id}"]
    assert not Elements(page).all("option", selected="")


def test_what_a_refused_credential_listed_is_offered_no_more(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    labs = make_account(
        cast.owner, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-labs"], name="labs", label="labs"
    )
    there = f"{labs.pk}:{sandbox.add_queue('there', account='acme-labs').id}"
    browser.get(reverse("queues", args=[labs.pk]))
    again = f"{url_of('send_again', account, orders, peeked(browser, account, orders).pk)}?position=0"
    assert Elements(browser.get(again)).all("option", value=there)

    Credential.objects.filter(pk=labs.credential_id).update(status=CredentialStatus.INVALID)

    assert not Elements(browser.get(again)).all("option", value=there)


def test_bytes_that_cannot_be_read_are_not_offered(browser: Client, account: Account, orders: QueueHandle) -> None:
    orders.push(bytes(range(256)))
    batch = peeked(browser, account, orders)
    position = batch.message_count - 1
    again = url_of("send_again", account, orders, batch.pk)
    assert "Over HTTP only text and JSON can be sent" in text_of(browser.get(f"{again}?position={position}"))
    assert "Send a copy" in text_of(browser.get(url_of("message", account, orders, batch.pk, position)))


def test_a_viewer_is_refused_and_recorded(cast: Cast, account: Account, orders: QueueHandle, sandbox: Sandbox) -> None:
    theirs = make_account(
        cast.viewer, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"], label="theirs"
    )
    answer = signed_in(cast.viewer).post(url_of("send", theirs, orders), {"content_type": "text", "body": "x"})
    assert answer.status_code == 403
    assert AuditEntry.objects.get(action=Action.SEND).outcome == Outcome.REFUSED
