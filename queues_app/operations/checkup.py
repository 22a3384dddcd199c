"""Find out what a secret can do, by harmless calls only.

Three kinds of answer: asked and granted, following from what was granted (because trying would cost something), or
not granted. A peek is the one call here that reads messages, so it stands on the record as a peek.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from django.utils import timezone

from queues_app import access, audit, cloudflare, upstream
from queues_app.access import Permission
from queues_app.audit import Caller, Subject
from queues_app.cloudflare import Auth, CloudflareError
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, Credential, CredentialStatus, Kind
from queues_app.operations import allowed

# Answers that say no to this secret; everything else is trouble that says nothing about it.
REFUSALS = (
    cloudflare.InvalidCredential,
    cloudflare.InvalidRequest,
    cloudflare.NotPermitted,
    cloudflare.NotFound,
)


class Finding(StrEnum):
    """How a line of the check-up was answered."""

    ASKED = "asked"
    FOLLOWS = "follows"
    NO = "no"
    UNKNOWN = "unknown"


class Line(TypedDict):
    """One line of the check-up, as it is kept and shown."""

    subject: str
    finding: str
    how: str


class NotAcceptedError(ExpectedError):
    """The upstream does not accept the secret, so it is not kept."""

    reason = "credential-not-accepted"


class AccountNeededError(ExpectedError):
    """The secret works but cannot list its accounts; the person has to name one."""

    sentence = (
        "This token may not list its accounts. Type the account id: 32 hexadecimal digits, "
        "in the address of the account's page at Cloudflare."
    )
    reason = "account-id-needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """An account that the secret reaches."""

    account_id: str
    name: str


@dataclass(slots=True, kw_only=True)
class Examination:
    """Who the secret is, as the upstream says."""

    status: CredentialStatus
    owned_by_account: bool
    expires_at: datetime | None
    accounts: tuple[FoundAccount, ...]
    at: datetime = field(default_factory=timezone.now)


def examine(*, auth: Auth, kind: str, typed_account_id: str = "") -> Examination:
    """Verify a secret on the user's route, then on the account's, and discover its accounts.

    Raises NotAcceptedError, AccountNeededError, UpstreamBusyError, CloudflareError when nobody can be asked.
    """
    with upstream.slot() as client:
        if kind == Kind.GLOBAL_KEY:
            return _examine_key(client, auth)
        accounts = _accounts(client, auth, typed_account_id)
        token, owned_by_account = _verify(client, auth, accounts)
    status = CredentialStatus(token.status or "") if token.status in CredentialStatus else CredentialStatus.UNKNOWN
    if status in (CredentialStatus.DISABLED, CredentialStatus.EXPIRED):
        raise NotAcceptedError(f"Cloudflare knows this token, but it is {status.label}.")
    if not accounts:
        raise AccountNeededError
    return Examination(
        status=status,
        owned_by_account=owned_by_account,
        expires_at=token.expires_on,
        accounts=accounts,
    )


def _examine_key(client: cloudflare.Client, auth: Auth) -> Examination:
    """A key has no verify route: that it lists its accounts is the proof."""
    try:
        listed = client.accounts(auth).value
    except REFUSALS as error:
        raise NotAcceptedError(f"Cloudflare does not accept this e-mail and key: {error.sentence}") from error
    return Examination(
        status=CredentialStatus.ACTIVE,
        owned_by_account=False,
        expires_at=None,
        accounts=tuple(FoundAccount(account_id=account.id, name=account.name) for account in listed),
    )


def _accounts(client: cloudflare.Client, auth: Auth, typed_account_id: str) -> tuple[FoundAccount, ...]:
    try:
        listed = client.accounts(auth).value
    except REFUSALS:
        listed = ()
    found = {account.id: FoundAccount(account_id=account.id, name=account.name) for account in listed}
    if typed_account_id and typed_account_id not in found:
        found[typed_account_id] = FoundAccount(account_id=typed_account_id, name=f"account {typed_account_id[:8]}…")
    return tuple(found.values())


def _verify(
    client: cloudflare.Client, auth: Auth, accounts: tuple[FoundAccount, ...]
) -> tuple[cloudflare.TokenStatus, bool]:
    """The token's status, and whether an account owns it rather than a person."""
    try:
        return client.verify_user_token(auth).value, False
    except REFUSALS as as_a_persons:
        # An account's token is unknown on the person's route although it works elsewhere.
        for account in accounts:
            try:
                return client.verify_account_token(auth, account_id=account.account_id).value, True
            except REFUSALS:
                continue
        if not accounts:
            raise NotAcceptedError(
                "Cloudflare does not know this as a person's token. If an account owns it, type the account id too."
            ) from as_a_persons
        raise NotAcceptedError(f"Cloudflare does not accept this token: {as_a_persons.sentence}") from as_a_persons


