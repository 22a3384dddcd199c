"""What a person keeps for finding: filters under a name, and the columns of a queue."""

from collections.abc import Sequence
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from queues_app.expected import ExpectedError
from queues_app.finding import Path, QueryError, parse_path, path_text
from queues_app.models import Account, QueueView, SavedFilter, User

# A person's own; more would be no list to pick from.
MOST_FILTERS: Final = 50
MOST_COLUMNS: Final = 4


class NameTakenError(ExpectedError):
    reason = "name-taken"
    sentence = "The team has a filter of this name already. Take another name."


class TooManyFiltersError(ExpectedError):
    reason = "too-many-filters"
    sentence = f"You have {MOST_FILTERS} filters already. Delete one first."


def filters(user: User) -> QuerySet[SavedFilter]:
    """A person's own filters and the team's."""
    return SavedFilter.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")


def save_filter(*, user: User, name: str, text: str, is_shared: bool) -> SavedFilter:
    """Keep a filter under a name; an own one of this name is replaced.

    Raises NameTakenError, TooManyFiltersError.
    """
    own = SavedFilter.objects.filter(owner=user)
    if own.exclude(name=name).count() >= MOST_FILTERS:
        raise TooManyFiltersError
    try:
        with transaction.atomic():
            saved, _ = SavedFilter.objects.update_or_create(
                owner=user, name=name, defaults={"text": text, "is_shared": is_shared}
            )
    except IntegrityError as error:
        raise NameTakenError from error
    return saved


def columns(*, user: User, account: Account, queue_id: str) -> tuple[Path, ...]:
    """The columns that a person picked for a queue."""
    view = QueueView.objects.filter(user=user, account_id=account.account_id, queue_id=queue_id).first()
    return read_columns(view.columns) if view is not None else ()


def keep_columns(*, user: User, account: Account, queue_id: str, paths: Sequence[Path]) -> None:
    QueueView.objects.update_or_create(
        user=user,
        account_id=account.account_id,
        queue_id=queue_id,
        defaults={"columns": [column_text(path) for path in paths]},
    )


def column_text(path: Path) -> str:
    """A path as it stands in an address and on a column's head: `order.id`."""
    return path_text(path).removeprefix(".")


def read_column(text: str) -> Path:
    """The path that such a text is. Raises QueryError."""
    return parse_path(text if text.startswith("[") else f".{text}")


def read_columns(texts: Sequence[str]) -> tuple[Path, ...]:
    """The paths of what was kept. What an older version wrote and this one cannot read is no column."""
    paths = []
    for text in texts[:MOST_COLUMNS]:
        try:
            paths.append(read_column(text))
        except QueryError:
            continue
    return tuple(paths)
