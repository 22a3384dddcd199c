"""Find out what a secret can do, by harmless calls only.

Three kinds of answer: asked and granted, following from what was granted (because trying would cost something), or
not granted. A peek is the one call here that reads messages, so it stands on the record as a peek.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar, Final, TypedDict

from django.utils import timezone

from queues_app import access, audit, cloudflare, upstream
from queues_app.access import Permission, Place
from queues_app.audit import Caller, Subject
from queues_app.cloudflare import Auth, CloudflareError
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, Credential, CredentialStatus, Kind
from queues_app.operations import allowed
from queues_app.operations.look import NO_ROUTE_CODES

# Answers that say no to this secret; everything else is trouble that says nothing about it.
REFUSALS = (
    cloudflare.InvalidCredential,
    cloudflare.InvalidRequest,
    cloudflare.NotPermitted,
    cloudflare.NotFound,
)


QUEUES: Final = "List queues, settings, consumers"
COUNTS: Final = "Read counts"
PEEK: Final = "Peek at messages"
ANALYTICS: Final = "Read analytics"
SHOWN_ACCOUNTS: Final = 3
_WITHOUT_ANALYTICS: Final = (
    "Account Analytics Read is missing; without it the Overview lacks operations, retries, lag and consumers at once"
)
# Nobody's: analytics answer for it with no rows.
_NO_QUEUE: Final = "0" * 32


class Finding(StrEnum):
    """How a line of the check-up was answered."""

    ASKED = "asked"
    FOLLOWS = "follows"
    NO = "no"
    RIGHTLY = "rightly"
    UNKNOWN = "unknown"


class Line(TypedDict):
    """One line of the check-up, as it is kept and shown."""

    subject: str
    finding: str
    how: str


class SecretRefusedError(ExpectedError):
    """The secret is not kept. `about` names what the person can mend: secret, account_id or label."""

    http_status = HTTPStatus.UNPROCESSABLE_ENTITY
    about: ClassVar[str]


class NotAcceptedError(SecretRefusedError):
    """The upstream does not accept the secret, so it is not kept. `status` says how it stands with it."""

    reason = "credential-not-accepted"
    about = "secret"

    def __init__(self, sentence: str, status: CredentialStatus = CredentialStatus.INVALID) -> None:
        self.status = status
        super().__init__(sentence)


class AccountNeededError(SecretRefusedError):
    """The secret works but cannot list its accounts; the person has to name one."""

    sentence = (
        "This token may not list its accounts. Type the account id: 32 hexadecimal digits, "
        "in the address of the account's page at Cloudflare."
    )
    reason = "account-id-needed"
    about = "account_id"


class AccountNotReachedError(SecretRefusedError):
    """The secret works, but not in the account that was typed."""

    sentence = (
        "This secret may not read queues in that account. Either the id is another one, "
        "or the secret is made for another account or without Queues: Read."
    )
    reason = "account-not-reached"
    about = "account_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """An account that the secret reaches. The name is empty where only the id is known."""

    account_id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Who the secret is, as the upstream says."""

    status: CredentialStatus
    owned_by_account: bool
    expires_at: datetime | None
    accounts: tuple[FoundAccount, ...]
    at: datetime = field(default_factory=timezone.now)


@dataclass(frozen=True, slots=True)
class _Listing:
    """The accounts that a secret lists; `accepted` tells a good secret that lists none from a bad one."""

    accounts: tuple[FoundAccount, ...]
    refusal: CloudflareError | None = None


def examine(*, auth: Auth, kind: str, typed_account_id: str = "", known: Sequence[str] = ()) -> Examination:
    """Verify a secret on the user's route, then on the account's, and discover its accounts.

    `known` are the ids of accounts that an earlier secret reached; those that this one reaches too are among
    the accounts found. With `known` it may be that none is found; else that is an error.

    Raises NotAcceptedError, AccountNeededError, AccountNotReachedError, UpstreamBusyError, CloudflareError when
    nobody can be asked.
    """
    with upstream.slot() as client:
        listing = _list(client, auth)
        if kind == Kind.GLOBAL_KEY:
            if listing.refusal is not None:
                raise _not_accepted("this e-mail address and key", listing.refusal) from listing.refusal
            token, owned_by_account = _KEY, False
        else:
            unlisted = dict.fromkeys(filter(None, (typed_account_id, *known)))
            token, owned_by_account = _verify(client, auth, listing, tuple(unlisted))
        status = _status(token)
        accounts = _with_unlisted(client, auth, listing.accounts, typed_account_id, known)
    if not accounts and not known:
        raise AccountNeededError
    return Examination(status=status, owned_by_account=owned_by_account, expires_at=token.expires_on, accounts=accounts)


