from hypothesis import given
from hypothesis import strategies as st

from queues_app.cloudflare.text import clean, html_title, web_address


def test_foreign_text_comes_out_short_on_one_line_and_visible() -> None:
    assert clean("a\x00b\u202ec\r\n\td\x1b[31m") == "a b c d [31m"
    assert clean("x" * 10_000) == "x" * 499 + "…"


def test_a_secret_that_an_upstream_echoes_is_hidden() -> None:
    assert clean("bad header Bearer abc123", hide=("abc123",)) == "bad header Bearer [secret]"


@given(st.text())
def test_clean_text_has_no_control_characters(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= 500
    assert cleaned.isprintable()


def test_the_title_of_a_page_is_found() -> None:
    assert html_title(b"<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title>") == "502 Bad Gateway"
    assert html_title(b"<html><body>no title") == ""
    assert html_title(b'{"success": true}') is None


@given(st.binary())
def test_any_bytes_have_a_title_or_none(body: bytes) -> None:
    title = html_title(body)
    assert title is None or len(title) <= 120


def test_only_web_addresses_are_links() -> None:
    assert web_address("https://example.com/queues/#x") == "https://example.com/queues/#x"
    for other in (None, "", "javascript:alert(1)", "https://a b", "data:text/html,x", "//example.com"):
        assert web_address(other) is None
