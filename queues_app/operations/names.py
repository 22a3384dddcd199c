"""The name of a queue, where rules need it and nobody read it yet."""

from queues_app import upstream
from queues_app.cloudflare import CloudflareError
from queues_app.models import Account
from queues_app.upstream import UpstreamBusyError
from queues_app.vault import VaultError


def read(account: Account, queue_id: str) -> str:
    """The name as Cloudflare has it now; empty where it cannot be asked."""
    try:
        auth = upstream.auth_of(account.credential)
        with upstream.slot() as client:
            return client.queue(auth, account_id=account.account_id, queue_id=queue_id).value.name
    except (CloudflareError, UpstreamBusyError, VaultError):
        return ""