# A key has no verify route: that it lists its accounts is the proof.
_KEY = cloudflare.TokenStatus(id=None, status=CredentialStatus.ACTIVE, expires_on=None, not_before=None)


def _list(client: cloudflare.Client, auth: Auth) -> _Listing:
    try:
        listed = client.accounts(auth).value
    except REFUSALS as error:
        return _Listing((), error)
    return _Listing(tuple(FoundAccount(account_id=account.id, name=account.name) for account in listed))


def _verify(
    client: cloudflare.Client, auth: Auth, listing: _Listing, unlisted: Sequence[str]
) -> tuple[cloudflare.TokenStatus, bool]:
    """The token's status, and whether an account owns it rather than a person."""
    try:
        return client.verify_user_token(auth).value, False
    except REFUSALS as error:
        refusal = error
    # An account's token is unknown on the person's route although it works elsewhere.
    accounts = dict.fromkeys((*unlisted, *(account.account_id for account in listing.accounts)))
    for account_id in accounts:
        try:
            return client.verify_account_token(auth, account_id=account_id).value, True
        except REFUSALS:
            continue
    if listing.refusal is None:
        # It was good enough to list accounts, were there any: so an account owns it, and not one that was named.
        raise AccountNotReachedError if accounts else AccountNeededError
    if refusal.reason == "credential-malformed":
        raise _not_accepted("this token", refusal) from refusal
    if accounts:
        sentence = (
            "Cloudflare knows this neither as a person's token nor as one of the account. "
            "It was rolled, deleted or cut, or the account id is another one."
        )
    else:
        sentence = (
            "Cloudflare does not know this as a person's token. It was rolled, deleted or cut; "
            "or an account owns it, and then type the account id too."
        )
    raise NotAcceptedError(sentence) from refusal


def _status(token: cloudflare.TokenStatus) -> CredentialStatus:
    said = token.status or ""
    status = CredentialStatus(said) if said in CredentialStatus else CredentialStatus.UNKNOWN
    if status in (CredentialStatus.DISABLED, CredentialStatus.EXPIRED):
        raise NotAcceptedError(f"Cloudflare knows this token, but it is {status.label}.", status)
    return status


def _with_unlisted(
    client: cloudflare.Client,
    auth: Auth,
    listed: tuple[FoundAccount, ...],
    typed_account_id: str,
    known: Sequence[str],
) -> tuple[FoundAccount, ...]:
    """The listed accounts, and those of the named ones that the secret does reach: a list can be incomplete."""
    found = {account.account_id: account for account in listed}
    for account_id in dict.fromkeys(filter(None, (typed_account_id, *known))):
        if account_id in found:
            continue
        try:
            client.queues(auth, account_id=account_id)
        except REFUSALS as error:
            if account_id == typed_account_id:
                raise AccountNotReachedError from error
            continue
        found[account_id] = FoundAccount(account_id=account_id)
    return tuple(found.values())


def _not_accepted(what: str, error: CloudflareError) -> NotAcceptedError:
    return NotAcceptedError(f"Cloudflare does not accept {what}: {error.sentence} {error.usually_means}".rstrip())


def check_up(*, caller: Caller, credential: Credential, account: Account) -> list[Line]:
    """What the credential can do in one account, a line each, for `Credential.findings`.

    Never raises for the upstream's trouble: a line that could not be asked says so.

    Raises VaultError.
    """
    auth = upstream.auth_of(credential)
    queues, listing = _ask_queues(caller, auth, account)
    lines = [listing]
    if queues:
        lines.append(_ask_counts(auth, account, queues[0]))
        lines.append(_ask_peek(caller, auth, credential, account, queues[0]))
    else:
        why = "there is no queue to ask about" if listing["finding"] == Finding.ASKED else "queues could not be listed"
        lines += [_line(COUNTS, Finding.UNKNOWN, why), _line(PEEK, Finding.UNKNOWN, why)]
    lines += _what_follows(Finding(lines[-1]["finding"]))
    lines.append(_ask_analytics(caller, auth, account, queues[0].id if queues else _NO_QUEUE))
    lines.append(_other_accounts(credential, account))
    return lines


