"""What a person did, in one sentence, and what that means: for a receipt. The record in, texts out."""

from collections.abc import Callable, Mapping
from typing import Final

from queues_app.models import Action, AuditEntry, Outcome
from queues_app.rows import ending
from queues_app.rows.audit import count_of
from queues_app.rows.queue_words import plain

# "ana …": what a person did, tried, or was not let do.
_DID: Final[Mapping[str, str]] = {
    Action.SEE_QUEUES: "looked at the queues",
    Action.PEEK: "peeked at {count} of {queue}",
    Action.PULL: "pulled {count} of {queue}",
    Action.ACK: "acknowledged {count} of {queue}",
    Action.RETRY: "retried {count} of {queue}",
    Action.EXTEND: "extended the lease of {count} of {queue}",
    Action.DELETE: "deleted {count} of {queue}",
    Action.SEND: "sent {count} to {queue}",
    Action.OPEN_COPY: "opened a copy of {count} of {queue} that somebody else keeps",
    Action.REVEAL: "revealed a masked field of a message of {queue}",
    Action.EXPORT: "downloaded the body of a message of {queue}",
    Action.EXPORT_MANY: "exported {count} of {queue}",
    Action.EMPTY: "emptied {queue}",
    Action.PAUSE: "paused the delivery of {queue}",
    Action.RESUME: "resumed the delivery of {queue}",
    Action.QUEUE_EDIT: "changed how long {queue} delays and keeps messages",
    Action.CONSUMER_ADD: "added a consumer to {queue}",
    Action.CONSUMER_EDIT: "changed the consumer of {queue}",
    Action.CONSUMER_REMOVE: "removed the consumer of {queue}",
    Action.CREDENTIAL_ADD: "added the credential {credential}",
    Action.CREDENTIAL_RENAME: "renamed the credential {credential}",
    Action.CREDENTIAL_REPLACE: "replaced the secret of the credential {credential}",
    Action.CREDENTIAL_VERIFY: "checked the credential {credential}",
    Action.CREDENTIAL_DEFAULT: "chose {credential} as the default credential",
    Action.CREDENTIAL_DELETE: "deleted the credential {credential}",
    Action.SHARE: "shared the credential {credential} with a team",
    Action.SHARE_END: "stopped sharing the credential {credential} with a team",
    Action.RULE_ADD: "made a rule for queues",
    Action.RULE_REMOVE: "took a rule for queues away",
    Action.TWO_PERSON_ADD: "made a rule for a second person",
    Action.TWO_PERSON_REMOVE: "took a rule for a second person away",
    Action.APPROVAL_ASK: "asked for an approval at {queue}",
    Action.APPROVAL_APPROVE: "approved what somebody asked for at {queue}",
    Action.APPROVAL_DECLINE: "declined what somebody asked for at {queue}",
    Action.APPROVAL_WITHDRAW: "withdrew a request for an approval at {queue}",
    Action.MASKING_ADD: "made a mask",
    Action.MASKING_REMOVE: "removed a mask",
    Action.READ_ONLY_ON: "made an account read-only",
    Action.READ_ONLY_OFF: "opened an account to changes again",
    Action.ENVIRONMENT: "said of an account what it is for",
    Action.SIGN_IN: "signed in",
    Action.SIGN_OUT: "signed out",
    Action.CONFIRM: "confirmed who it is",
    Action.SESSIONS_END: "ended sessions",
    Action.PASSWORD: "changed the password",
    Action.FACTOR_ADD: "added a second factor",
    Action.FACTOR_REMOVE: "removed a second factor",
    Action.RECOVERY_CODES: "made new recovery codes",
    Action.INVITE: "invited somebody",
    Action.WITHDRAW: "withdrew an invitation",
    Action.JOIN: "joined by an invitation",
    Action.ROLE: "changed a role",
    Action.CLOSE: "closed an account",
    Action.REOPEN: "reopened an account",
    Action.TEAM_ADD: "made a team",
    Action.FORWARD_TEST: "sent a test line of the audit",
    Action.TEAM_RENAME: "renamed a team",
    Action.TEAM_REMOVE: "removed a team",
    Action.MEMBER_ADD: "put somebody into a team",
    Action.MEMBER_ROLE: "changed a role in a team",
    Action.MEMBER_REMOVE: "took somebody out of a team",
    Action.AUDIT_EXPORT: "exported the audit log",
    Action.EXPLAIN: "explained an outcome that was unknown",
    Action.AUDIT_VERIFY: "verified the audit log",
    Action.DIGEST: "had to do with the weekly digest of the audit log",
    Action.ARCHIVE: "archived audit entries",
    Action.PRUNE: "deleted old audit entries",
    Action.HOLD_ADD: "held audit entries",
    Action.HOLD_LIFT: "lifted a hold on audit entries",
    Action.WATCH_ADD: "set a watch on {queue}",
    Action.WATCH_EDIT: "changed a watch on {queue}",
    Action.WATCH_REMOVE: "removed a watch on {queue}",
    Action.WATCH_FIRE: "was told by a watch on {queue}",
    Action.WATCH_RESOLVE: "was told by a watch on {queue} that it is resolved",
    Action.WATCH_TEST: "tested a watch on {queue}",
}
_CONSEQUENCE: Final[Mapping[str, str]] = {
    Action.PEEK: "A peek leases nothing and uses no attempt.",
    Action.PULL: "Each pulled message was leased and used one attempt.",
    Action.ACK: "Acknowledged messages are deleted from the queue.",
    Action.RETRY: "Retried messages are delivered again, unless they had no attempt left.",
    Action.EXTEND: "An extended lease has a new end; no attempt was used.",
    Action.DELETE: "Deleted messages are gone from the queue.",
    Action.SEND: "Each sent message is a new one: a new id, and no attempt used.",
    Action.OPEN_COPY: "A kept copy was opened: nothing was asked of Cloudflare, and no attempt was used.",
    Action.REVEAL: "One masked field was shown once, in one answer; its value is on no record.",
    Action.EXPORT: "The body left Queuescope; it is not sealed any more.",
    Action.EXPORT_MANY: "The bodies left Queuescope as a file that is not sealed.",
    Action.EMPTY: "Every message of the queue is deleted, and none of them can be brought back.",
    Action.PAUSE: "Messages are still accepted; none is delivered until delivery is resumed.",
    Action.RESUME: "Messages are delivered again.",
    Action.ARCHIVE: "They are in a signed file, and still here too.",
    Action.PRUNE: "The archive holds what there was of them.",
    Action.HOLD_ADD: "They stay, however old they are, until the hold is lifted.",
    Action.HOLD_LIFT: "What it held may go when it is old enough.",
    Action.CONSUMER_REMOVE: "The messages stay in the queue; nobody consumes them.",
}
_INSTEAD: Final[Mapping[str, str]] = {
    Outcome.REFUSED: "This was refused here; nothing was sent. It would have been: ",
    Outcome.FAILED: "This was tried and did not happen. It would have been: ",
    Outcome.UNKNOWN: "What came of this is unknown. It was: ",
}


