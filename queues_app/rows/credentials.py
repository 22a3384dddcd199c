"""What the credential pages get. Nothing here has ever seen a secret: only labels, last fours and findings."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import formats, vault
from queues_app.audit import AlreadySubmittedError
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.models import Account, Credential, CredentialStatus, Environment, Kind
from queues_app.operations.checkup import Finding, SecretRefusedError
from queues_app.operations.credentials import Dependents
from queues_app.rows.failure import Failure, failure_of
from queues_app.rows.spending import near_words
from queues_app.spending import Spent

SOON_S: Final = 14 * formats.DAY_S  # a credential that expires within this time is marked
SHOWN_ACCOUNTS: Final = 2

_BADGES: Final = {
    CredentialStatus.ACTIVE: "ok",
    CredentialStatus.DISABLED: "failed",
    CredentialStatus.EXPIRED: "failed",
    CredentialStatus.INVALID: "failed",
    CredentialStatus.UNKNOWN: "unknown",
}
# What each answer of the check-up looks like: words, class, icon.
_ANSWERS: Final = {
    Finding.ASKED: ("yes, asked", "yes", "check"),
    Finding.FOLLOWS: ("follows", "follows", "check"),
    Finding.NO: ("no", "no", "cross"),
    Finding.RIGHTLY: ("no, rightly", "rightly", "nobody"),
    Finding.UNKNOWN: ("unknown", "unknown", "unknown"),
}
_WAYS_OUT: Final = {
    CredentialStatus.DISABLED: "Switch it on again at Cloudflare and check again, or replace the secret.",
    CredentialStatus.EXPIRED: "Give it a later end at Cloudflare and check again, or replace the secret.",
    CredentialStatus.INVALID: "It was rolled, deleted or limited at Cloudflare. Replace the secret.",
    CredentialStatus.UNKNOWN: "Check again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How it stands with a credential: a badge, and where something is wrong, a sentence."""

    badge: str
    words: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """When something was: `at` is the time of day with its zone, `ms` lets a script count on."""

    at: str
    ago: str
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """`on` is a date, `never` or `unknown`; `away` says how far it is; `tone` is a class for what is near or over."""

    on: str
    away: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRow:
    """One line of the list."""

    label: str
    url: str
    ends: str
    kind: str
    status: Status
    expiry: Expiry
    environments: tuple[str, ...]
    accounts: str
    is_default: bool
    checked: Age | None
    near: str  # how near its limit is, where it is near


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the check-up."""

    subject: str
    answer: str
    tone: str
    icon: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account that the credential reaches."""

    name: str
    account_id: str
    url: str
    environment: str
    environment_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """The page of one credential."""

    id: int
    label: str
    ends: str
    kind: str
    kind_value: str
    email: str
    environments: tuple[str, ...]
    status: Status
    expiry: Expiry
    is_default: bool
    checked: Age | None
    accounts: tuple[AccountRow, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What goes with a credential, and what does not: pairs for the question."""

    question: str
    sentence: str
    told: tuple[tuple[str, str], ...]


def row_of(credential: Credential, spent: Spent, *, now: datetime, zone: tzinfo) -> CredentialRow:
    """One line of the list; the accounts are expected to be fetched already."""
    names = [account.name for account in credential.accounts.all()]
    more = len(names) - SHOWN_ACCOUNTS
    shown = names[:SHOWN_ACCOUNTS] + ([f"{more:,} more"] if more > 0 else [])
    return CredentialRow(
        label=credential.label,
        url=reverse("credential", args=[credential.pk]),
        ends=credential.last_four,
        kind=credential.get_kind_display(),
        status=_status(credential, now),
        expiry=_expiry(credential, now, zone),
        environments=_environments(credential),
        accounts=formats.listed(shown) or "none",
        is_default=credential.is_default,
        checked=_age(credential.checked_at, now, zone),
        near=near_words(spent),
    )


def detail_of(credential: Credential, *, now: datetime, zone: tzinfo) -> Detail:
    """The page of one credential."""
    return Detail(
        id=credential.pk,
        label=credential.label,
        ends=credential.last_four,
        kind=_kind(credential),
        kind_value=credential.kind,
        email=credential.email,
        environments=_environments(credential),
        status=_status(credential, now),
        expiry=_expiry(credential, now, zone),
        is_default=credential.is_default,
        checked=_age(credential.checked_at, now, zone),
        accounts=tuple(
            AccountRow(
                name=account.name,
                account_id=account.account_id,
                url=reverse("queues", args=[account.pk]),
                environment=account.environment,
                environment_url=reverse("environment", args=[account.pk]),
            )
            for account in credential.accounts.all()
        ),
        lines=tuple(_line(found) for found in credential.findings),
    )


def gone_with(credential: Credential, dependents: Dependents) -> Gone:
    """The question before a credential is deleted."""
    leases = dependents.held_leases
    held = "none"
    if leases:
        held = (
            f"{formats.plural(leases, 'message')}: to be settled no more from here; they return when the leases lapse"
        )
    return Gone(
        question=f"Delete {credential.label}?",
        sentence="The sealed secret and what depends on it leave this server for good. At Cloudflare nothing changes: "
        "the token or key goes on working there until it is deleted there too.",
        told=(
            ("Credential", credential.display),
            ("Accounts", _names_of(credential) or "none"),
            ("Kept batches", f"{dependents.batches:,}, with every message in them" if dependents.batches else "none"),
            ("Held leases", held),
            ("Audit log", "stays as it is"),
        ),
    )


def not_kept(error: CloudflareError | ExpectedError) -> Failure:
    """The card above a form when nobody could be asked, or we could not keep what came."""
    failure = failure_of(error)
    if isinstance(error, AlreadySubmittedError):
        return failure
    return dataclasses.replace(failure, sentence=f"{failure.sentence} Nothing was kept.")


def refused_by_cloudflare(error: SecretRefusedError) -> Failure | None:
    """The diagnosis above a form whose secret was refused; the sentence itself stands at its field."""
    cause = error.__cause__
    if not isinstance(cause, CloudflareError):
        return None
    sentence = "Cloudflare did not accept the secret. Nothing was kept."
    return dataclasses.replace(failure_of(cause), sentence=sentence, retry="")


def marked_otherwise(accounts: Sequence[Account]) -> str:
    """Why a new credential did not mark these as its form said."""
    told = formats.listed([f"{account.name} is marked {account.environment}" for account in accounts[:SHOWN_ACCOUNTS]])
    more = len(accounts) - SHOWN_ACCOUNTS
    rest = f", and {formats.plural(more, 'other account')} otherwise too" if more > 0 else ""
    return f"{told} here already{rest}; that stays, for everybody who reaches it."


def _status(credential: Credential, now: datetime) -> Status:
    if problem := vault.problem_of(credential.sealed_secret):
        problem_words = f"{problem.sentence} Or replace the secret: everything else of this credential is as it was."
        return Status(badge="failed", words="key is gone", problem=problem_words)
    status = CredentialStatus(credential.status)
    if status == CredentialStatus.ACTIVE and credential.expires_at is not None and credential.expires_at <= now:
        status = CredentialStatus.EXPIRED
    problem_words = ""
    if status != CredentialStatus.ACTIVE:
        problem_words = f"{_said(status)} {_WAYS_OUT[status]}"
    return Status(badge=_BADGES[status], words=status.label, problem=problem_words)


def _environments(credential: Credential) -> tuple[str, ...]:
    """What its accounts are marked as, the most careful first."""
    marked = {account.environment for account in credential.accounts.all()}
    return tuple(word for word in Environment.values if word in marked)


def _said(status: CredentialStatus) -> str:
    if status == CredentialStatus.UNKNOWN:
        return "What Cloudflare says of this credential is not known."
    if status == CredentialStatus.INVALID:
        return "Cloudflare does not accept this credential any more."
    return f"This credential is {status.label} at Cloudflare, so nothing can be asked with it."


def _kind(credential: Credential) -> str:
    if credential.kind == Kind.GLOBAL_KEY:
        return "Global API key, the older way"
    if credential.status != CredentialStatus.ACTIVE:
        return "API token"
    return f"API token, owned by {'the account' if credential.owned_by_account else 'a person'}"


def _expiry(credential: Credential, now: datetime, zone: tzinfo) -> Expiry:
    if credential.expires_at is None:
        return Expiry(on="never" if credential.status == CredentialStatus.ACTIVE else formats.UNKNOWN)
    seconds = (credential.expires_at - now).total_seconds()
    on = formats.date(credential.expires_at, zone)
    if seconds <= 0:
        return Expiry(on=on, away=f"{_roughly(-seconds)} ago", tone="is-loss")
    return Expiry(on=on, away=f"in {_roughly(seconds)}", tone="is-price" if seconds < SOON_S else "")


def _roughly(seconds: float) -> str:
    """Days are exact enough once there are two of them."""
    days = int(seconds // formats.DAY_S)
    return f"{days:,} d" if days > 1 else formats.age(seconds)


def _age(at: datetime | None, now: datetime, zone: tzinfo) -> Age | None:
    if at is None:
        return None
    return Age(
        at=f"{formats.moment_or_clock(at, zone, now=now)} {at.astimezone(zone):%Z}",
        ago=f"{formats.age_between(at, now)} ago",
        ms=formats.epoch_ms(at),
    )


def _line(found: Mapping[str, str]) -> Line:
    answer, tone, icon = _ANSWERS[Finding(found["finding"])]
    return Line(subject=found["subject"], answer=answer, tone=tone, icon=icon, how=found["how"])


def _names_of(credential: Credential) -> str:
    return formats.listed([account.name for account in credential.accounts.all()])