def _ask_queues(caller: Caller, auth: Auth, account: Account) -> tuple[tuple[cloudflare.Queue, ...], Line]:
    if not access.may(allowed.signed_in(caller), Permission.SEE_QUEUES, Place.of(account)):
        return (), _line(QUEUES, Finding.UNKNOWN, "not tried: your role may not see queues")
    try:
        with upstream.slot() as client:
            queues = client.queues(auth, account_id=account.account_id).value
    except (CloudflareError, ExpectedError) as error:
        return (), _line(QUEUES, _denial(error), error.sentence)
    return queues, _line(QUEUES, Finding.ASKED, f"{len(queues):,} queue{'' if len(queues) == 1 else 's'} found")


def _ask_counts(auth: Auth, account: Account, queue: cloudflare.Queue) -> Line:
    try:
        with upstream.slot() as client:
            client.metrics(auth, account_id=account.account_id, queue_id=queue.id)
    except (CloudflareError, ExpectedError) as error:
        return _line(COUNTS, _denial(error), error.sentence)
    return _line(COUNTS, Finding.ASKED, f"backlog, bytes and oldest of {queue.name}")


def _ask_peek(caller: Caller, auth: Auth, credential: Credential, account: Account, queue: cloudflare.Queue) -> Line:
    if not access.may(allowed.signed_in(caller), Permission.PEEK, Place.of(account, queue.name)):
        return _line(PEEK, Finding.UNKNOWN, "not tried: your role or a rule does not let you peek")
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
    except cloudflare.NotFound as error:
        if not NO_ROUTE_CODES & {item.code for item in error.errors}:
            return _line(PEEK, Finding.UNKNOWN, error.sentence)
        return _line(PEEK, Finding.UNKNOWN, "this account has no peek yet; its older form was not tried")
    except (CloudflareError, ExpectedError) as error:
        return _line(PEEK, _denial(error), error.sentence)
    return _line(PEEK, Finding.ASKED, f"asked {queue.name} for 1; no attempt used")


def _ask_analytics(caller: Caller, auth: Auth, account: Account, queue_id: str) -> Line:
    """An hour of one queue. Asked also where no queue is known: the permission is the account's."""
    if not access.may(allowed.signed_in(caller), Permission.SEE_QUEUES, Place.of(account)):
        return _line(ANALYTICS, Finding.UNKNOWN, "not tried: your role may not see queues")
    until = timezone.now()
    try:
        with upstream.slot() as client:
            client.analytics(
                auth,
                account_id=account.account_id,
                queue_id=queue_id,
                since=until - timedelta(hours=1),
                until=until,
                step=cloudflare.Step.HOUR,
            )
    except (CloudflareError, ExpectedError) as error:
        denial = _denial(error)
        return _line(ANALYTICS, denial, _WITHOUT_ANALYTICS if denial is Finding.NO else error.sentence)
    return _line(ANALYTICS, Finding.ASKED, "Account Analytics Read is present")


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


def _other_accounts(credential: Credential, account: Account) -> Line:
    subject = "Other accounts"
    others = [other.name for other in credential.accounts.exclude(pk=account.pk)]
    if not others:
        return _line(subject, Finding.RIGHTLY, f"none known but {account.name}, as it should be")
    named = ", ".join(others[:SHOWN_ACCOUNTS]) + (", …" if len(others) > SHOWN_ACCOUNTS else "")
    return _line(subject, Finding.ASKED, f"{len(others):,} more ({named}); the lines above are of {account.name}")


def _denial(error: CloudflareError | ExpectedError) -> Finding:
    """A refusal is a no; trouble on the way says nothing about the permission."""
    if isinstance(error, cloudflare.NotPermitted | cloudflare.InvalidCredential):
        return Finding.NO
    return Finding.UNKNOWN


def _line(subject: str, finding: Finding, how: str) -> Line:
    return Line(subject=subject, finding=finding.value, how=how)