def sentence_of(entry: AuditEntry, named: Callable[[str], str] = plain) -> str:
    """What happened, in one sentence; `named` writes the names in it, which are foreign."""
    count = "messages"
    if entry.message_count is not None:
        count = f"{count_of(entry)} message{'' if entry.message_count == 1 and 'of' not in count_of(entry) else 's'}"
    did = _DID[entry.action].format(
        count=count,
        queue=named(entry.queue_name) if entry.queue_name else "a queue",
        credential=named(entry.credential_label) if entry.credential_label else "a credential",
    )
    who = named(entry.user_name) if entry.user_name else "Somebody"
    return f"{_INSTEAD.get(entry.outcome, '')}{who} {did}."


def consequence_of(entry: AuditEntry, named: Callable[[str], str] = plain) -> str:
    """What it means, of what happened; `named` writes the names in it, which are foreign."""
    if entry.outcome != Outcome.OK:
        return ""
    whole = entry.message_count == entry.parameters.get("chosen")
    if not (ended := ending.after(entry.parameters, whole=whole, named=named)):
        return _CONSEQUENCE.get(entry.action, "")
    others = (entry.message_count or 0) > sum(entry.parameters["ends"][sure] for sure in ("will", "may"))
    return f"{ended} The others are delivered again." if others else ended
