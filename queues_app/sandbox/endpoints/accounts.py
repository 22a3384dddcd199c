"""Token checks and the list of accounts (fact sheet, 1.8)."""

from queues_app.sandbox import errors, shapes
from queues_app.sandbox.context import Answer, Call, paged
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.identity import Identity

_ACTIVE = {"code": 10000, "message": "This API Token is valid and active", "type": None}


def verify_user_token(call: Call) -> Answer:
    return _verified(_token(call), owner="user")


def verify_account_token(call: Call) -> Answer:
    return _verified(_token(call), owner="account")


def list_accounts(call: Call) -> Answer:
    page, per_page = call.page(per_page=20, low=5, high=50)
    identity = call.identity
    asked = call.request.parameters()
    shown = [
        account
        for account in call.store.accounts.values()
        if identity is not None
        and identity.lists_accounts
        and identity.sees(account.id)
        and ("name" not in asked or account.name in asked["name"])
    ]
    if "direction" in asked:
        shown.sort(key=lambda account: account.name, reverse=asked["direction"] == ["desc"])
    return paged(shown, page, per_page, shapes.account)


def _token(call: Call) -> Identity:
    """The token to verify; only tokens can be, not the key pair."""
    if call.identity is None:
        raise ApiError(errors.NOT_VERIFIABLE)
    if call.identity.owner == "key":
        raise ApiError(errors.BAD_AUTHORIZATION)
    return call.identity


def _verified(identity: Identity, *, owner: str) -> Answer:
    # A token owned by an account is unknown to the user route, although it works everywhere else.
    if identity.owner != owner:
        raise ApiError(errors.NOT_VERIFIABLE)
    return Answer(shapes.token(identity), messages=[_ACTIVE] if identity.status == "active" else [])
