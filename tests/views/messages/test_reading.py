"""Read anything: each way of writing a body has its page, step by step, by itself or by hand."""

import base64
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import cbor2
import msgspec
import pytest
from django.test import Client

from queues_app.cloudflare import Message
from queues_app.models import Account, QueueView
from queues_app.sandbox import QueueHandle
from queues_app.sandbox.seed import v8
from queues_app.sandbox.seed.pictures import jpeg, png
from tests.support.people import Cast, signed_in
from tests.views.messages.acts import HTMX, Elements, keep, text_of, url_of

ORDER = {"order": "A-1", "lines": [{"sku": "TX", "qty": 3}, {"sku": "TY", "qty": 1}]}
TOKEN = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"ana","exp":1700000000}', b"no signature at all")
)


def as_bytes(data: bytes, declared: str = "bytes") -> Message:
    return Message(id="a" * 32, body=base64.b64encode(data).decode(), metadata={"CF-Content-Type": declared})


def as_text(text: str, declared: str = "text") -> Message:
    return Message(id="a" * 32, body=text, metadata={"CF-Content-Type": declared})


GZIPPED = as_bytes(gzip.compress(json.dumps(ORDER).encode()))


# Made by Node: tests/bodies/fixtures/make_v8.mjs
V8 = json.loads((Path(__file__).parents[2] / "bodies/fixtures/v8.json").read_text())


class Opened:
    """The page of one message, kept in a batch of its own."""

    def __init__(self, browser: Client, account: Account, queue: QueueHandle, message: Message) -> None:
        self.browser, self.account, self.queue = browser, account, queue
        self.batch = keep(account, queue, message)
        self.url = self.to("message")

    def to(self, name: str) -> str:
        return url_of(name, self.account, self.queue, self.batch.pk, 0)

    def page(self, query: str = "", *, status: int = 200) -> str:
        answer = self.browser.get(self.url + query, headers=HTMX)
        assert answer.status_code == status
        Elements(answer).assert_sound()
        return text_of(answer)

    def steps(self, query: str = "") -> list[str]:
        """The names of the crumbs after the wire's."""
        answer = self.browser.get(self.url + query, headers=HTMX)
        crumbs = text_of(answer).partition('aria-label="How the body was read">')[2].partition("</ol>")[0]
        names = [part.rpartition(">")[2].strip() for part in crumbs.split("<small>")[:-1]]
        return names[1:]


@pytest.mark.parametrize(
    ("message", "steps", "told"),
    [
        (GZIPPED, ["base64", "gzip", "UTF-8", "JSON"], '<b>"order"</b>: <span class="s wrap">"A-1"'),
        (
            as_bytes(v8.serialise({"at": datetime(2026, 11, 20, tzinfo=UTC), "big": 2**70}), "v8"),
            ["base64", "v8"],
            "<i>Date</i> ",
        ),
        (as_bytes(cbor2.dumps({"a": [1, b"xy"], "none": None})), ["base64", "CBOR"], "<i>bytes, 2 B</i> "),
        (as_bytes(msgspec.msgpack.encode({"a": [1, 2], "name": "x"})), ["base64", "MessagePack"], '<b>"name"</b>: '),
        (as_bytes(bytes.fromhex("089601120774657374696e67")), ["base64", "Protobuf"], "names are unknown"),
        (as_text(TOKEN), ["text", "JWT"], "never verified"),
        (as_text('{"a":1}\n{"a":2}\n'), ["text", "NDJSON"], "2 lines"),
        (as_text(json.dumps({"inner": json.dumps({"deep": 1})}), "json"), ["JSON", "JSON in strings"], '"deep"'),
        (as_text("a=1&b=x%20y"), ["text", "form"], "x y"),
    ],
    ids=["gzip", "v8", "CBOR", "MessagePack", "Protobuf", "JWT", "NDJSON", "JSON in JSON", "form"],
)
def test_each_way_of_writing_is_read_step_by_step(
    browser: Client, account: Account, orders: QueueHandle, message: Message, steps: list[str], told: str
) -> None:
    opened = Opened(browser, account, orders, message)
    assert opened.steps() == steps
    assert told in opened.page()


@pytest.mark.parametrize("name", V8)
def test_each_value_of_v8_has_a_page(browser: Client, account: Account, orders: QueueHandle, name: str) -> None:
    opened = Opened(browser, account, orders, as_bytes(base64.b64decode(V8[name]), "v8"))
    assert opened.steps() == ["base64", "v8"]
    assert 'class="body-well tree"' in opened.page()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("map", "<i>Map</i>"),
        ("set", "<i>Set</i>"),
        ("regexp", "<i>RegExp</i>"),
        ("bigint", "<i>BigInt</i>"),
        ("circular", '<i>shown before</i> <span class="l">↻ see the top</span>'),
    ],
)
def test_v8_is_shown_with_its_types(
    browser: Client, account: Account, orders: QueueHandle, name: str, told: str
) -> None:
    assert told in Opened(browser, account, orders, as_bytes(base64.b64decode(V8[name]), "v8")).page()


