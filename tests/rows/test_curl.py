"""Calls for a shell: whatever they carry, the shell makes nothing of it."""

import json
import shlex
import subprocess
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from queues_app.models import Account, Batch, Credential, Kind, Mode
from queues_app.rows.curl import LEASE_ID, REF, command, of_look, of_message

BASE = "https://api.cloudflare.com/client/v4"
ACCOUNT, QUEUE = "a" * 32, "b" * 32
NASTY = ("'", '"', "`id`", "$(id)", "$HOME", "\\", "!!", ";", "\n", "*", "$LEASE_ID_", "'\"'", "\u202e")
words = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=8))).map("".join)
payloads = st.dictionaries(words, st.one_of(words, st.integers(), st.lists(words, max_size=3)), max_size=4)


def call(payload: dict[str, Any], *, base_url: str = BASE, kind: Kind = Kind.TOKEN) -> str:
    return command(
        base_url=base_url, account_id=ACCOUNT, queue_id=QUEUE, path="messages/peek", payload=payload, kind=kind
    )


def arguments(text: str) -> list[str]:
    """The words as a shell sees them; a line that goes on ends in a backslash, which shlex does not know."""
    return shlex.split(text.replace(" \\\n", " "))


def batch(mode: Mode, kind: Kind = Kind.TOKEN) -> Batch:
    account = Account(account_id=ACCOUNT, credential=Credential(kind=kind, email="ana@example.com"))
    return Batch(account=account, queue_id=QUEUE, mode=mode, asked_for=50, visibility_timeout_ms=30_000)


@given(payload=payloads, base_url=words)
@example(payload={"a": "it's $(id)"}, base_url="https://x/';id;'")
def test_a_shell_reads_the_words_as_they_were_meant(payload: dict[str, Any], base_url: str) -> None:
    if "\\\n" in base_url:
        return
    words = arguments(call(payload, base_url=base_url))
    assert words[:3] == ["curl", "-X", "POST"]
    assert words[3] == f"{base_url}/accounts/{ACCOUNT}/queues/{QUEUE}/messages/peek"
    assert json.loads(words[-1]) == payload


@settings(max_examples=25, deadline=None)
@given(payload=payloads)
@example(payload={"a": "it's $(id) `id` $HOME \\"})
def test_a_real_shell_runs_nothing_of_it(payload: dict[str, Any]) -> None:
    script = 'curl() { printf "%s\\0" "$@"; }\n' + call(payload)
    ran = subprocess.run(
        ["/bin/sh"], input=script, env={"CLOUDFLARE_API_TOKEN": "t"}, capture_output=True, text=True, check=True
    )
    said = ran.stdout.split("\0")
    assert json.loads(said[-2]) == payload
    assert "Authorization: Bearer t" in said


@pytest.mark.parametrize("variable", [LEASE_ID, REF])
def test_a_placeholder_is_a_variable_of_the_shell(variable: str) -> None:
    script = 'curl() { printf "%s\\0" "$@"; }\n' + call({"items": [{"it": variable}]})
    ran = subprocess.run(
        ["/bin/sh"], input=script, env={variable[1:]: "ey..J.x"}, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout.split("\0")[-2]) == {"items": [{"it": "ey..J.x"}]}


def test_a_peek_is_the_one_that_was_made() -> None:
    made = of_look(batch(Mode.PEEK), BASE)
    words = arguments(made.text)
    assert words[3].endswith(f"/accounts/{ACCOUNT}/queues/{QUEUE}/messages/peek")
    assert json.loads(words[-1]) == {"batch_size": 50}
    assert "Authorization: Bearer $CLOUDFLARE_API_TOKEN" in words
    assert made.price == ""


def test_a_pull_says_its_price() -> None:
    made = of_look(batch(Mode.PULL), BASE)
    assert json.loads(arguments(made.text)[-1]) == {"batch_size": 50, "visibility_timeout_ms": 30_000}
    assert made.price.startswith("Pulls again: uses one attempt more")
    assert made.tone == "is-price"


def test_a_global_key_is_named_by_its_two_variables_and_shows_no_address() -> None:
    made = of_look(batch(Mode.PEEK, Kind.GLOBAL_KEY), BASE)
    assert "X-Auth-Email: $CLOUDFLARE_EMAIL" in arguments(made.text)
    assert "X-Auth-Key: $CLOUDFLARE_API_KEY" in arguments(made.text)
    assert "Bearer" not in made.text
    assert "ana@example.com" not in made.text
    assert "CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY" in made.needs


def test_a_message_has_the_calls_that_it_can_have() -> None:
    held = of_message(batch(Mode.PULL), BASE, is_held=True, is_deletable=False)
    assert [one.key for one in held] == ["ack", "retry"]
    (deletion,) = of_message(batch(Mode.PEEK), BASE, is_held=False, is_deletable=True)
    assert arguments(deletion.text)[3].endswith("/messages/purge")
    assert "$REF" in deletion.text
    assert of_message(batch(Mode.PULL), BASE, is_held=False, is_deletable=False) == ()
