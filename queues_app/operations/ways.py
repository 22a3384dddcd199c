"""By which account somebody reaches a lease: an own one, or one that is shared with them."""

from collections.abc import Sequence

from queues_app import access
from queues_app.access import Permission, Place
from queues_app.models import Account, Lease, User


def right_to_settle(user: User, lease: Lease, account: Account | None) -> Permission:
    """What it takes to settle a lease by an account, or to hold it on.

    What others pulled with one's own credential is settled with it as what one holds.
    """
    lent = account is not None and account.pk == lease.account_id and account.credential.owner_id == user.pk
    return Permission.SETTLE if lent or lease.holder_id == user.pk else Permission.SETTLE_FOR_OTHERS


def to_lease(user: User, lease: Lease, reach: Sequence[Account]) -> Account | None:
    """The account to settle a lease by, of those that the person reaches; None where none leads there.

    The one that it was pulled with before the others of the same Cloudflare account, one that lets it be settled
    before one that does not.
    """
    leading = [account for account in reach if account.account_id == lease.account.account_id]
    leading.sort(key=lambda account: account.pk != lease.account_id)
    return next((each for each in leading if _lets(user, lease, each)), leading[0] if leading else None)


def lets_settle(user: User, lease: Lease, reach: Sequence[Account]) -> bool:
    """Whether this person may settle a lease, by the account that `to_lease` names."""
    account = to_lease(user, lease, reach)
    return account is not None and _lets(user, lease, account)


def _lets(user: User, lease: Lease, account: Account) -> bool:
    return access.may(user, right_to_settle(user, lease, account), Place.of(account, lease.queue_name))