def test_each_step_leads_to_what_it_left_with_its_size_and_time(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    opened = Opened(browser, account, orders, GZIPPED)
    whole = opened.page()
    assert whole.count(" ms</small>") == 4
    assert 'href="' + opened.url + '?step=1"' in whole
    after_base64 = opened.page("?step=0")
    assert "1f 8b 08" in after_base64
    after_gzip = opened.page("?step=1")
    assert "7b 22 6f 72 64 65 72 22" in after_gzip
    assert '{"order": "A-1"' in opened.page("?step=2")
    assert "1f 8b 08" in opened.page("?view=hex&step=0")
    assert opened.page("?step=3").count('aria-current="true"') == opened.page().count('aria-current="true"')


def test_a_step_that_left_nothing_shows_the_whole(browser: Client, account: Account, orders: QueueHandle) -> None:
    opened = Opened(browser, account, orders, GZIPPED)
    assert '<b>"order"</b>' in opened.page("?step=60")


def test_a_step_that_failed_says_what_was_tried_and_where(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    opened = Opened(browser, account, orders, as_bytes(gzip.compress(b"x" * 900)[:20]))
    page = opened.page()
    assert "It begins as gzip does, but was not read: " in page
    assert "1f 8b 08" in page
    assert "broken" in page


def test_a_decoder_is_switched_off_for_this_view(browser: Client, account: Account, orders: QueueHandle) -> None:
    opened = Opened(browser, account, orders, GZIPPED)
    page = opened.page("?by=hand&off=gzip")
    assert "gzip" not in opened.steps("?by=hand&off=gzip")
    assert "For this view: <b>gzip off</b>." in page
    assert "Remember for this queue" in page
    # The other views keep to it.
    assert "?by=hand&off=gzip&view=hex" in page


def test_a_decoder_is_forced_for_this_view(browser: Client, account: Account, orders: QueueHandle) -> None:
    opened = Opened(browser, account, orders, as_bytes(b"\x83\x01\x02\x03"))
    assert "CBOR" in opened.steps("?as=CBOR")
    assert "For this view: <b>as CBOR</b>." in opened.page("?as=CBOR")
    assert "Read as gzip by hand, but: " in opened.page("?as=gzip")


@pytest.mark.parametrize("query", ["?off=nothing", "?as=%00&off=<script>", "?as=&off=", "?by=hand"])
def test_a_decoder_that_there_is_not_changes_nothing(
    browser: Client, account: Account, orders: QueueHandle, query: str
) -> None:
    opened = Opened(browser, account, orders, GZIPPED)
    assert opened.steps(query) == opened.steps()
    assert "For this view" not in opened.page(query)


def test_the_words_of_a_filter_go_along_to_every_view(browser: Client, account: Account, orders: QueueHandle) -> None:
    page = Opened(browser, account, orders, GZIPPED).page("?q=TX")
    for address in ("?step=1&q=TX", "?view=raw&q=TX", "?view=hex&q=TX"):
        assert f'{address}"' in page
    assert '<input type="hidden" name="q" value="TX">' in page


@pytest.mark.parametrize("query", ["?view=executed", "?step=x", "?step=-1", "?step=999", "?step=²"])
def test_a_view_that_there_is_not_is_404_with_a_sentence(
    browser: Client, account: Account, orders: QueueHandle, query: str
) -> None:
    opened = Opened(browser, account, orders, GZIPPED)
    assert browser.get(opened.url + query).status_code == 404


def test_a_choice_is_remembered_for_the_queue_and_forgotten_again(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    opened = Opened(browser, account, orders, GZIPPED)
    browser.post(opened.to("message_decoding"), {"off": ["gzip", "nothing"]})
    another = Opened(browser, account, orders, GZIPPED)
    assert "gzip" not in another.steps()
    assert "Remembered for this queue: <b>gzip off</b>." in another.page()
    # The address of a view stays short, and one that says otherwise wins.
    assert "off=gzip" not in another.page()
    assert "gzip" in another.steps("?by=hand")
    assert QueueView.objects.get().decoding == {"off": ["gzip"], "forced": []}
    answer = browser.post(another.to("message_decoding"), headers=HTMX)
    assert "Remembered" not in text_of(answer)
    assert 'id="opened-0"' in text_of(answer)
    assert "gzip" in another.steps()
    assert QueueView.objects.get().decoding == {}


def test_what_is_remembered_leaves_the_rest_of_the_view_alone(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    QueueView.objects.create(
        user=cast.owner, account_id=account.account_id, queue_id=orders.id, columns=["order.id"], decoding="broken"
    )
    opened = Opened(browser, account, orders, GZIPPED)
    assert "gzip" in opened.steps()
    browser.post(opened.to("message_decoding"), {"as": "CBOR"})
    assert QueueView.objects.get().columns == ["order.id"]


def test_a_list_of_objects_can_be_seen_as_a_table(browser: Client, account: Account, orders: QueueHandle) -> None:
    opened = Opened(browser, account, orders, as_text('{"a":1,"b":"<i>"}\n{"a":20,"c":{}}\n'))
    assert '?view=table"' in opened.page()
    page = opened.page("?view=table")
    for cell in ('<th scope="col">b</th>', "<td>20</td>", "<td><i></td>", "<td></td>"):
        assert cell in page
    other = Opened(browser, account, orders, GZIPPED)
    assert 'view=table"' not in other.page()
    assert '<b>"order"</b>' in other.page("?view=table")


def test_a_list_inside_an_object_has_its_table_at_its_path(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    nested = {"a b": {"orders": [ORDER, ORDER]}, "numbers": [1, 2], "mixed": [{"a": 1}, 2], "none": []}
    opened = Opened(browser, account, orders, as_text(json.dumps(nested)))
    answer = browser.get(opened.url, headers=HTMX)
    links = [a for a in Elements(answer).all("a") if "at=" in (a["href"] or "")]
    place = "%5B%22a%20b%22%5D.orders"
    assert [link["href"] for link in links] == [
        f"{opened.url}?view=table&at={place}{inner}" for inner in ("%5B0%5D.lines", "%5B1%5D.lines", "")
    ]
    assert links[0]["hx-target"] == "#opened-0"
    page = opened.page(f"?view=table&at={place}%5B1%5D.lines")
    assert "<td>TX</td><td>3</td>" in page
    assert 'Table of <code>["a b"].orders[1].lines</code>' in page
    # What is no list of objects is the tree.
    for at in ("numbers", "mixed", "none", "nothing", "orders", "%5B"):
        assert '"mixed"' in opened.page(f"?view=table&at={at}")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (png(8, 8, 90), "image/png"),
        (jpeg(2, 2, 1), "image/jpeg"),
        (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "image/gif"),
        (b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00", "image/webp"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf", "image/avif"),
        (gzip.compress(png(8, 8, 90), mtime=0), "image/png"),
    ],
    ids=["PNG", "JPEG", "GIF", "WebP", "AVIF", "PNG in gzip"],
)
def test_a_picture_is_shown_behind_a_click_and_is_nothing_but_a_picture(
    browser: Client, account: Account, orders: QueueHandle, data: bytes, media_type: str
) -> None:
    opened = Opened(browser, account, orders, as_bytes(data))
    assert "<img" not in opened.page()
    assert "Show the picture" in opened.page()
    assert f'<img src="{opened.to("message_picture")}"' in opened.page("?view=picture")
    answer = browser.get(opened.to("message_picture"))
    assert answer["Content-Type"] == media_type
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content == (gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)


@pytest.mark.parametrize(
    "message",
    [
        as_bytes(b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        as_text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
        as_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
        as_bytes(b"<html>\x89PNG\r\n\x1a\n"),
        as_text("\x89PNG\r\n\x1a\n<script>alert(1)</script>"),
        as_bytes(b""),
    ],
    ids=["SVG", "SVG as XML", "PDF", "HTML before PNG", "text that begins like PNG", "nothing"],
)
def test_what_is_no_such_picture_is_never_given_as_one(
    browser: Client, account: Account, orders: QueueHandle, message: Message
) -> None:
    opened = Opened(browser, account, orders, message)
    assert "Show the picture" not in opened.page()
    assert "<img" not in opened.page("?view=picture")
    assert browser.get(opened.to("message_picture")).status_code == 404


def test_html_behind_the_mark_of_a_picture_is_a_broken_picture_to_every_browser(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    opened = Opened(browser, account, orders, as_bytes(png(1, 1, 0)[:8] + b"<script>alert(1)</script>" * 20))
    answer = browser.get(opened.to("message_picture"))
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_picture_is_bounded_however_much_it_unpacks_to(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    bomb = gzip.compress(png(1, 1, 0)[:8] + b"\0" * 30_000_000)
    opened = Opened(browser, account, orders, as_bytes(bomb))
    assert "so it was stopped" in opened.page()
    assert browser.get(opened.to("message_picture")).status_code == 404


def test_whoever_lost_the_right_to_look_sees_no_picture(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    opened = Opened(browser, account, orders, as_bytes(png(8, 8, 90)))
    cast.owner.groups.clear()
    assert signed_in(cast.owner).get(opened.to("message_picture")).status_code == 403


def test_a_pdf_is_named_and_only_downloaded(browser: Client, account: Account, orders: QueueHandle) -> None:
    page = Opened(browser, account, orders, as_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")).page()
    assert "PDF" in page
    assert "25 50 44 46" in page
    assert "Download the body" in page


def test_a_large_body_shows_its_first_thousand_values_and_more_when_asked(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    opened = Opened(browser, account, orders, as_text(json.dumps(list(range(6_000))), "json"))

    page = opened.page()
    assert "5,001 more values not shown; see raw" in page
    assert "Show up to 5,000 values" in page
    page = opened.page("?values=more")
    assert "1,001 more values not shown; see raw" in page
    assert "Show up to" not in page


def test_a_body_opened_from_a_filter_shows_all_that_can_be_shown(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    """What was found may stand behind the first thousand values."""
    opened = Opened(browser, account, orders, as_text(json.dumps(list(range(2_000))), "json"))

    assert "not shown" in opened.page()
    assert "not shown" not in opened.page("?q=1999")
