"""How the tests of our client ask."""

from typing import TypedDict

from queues_app.cloudflare import ApiToken, Client, Messages


class Where(TypedDict):
    """The ids every call on a queue takes."""

    account_id: str
    queue_id: str


def pull(client: Client, auth: ApiToken, where: Where, *, batch_size: int = 10, lease_ms: int = 30_000) -> Messages:
    return client.pull(auth, **where, batch_size=batch_size, visibility_timeout_ms=lease_ms).value


def lease_of(batch: Messages, position: int = 0) -> str:
    """The lease of a pulled message, which every one has."""
    lease_id = batch.messages[position].lease_id
    assert lease_id is not None
    return lease_id
