"""What people paste is cleaned or explained, and never quoted."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.forms.pasted import PastedError, account_id_of, holds_a_secret, one_line, secret_of
from queues_app.models import Kind

TOKEN = "Zx9-made-up_for-tests-0123456789abcdefgh"
NEW_TOKEN = "cfut_" + "aB3dE6gH9k" * 4 + "0f1e2d3c"
OLD_KEY = "5a4db0c5" + "1" * 29
NEW_KEY = "cfk_" + "aB3dE6gH9k" * 4 + "0f1e2d3c"
ACCOUNT = "7d1f0c3ab2e94f6d8a55c0e1b9274c1e"


@pytest.mark.parametrize(
    "pasted",
    [
        TOKEN,
        f"  {TOKEN}\n",
        f"\ufeff{TOKEN}\u200b",
        TOKEN[:10] + "\u200b" + TOKEN[10:20] + "\u00ad" + TOKEN[20:] + "\x00",
        f"\u00a0{TOKEN}\u2028",
        f'"{TOKEN}"',
        f"“{TOKEN}”,",
        f"<{TOKEN}>;",
        f"Bearer {TOKEN}",
        f"bearer\t{TOKEN}\r\n",
        f"Authorization: Bearer {TOKEN}",
        f'"Authorization": "Bearer {TOKEN}",',
        f"Authorization:\n  Bearer\n  {TOKEN}",
        f'curl -H "Authorization: Bearer {TOKEN}" -H "Content-Type: application/json" \\',
        f"curl https://api.cloudflare.com/client/v4/accounts -H 'Authorization: Bearer {TOKEN}'",
        f"Authorization: {TOKEN}",
        f"CLOUDFLARE_API_TOKEN={TOKEN}",
        f"export CLOUDFLARE_API_TOKEN='{TOKEN}'",
        f'{{"api_token": "{TOKEN}"}}',
        f"{TOKEN[:17]}\n  {TOKEN[17:]}",
        f"{TOKEN}\\n",
    ],
)
def test_a_token_is_found_in_what_was_pasted(pasted: str) -> None:
    assert secret_of(pasted, kind=Kind.TOKEN) == TOKEN


@pytest.mark.parametrize("token", [NEW_TOKEN, NEW_TOKEN.replace("cfut_", "cfat_"), "a" * 900 + ".b.c"])
def test_tokens_of_every_known_form_are_taken(token: str) -> None:
    assert secret_of(token, kind=Kind.TOKEN) == token


@pytest.mark.parametrize(
    "pasted",
    [
        OLD_KEY,
        f" {OLD_KEY}\u200b\n",
        f"X-Auth-Key: {OLD_KEY}",
        f'curl -H "X-Auth-Email: ops@acme.example" -H "X-Auth-Key: {OLD_KEY}"',
        f"CLOUDFLARE_API_KEY={OLD_KEY}",
    ],
)
def test_a_global_key_is_found_in_what_was_pasted(pasted: str) -> None:
    assert secret_of(pasted, kind=Kind.GLOBAL_KEY) == OLD_KEY
    assert secret_of(pasted.replace(OLD_KEY, NEW_KEY), kind=Kind.GLOBAL_KEY) == NEW_KEY


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        ("", "Paste the API token"),
        ("  \n\u200b ", "Paste the API token"),
        ("Bearer", "at least 40 characters; this has 6"),
        (TOKEN[:12], "at least 40 characters; this has 12"),
        (NEW_TOKEN[:41], "at least 45 characters"),
        (f"{TOKEN[:20]} {TOKEN[20:]}", "space in the middle"),
        ("the token is secret", "space in the middle"),
        (TOKEN[:20] + "é" + TOKEN[20:], "a character in it that no API token has"),
        ("•" * 40, "masked"),
        ("*" * 40, "masked"),
        ("$CLOUDFLARE_API_TOKEN", "name of a variable"),
        (f"{TOKEN}\n{NEW_TOKEN}", "more than one"),
        (f"Bearer {TOKEN} Bearer {NEW_TOKEN}", "more than one"),
        ("a" * 3000, "longer than any"),
        (ACCOUNT, "id of an account"),
        (OLD_KEY, "looks like a Global API key"),
        (NEW_KEY, "looks like a Global API key"),
        (f"X-Auth-Key: {OLD_KEY}", "header of a Global API key"),
        ("v1.0-" + "a" * 140, "Origin CA key"),
    ],
)
def test_what_is_no_token_is_explained(pasted: str, why: str) -> None:
    with pytest.raises(PastedError, match=why):
        secret_of(pasted, kind=Kind.TOKEN)


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        (TOKEN, "looks like an API token"),
        (NEW_TOKEN, "looks like an API token"),
        (f"Authorization: Bearer {TOKEN}", "header of an API token"),
        (OLD_KEY[:30], "37 hexadecimal digits"),
        (NEW_KEY[:30], "at least 44 characters"),
        (f"{OLD_KEY}\n{OLD_KEY[::-1]}", "more than one"),
    ],
)
def test_what_is_no_global_key_is_explained(pasted: str, why: str) -> None:
    with pytest.raises(PastedError, match=why):
        secret_of(pasted, kind=Kind.GLOBAL_KEY)


@given(st.text(), st.sampled_from(Kind.values))
def test_anything_pasted_becomes_a_sendable_secret_or_a_sentence(pasted: str, kind: str) -> None:
    try:
        said = secret_of(pasted, kind=kind)
    except PastedError as error:
        said = str(error).removesuffix(".").replace(" ", "").encode("ascii", "ignore").decode()
    assert said.isascii()
    assert said.isprintable()
    assert " " not in said


@given(
    st.text(alphabet=string.ascii_letters + string.digits + "_-", min_size=40, max_size=80).filter(
        lambda text: text[0].isalnum() and text[-1].isalnum() and len(set(text)) > 12
    ),
    st.text(alphabet=" \t\r\n\"'\u200b\ufeff\u00a0", max_size=8),
    st.sampled_from(["", "Bearer ", "Authorization: Bearer ", '"Authorization": "Bearer ']),
)
def test_junk_around_a_token_never_costs_a_sign_of_it(token: str, junk: str, before: str) -> None:
    assert secret_of(f"{junk}{before}{token}{junk}", kind=Kind.TOKEN) == token


@given(st.text(alphabet="ghijk0123456789 \n:", min_size=12, max_size=60))
def test_a_sentence_never_quotes_what_was_pasted(pasted: str) -> None:
    with pytest.raises(PastedError) as caught:
        secret_of(f"#{pasted}#", kind=Kind.TOKEN)
    assert pasted.strip() == "" or f"#{pasted}#" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "typed",
    [ACCOUNT, f" {ACCOUNT.upper()}\n", f"https://dash.cloudflare.com/{ACCOUNT}/workers/queues", f'"{ACCOUNT}"'],
)
def test_an_account_id_is_found_in_what_was_typed(typed: str) -> None:
    assert account_id_of(typed) == ACCOUNT


@pytest.mark.parametrize("typed", ["acme-logistics", ACCOUNT[:-1], ACCOUNT + "0", f"{ACCOUNT} {ACCOUNT[::-1]}"])
def test_what_is_no_account_id_is_explained(typed: str) -> None:
    with pytest.raises(PastedError, match="32 hexadecimal digits"):
        account_id_of(typed)


@pytest.mark.parametrize("typed", ["", " \n\u200b"])
def test_no_account_id_is_none(typed: str) -> None:
    assert account_id_of(typed) == ""


def test_a_label_is_one_visible_line() -> None:
    assert one_line(" ana,\n\u202eproduction\x00  \u200b") == "ana, production"


@pytest.mark.parametrize("text", [TOKEN, f"main {NEW_TOKEN}", OLD_KEY, NEW_KEY])
def test_a_secret_in_a_label_is_noticed(text: str) -> None:
    assert holds_a_secret(text, TOKEN)


@pytest.mark.parametrize("text", ["ana, production", "billing-and-orders-of-acme-logistics-europe", ACCOUNT, ""])
def test_a_name_is_no_secret(text: str) -> None:
    assert not holds_a_secret(text, TOKEN)
    assert not holds_a_secret(text, text[:19])