def check_up(*, caller: Caller, credential: Credential, account: Account) -> list[Line]:
    """What the credential can do in one account, a line each, for `Credential.findings`.

    Never raises for the upstream's trouble: a line that could not be asked says so.
    """
    auth = upstream.auth_of(credential)
    queues: tuple[cloudflare.Queue, ...] = ()
    try:
        with upstream.slot() as client:
            queues = client.queues(auth, account_id=account.account_id).value
        listing = _line("List queues, settings, consumers", Finding.ASKED, _number(len(queues)))
    except (CloudflareError, ExpectedError) as error:
        listing = _line("List queues, settings, consumers", _denial(error), error.sentence)
    lines = [listing]
    if queues:
        queue = queues[0]
        lines.append(_ask_counts(auth, account, queue))
        peeked = _ask_peek(caller, auth, credential, account, queue)
    else:
        why = "there is no queue to ask about" if listing["finding"] == Finding.ASKED else "queues cannot be listed"
        lines.append(_line("Read counts", Finding.UNKNOWN, why))
        peeked = _line("Peek at messages", Finding.UNKNOWN, why)
    lines.append(peeked)
    lines += _what_follows(Finding(peeked["finding"]))
    others = credential.accounts.exclude(pk=account.pk).count()
    lines.append(
        _line("Other accounts", Finding.ASKED, f"{others} more, in the account menu")
        if others
        else _line("Other accounts", Finding.NO, f"limited to {account.name}, as it should be")
    )
    return lines


def _ask_counts(auth: Auth, account: Account, queue: cloudflare.Queue) -> Line:
    subject = "Read counts"
    try:
        with upstream.slot() as client:
            client.metrics(auth, account_id=account.account_id, queue_id=queue.id)
    except (CloudflareError, ExpectedError) as error:
        return _line(subject, _denial(error), error.sentence)
    return _line(subject, Finding.ASKED, f"backlog, bytes and oldest of {queue.name}")


def _ask_peek(caller: Caller, auth: Auth, credential: Credential, account: Account, queue: cloudflare.Queue) -> Line:
    subject = "Peek at messages"
    if not access.may(allowed.signed_in(caller), Permission.PEEK):
        return _line(subject, Finding.UNKNOWN, "not tried: your role may not peek")
    try:
        with audit.record(
            caller=caller,
            action=Action.PEEK,
            subject=Subject(credential=credential, account=account, queue_id=queue.id, queue_name=queue.name),
            parameters={"batch_size": 1, "check_up": True},
        ) as record:
            with upstream.slot() as client:
                answer = client.peek(auth, account_id=account.account_id, queue_id=queue.id, batch_size=1)
            record.answered(answer)
            record.ok(
                remark="check-up of the credential",
                message_ids=[message.id[:64] for message in answer.value.messages],
                message_count=len(answer.value.messages),
            )
    except (CloudflareError, ExpectedError) as error:
        return _line(subject, _denial(error), error.sentence)
    return _line(subject, Finding.ASKED, f"asked {queue.name} for 1; no attempt used")


def _what_follows(peek: Finding) -> list[Line]:
    """Peeking needs the same permission as pulling and deleting, so one harmless call answers for all of them."""
    subjects = (
        ("Pull, acknowledge, retry", "a try would use an attempt"),
        ("Send and send again", "a try would leave a message behind"),
        ("Delete by reference, empty a queue", "never tried"),
        ("Pause, settings, consumers", "not tried"),
    )
    if peek is Finding.ASKED:
        return [_line(what, Finding.FOLLOWS, f"Queues Edit is present; {why}") for what, why in subjects]
    if peek is Finding.NO:
        return [_line(what, Finding.NO, "Queues Edit is missing") for what, _ in subjects]
    return [_line(what, Finding.UNKNOWN, why) for what, why in subjects]


def _denial(error: CloudflareError | ExpectedError) -> Finding:
    """A refusal is a no; trouble on the way says nothing about the permission."""
    if isinstance(error, cloudflare.NotPermitted | cloudflare.InvalidCredential):
        return Finding.NO
    return Finding.UNKNOWN


def _line(subject: str, finding: Finding, how: str) -> Line:
    return Line(subject=subject, finding=finding.value, how=how)


def _number(queues: int) -> str:
    return f"{queues:,} queue{'' if queues == 1 else 's'} found"
