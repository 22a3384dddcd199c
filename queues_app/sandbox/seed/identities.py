"""The credentials and accounts of the sandbox. All fixed and all made up, so that docs and tests can name them."""

from queues_app.sandbox.identity import ANALYTICS, READ, WRITE, Identity

LOGISTICS = "acme-logistics"
LABS = "acme-labs"
ACCOUNTS = {
    LOGISTICS: "7d1f0c3ab2e94f6d8a55c0e1b9274c1e",
    LABS: "2b6e4d905c1f4a7388d2f0e6a19b37c5",
}

# Forty characters each, like real ones, and plainly not real ones.
TOKENS = {
    name: f"sandbox-{name.replace('_', '-')}-".ljust(40, "0")
    for name in ("full", "read_only", "expired", "disabled", "account_owned", "wrong_account")
}
GLOBAL_EMAIL = "ops@acme.example"
GLOBAL_KEY = "5a4db0c5" + "0" * 29

_BOTH = frozenset({READ, WRITE})
_ALL = _BOTH | {ANALYTICS}
_DAY_MS = 86_400_000


def identities(now_ms: int) -> list[Identity]:
    """full           a user's token that may do everything in both accounts
    read_only      may list, count and preview; not peek, pull, settle or send, nor read analytics
    expired        verifies as expired, and opens nothing; so does disabled
    account_owned  belongs to acme-logistics: only the account's verify route knows it, and it lists no accounts;
                   it may not read analytics either
    wrong_account  of full power, but only in acme-labs
    key            the Global API key: everything, in both accounts
    """
    labs = frozenset({ACCOUNTS[LABS]})
    logistics = frozenset({ACCOUNTS[LOGISTICS]})
    return [
        Identity(_id(1), TOKENS["full"], _ALL),
        Identity(_id(2), TOKENS["read_only"], frozenset({READ}), expires_ms=now_ms + 90 * _DAY_MS),
        Identity(_id(3), TOKENS["expired"], _BOTH, status="expired", expires_ms=now_ms - 3 * _DAY_MS),
        Identity(_id(4), TOKENS["disabled"], _BOTH, status="disabled"),
        Identity(_id(5), TOKENS["account_owned"], _BOTH, logistics, owner="account", lists_accounts=False),
        Identity(_id(6), TOKENS["wrong_account"], _ALL, labs),
        Identity(_id(7), GLOBAL_KEY, _ALL, owner="key", email=GLOBAL_EMAIL),
    ]


def _id(number: int) -> str:
    return f"{number:02x}".ljust(32, "e")
