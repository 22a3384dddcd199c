"""How the audit is made tamper-evident: what is signed of an entry, of a link, of the head and of a checkpoint.

Each entry is signed by whoever completes it, by itself, so that no writer waits for another. Links bind the signed
entries afterwards, one to the next (operations/binding.py). Both go by a version, the first thing in a signature: a
column that comes later is signed in a version of its own, and what older versions signed stays valid.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final
from uuid import UUID

from queues_app import vault
from queues_app.models import AuditArchive, AuditEntry, AuditHold, AuditPruned

VERSION: Final = "1"

# What is signed of an entry, in this order. Append to none of them: a new column is a new version with all columns.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "1": (
        "id",
        "at",
        "completed_at",
        "action",
        "outcome",
        "user_id",
        "user_name",
        "client_address",
        "request_id",
        "intent",
        "credential_id",
        "credential_label",
        "credential_owner_id",
        "credential_owner",
        "credential_team",
        "environment",
        "account_id",
        "account_name",
        "queue_id",
        "queue_name",
        "parameters",
        "reason",
        "remark",
        "asked",
        "status",
        "code",
        "message_count",
        "message_ids",
        "backlog_count",
        "backlog_read_at",
        "duration_ms",
        "cf_ray",
        "batch_id",
    ),
}
# What is bound of an entry that was left open: the rest may still be written when it is completed after all.
OPENING: Final[Mapping[str, tuple[str, ...]]] = {
    "1": ("id", "at", "action", "user_name", "client_address", "request_id", "intent", "queue_id"),
}
type Row = AuditArchive | AuditPruned | AuditHold
# What is signed of a row of these, after what it is.
ROWS: Final[Mapping[type[Row], tuple[str, tuple[str, ...]]]] = {
    AuditArchive: ("archive", ("first", "last", "link_signature", "name", "sha256", "made_at")),
    AuditPruned: ("pruned", ("position", "link_signature", "began_at", "holds", "before", "pruned_at")),
    AuditHold: (
        "hold",
        ("number", "reason", "queue", "person", "since", "until", "made_by", "made_at", "lifted_by", "lifted_at"),
    ),
}
# What is bound of an entry that was removed before it was bound.
GONE: Final = "gone"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def sign_entry(entry: AuditEntry) -> str:
    """The signature of an entry, as it will stand in the database when it is complete.

    Raises KeysUnusableError.
    """
    return _signed(_written("entry", COLUMNS[VERSION], vars(entry)))


def is_entry_signed(columns: Mapping[str, Any]) -> bool:
    """Whether the entry is as it was completed. `columns` are its values by name, `signature` among them.

    Raises KeysUnusableError, SigningKeyGoneError.
    """
    version, _, signature = columns["signature"].partition(".")
    if version not in COLUMNS:
        return False
    return vault.is_signed(_written("entry", COLUMNS[version], columns), signature)


def sign_link(*, before: str, position: int, bound_at: datetime, bound: str) -> str:
    """The signature of a link: `before` is that of the link before it, empty for the first one."""
    return _signed(_link(before, position, bound_at, bound))


def is_link_signed(signature: str, *, before: str, position: int, bound_at: datetime, bound: str) -> bool:
    """Raises KeysUnusableError, SigningKeyGoneError."""
    return _is_signed(signature, _link(before, position, bound_at, bound))


def bound_complete(columns: Mapping[str, Any]) -> str:
    """What a link binds of a complete entry: its signature, which stands for all of it.

    An entry of a version that did not sign is bound by all its columns.
    """
    if columns["signature"]:
        return f"{columns['id']} {columns['signature']}"
    return hashlib.sha256(_written("unsigned", COLUMNS["1"], columns)).hexdigest()


def bound_open(columns: Mapping[str, Any]) -> str:
    """What a link binds of an entry that was left open."""
    return hashlib.sha256(_written("open", OPENING["1"], columns)).hexdigest()


def sign_head(position: int, link_signature: str) -> str:
    return _signed(_plainly("head", position, link_signature))


def is_head_signed(signature: str, position: int, link_signature: str) -> bool:
    """Raises KeysUnusableError, SigningKeyGoneError."""
    return _is_signed(signature, _plainly("head", position, link_signature))


def sign_checkpoint(position: int, link_signature: str, made_at: str) -> str:
    return _signed(_plainly("checkpoint", position, link_signature, made_at))


def is_checkpoint_signed(signature: str, position: int, link_signature: str, made_at: str) -> bool:
    """Raises KeysUnusableError, SigningKeyGoneError."""
    return _is_signed(signature, _plainly("checkpoint", position, link_signature, made_at))


def bound_again(columns: Mapping[str, Any]) -> str:
    """What a link binds of an entry under a legal hold that is bound once more, as its first link is pruned."""
    if columns["signature"]:
        return bound_complete(columns)
    return hashlib.sha256(_written("again", COLUMNS["1"], columns)).hexdigest()


def sign_row(row: Row) -> str:
    """The signature of a row that is neither an entry nor a link."""
    return _signed(_row(row))


def is_row_signed(row: Row) -> bool:
    """Raises KeysUnusableError, SigningKeyGoneError."""
    return _is_signed(row.signature, _row(row))


def _row(row: Row) -> bytes:
    purpose, names = ROWS[type(row)]
    return _encode([purpose, *(getattr(row, name) for name in names)]).encode()


def _signed(data: bytes) -> str:
    return f"{VERSION}.{vault.sign(data)}"


def _is_signed(signature: str, data: bytes) -> bool:
    version, _, rest = signature.partition(".")
    return version == VERSION and vault.is_signed(data, rest)


def _link(before: str, position: int, bound_at: datetime, bound: str) -> bytes:
    return _plainly("link", before, position, (bound_at - _EPOCH) // _MICROSECOND, bound)


def _plainly(purpose: str, *parts: str | int) -> bytes:
    return json.dumps((purpose, *parts), separators=(",", ":")).encode()


def _written(purpose: str, names: tuple[str, ...], columns: Mapping[str, Any]) -> bytes:
    """The same bytes for the same values, whichever database they have been in."""
    values = [purpose, *(_plain(columns[name]) if name == "parameters" else columns[name] for name in names)]
    if columns["client_address"]:
        # PostgreSQL keeps an address, SQLite the text it came as.
        values[1 + names.index("client_address")] = str(ip_address(columns["client_address"]))
    return _encode(values).encode()


def _plain(value: Any) -> Any:
    """Whole numbers as such: PostgreSQL gives 100000 back for 1e5."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _text(value: object) -> int | str:
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, UUID):
        return value.hex
    raise TypeError(f"{type(value).__name__} is no value of an audit entry")


_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_text).encode
