"""What is said of sending deleted messages again: before they are deleted, and where one of them cannot go."""

import pytest
from django.test import Client

from queues_app.models import Account
from queues_app.sandbox import QueueHandle
from tests.views.messages.acts import Elements, delete, peeked, text_of, url_of

CAN = "can be sent again, as a new message."
CANNOT = "cannot be sent again from here: only text and JSON can go over HTTP."


@pytest.mark.parametrize(
    ("positions", "words"),
    [
        ((0, 1), CAN),
        ((3,), CANNOT),
        ((0, 3), "can be sent again, as a new message; but 1 of the 2 cannot be sent again from here"),
    ],
)
def test_a_deletion_promises_no_undo_that_is_refused(
    browser: Client, account: Account, orders: QueueHandle, positions: tuple[int, ...], words: str
) -> None:
    orders.push(b"\x00\xff\x80\xfe\xc1\x90", content_type="bytes")
    batch = peeked(browser, account, orders)
    text = text_of(delete(browser, account, orders, batch, *positions, step="confirm"))
    assert words in text
    assert (CAN in text) == (words == CAN)


@pytest.mark.parametrize(
    ("positions", "why"),
    [
        ((0, 3), "Nothing was prepared: 1 of these cannot be sent. Tick the box to go on without."),
        ((3, 4), "Nothing was prepared: none of these can be sent."),
    ],
)
def test_a_preview_that_does_not_come_says_why_at_the_box(
    browser: Client, account: Account, orders: QueueHandle, positions: tuple[int, ...], why: str
) -> None:
    for _ in range(2):
        orders.push(b"\x00\xff\x80\xfe\xc1\x90", content_type="bytes")
    batch = peeked(browser, account, orders)
    page = url_of("send_again", account, orders, batch.pk)
    typed = {"position": positions, "target": f"{account.pk}:{orders.id}"}
    answer = browser.post(page, typed)
    assert answer.status_code == 422
    assert why in text_of(answer)
    boxes = Elements(answer).all("input", name="leave_out")
    assert [box["aria-describedby"] for box in boxes] == (["leave-out-error"] if 0 in positions else [])
    if boxes:
        assert browser.post(page, {**typed, "leave_out": "1"}).status_code == 303
