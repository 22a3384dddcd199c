"""The triggers by which the database itself keeps the audit: the name of each, and the table it stands on.

`migrations/_audit_guards.py` and `migrations/_audit_door.py` make them, `operations/verifying.py` looks for them.
"""

from collections.abc import Mapping
from typing import Final

ENTRY: Final = "queues_app_auditentry"
PENDING: Final = "queues_app_auditpending"
LINK: Final = "queues_app_auditlink"
HEAD: Final = "queues_app_audithead"
MESSAGE: Final = "queues_app_auditedmessage"
PRUNED: Final = "queues_app_auditpruned"
ARCHIVE: Final = "queues_app_auditarchive"
HOLD: Final = "queues_app_audithold"

# Those that note something in another table; all others refuse.
_NOTING_ON_SQLITE: Final = {
    "audit_pending_opened": ENTRY,
    "audit_pending_completed": ENTRY,
    "audit_messages_opened": ENTRY,
    "audit_messages_noted": ENTRY,
}
_NOTING_ON_POSTGRESQL: Final = {"audit_entry_noted": ENTRY}
NOTING: Final = frozenset({*_NOTING_ON_SQLITE, *_NOTING_ON_POSTGRESQL})

_OF_THE_CHAIN: Final = {
    "audit_entry_closed": ENTRY,
    "audit_entry_kept": ENTRY,
    "audit_link_final": LINK,
    "audit_link_kept": LINK,
    "audit_head_forward": HEAD,
    "audit_head_kept": HEAD,
    "audit_message_final": MESSAGE,
    "audit_message_kept": MESSAGE,
}
# SQLite has no TRUNCATE.
_CHAIN_TRUNCATED: Final = {
    "audit_entry_kept_all": ENTRY,
    "audit_link_kept_all": LINK,
    "audit_head_kept_all": HEAD,
    "audit_message_kept_all": MESSAGE,
}
# Since migration 0018, for each vendor of a database.
SINCE_BINDING: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {**_OF_THE_CHAIN, **_NOTING_ON_SQLITE},
    "postgresql": {**_OF_THE_CHAIN, **_CHAIN_TRUNCATED, **_NOTING_ON_POSTGRESQL},
}

_OF_PRUNING: Final = {
    "audit_pruned_forward": PRUNED,
    "audit_pruned_kept": PRUNED,
    "audit_archive_final": ARCHIVE,
    "audit_archive_kept": ARCHIVE,
    "audit_hold_lifted": HOLD,
    "audit_hold_kept": HOLD,
}
PRUNING_TRUNCATED: Final[Mapping[str, str]] = {
    "audit_pruned_kept_all": PRUNED,
    "audit_archive_kept_all": ARCHIVE,
    "audit_hold_kept_all": HOLD,
}
# Those that stand now.
NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {**SINCE_BINDING["sqlite"], **_OF_PRUNING},
    "postgresql": {**SINCE_BINDING["postgresql"], **_OF_PRUNING, **PRUNING_TRUNCATED},
}
