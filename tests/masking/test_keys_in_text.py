"""A masked key is found where it stands in text: in a line, in a string of JSON, in markup, in YAML, in a table."""

import json
from base64 import b64encode

import pytest

from queues_app import masking
from queues_app.masking import MASK
from tests.masking.test_mask import CANARY, USUAL, masked

LINES = [
    f"login failed password={CANARY}",
    f"https://h/cb?state=1&access_token={CANARY}&x=1",
    f"https://h/cb#access_token={CANARY}",
    f"'password' => '{CANARY}'",
    f"'password'=>'{CANARY}', 'user' => 'ana'",
    f"[password] => {CANARY}",
    f"password := {CANARY}",
    f"spring.datasource.password={CANARY}",
    f"user[password]={CANARY}",
    f"Card number: {CANARY}",
    f"date of birth: {CANARY}",
    f"<x:password>{CANARY}</x:password>",
    f'<a x:password="{CANARY}"/>',
    f'<input name="password" value="{CANARY}">',
    f"<input type=hidden value='{CANARY}' name='csrf_token'>",
    f'<meta name="access-token" content="{CANARY}"/>',
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("way", ["a text", "a string", "an escaped string", "text beside a line", "base64 in a string"])
def test_the_value_of_a_key_is_masked_in_whatever_line_it_stands(line: str, way: str) -> None:
    body = {
        "a text": line,
        "a string": json.dumps({"msg": line}),
        "an escaped string": json.dumps({"msg": f"é\n{line}"}),
        "text beside a line": f"2026-11-28T10:00:00Z INFO start\n{line}\nend",
        "base64 in a string": json.dumps({"msg": b64encode(line.encode()).decode()}),
    }[way]
    shown = masked(body, USUAL, "json" if "string" in way else "text")
    assert CANARY not in shown
    assert b64encode(line.encode()).decode()[:16] not in shown
    assert masked(shown, USUAL, "json" if "string" in way else "text") == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password: |\n  one\n  two\nuser: ana", f"password:{MASK}\nuser: ana"),
        ("password: >-\n\n  one\n\n  two\n\nuser: ana", f"password:{MASK}\n\nuser: ana"),
        ("db:\n  password: |\n    one\n  user: ana", f"db:\n  password:{MASK}\n  user: ana"),
        ("credentials:\n  - one\n  - two\nuser: ana", f"credentials:{MASK}\nuser: ana"),
        ("- password: |\n    one\n  user: ana", f"- password:{MASK}\n  user: ana"),
        ("password:\nuser: ana", "password:\nuser: ana"),
        ("user,password\nana,one\nbob,two\n", f"user,password\n{MASK}\n"),
        ('"id";"Card number";"x"\n1;2;3', f'"id";"Card number";"x"\n{MASK}'),
        ("user,city\nana,Ulm", "user,city\nana,Ulm"),
        ("your password, please\nthe second line", "your password, please\nthe second line"),
    ],
)
def test_what_stands_in_more_lines_than_one_is_masked_whole(text: str, shown: str) -> None:
    assert masked(text, USUAL, "text") == shown
    assert json.loads(masked(json.dumps({"a": text}), USUAL))["a"] == shown


def test_a_line_is_masked_where_it_is_and_nothing_around_it() -> None:
    body = '{"at": "10:00:00", "url": "https://h/?q=1", "msg": "user=ana password=one ok", "password_hint": "x"}'
    assert masked(body) == body.replace("=one", f"={MASK}")
    assert masking.values(body, "json", USUAL) == ("user=ana password=one ok",)


def test_the_name_in_brackets_behind_dots_or_a_namespace_is_the_key() -> None:
    body = json.dumps({"db.password": CANARY, "x:pin": CANARY, "user[token]": CANARY, "/etc/secret": CANARY, "n": 1})
    assert CANARY not in masked(body)
    assert masked('{"password.length": 8, "pin:code": 1}') == '{"password.length": 8, "pin:code": 1}'
