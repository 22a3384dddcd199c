import pytest

from queues_app.cloudflare import ApiToken, GlobalKey, InvalidSecret

JUNK = [
    "se cret",
    "sec\nret",
    "sec\r\nX-Evil: 1",
    "secrét",
    "se\x00cret",
    "secret\u202e",
    "\tsecret",
    "secret ",
]


def test_a_token_becomes_a_bearer_header() -> None:
    assert ApiToken(secret="abc-123_X").headers() == {"Authorization": "Bearer abc-123_X"}


def test_a_global_key_becomes_the_pair_of_headers() -> None:
    auth = GlobalKey(email="ops@example.com", key="0123abc")
    assert auth.headers() == {"X-Auth-Email": "ops@example.com", "X-Auth-Key": "0123abc"}


def test_no_secret_has_a_repr() -> None:
    shown = f"{ApiToken(secret='hidden-one')!r} {GlobalKey(email='a@example.com', key='hidden-two')!s}"
    assert "hidden" not in shown


@pytest.mark.parametrize("junk", JUNK)
def test_what_cannot_be_a_header_is_refused_without_being_named(junk: str) -> None:
    for make in (
        lambda: ApiToken(secret=junk),
        lambda: GlobalKey(email="a@example.com", key=junk),
        lambda: GlobalKey(email=junk, key="abc"),
    ):
        with pytest.raises(InvalidSecret, match="cannot be sent") as caught:
            make()
        assert junk not in str(caught.value)
        assert "cret" not in str(caught.value)


def test_an_empty_or_endless_secret_is_refused() -> None:
    with pytest.raises(InvalidSecret, match="is empty"):
        ApiToken(secret="")
    with pytest.raises(InvalidSecret, match="longer than 4,096"):
        ApiToken(secret="a" * 5000)


def test_a_fingerprint_names_the_credential_only_under_its_salt() -> None:
    token = ApiToken(secret="abc")
    assert token.fingerprint(b"one") == ApiToken(secret="abc").fingerprint(b"one")
    assert token.fingerprint(b"one") != token.fingerprint(b"two")
    assert token.fingerprint(b"one") != ApiToken(secret="abd").fingerprint(b"one")
    one, other = GlobalKey(email="a@example.com", key="k"), GlobalKey(email="b@example.com", key="k")
    assert one.fingerprint(b"one") != other.fingerprint(b"one")
