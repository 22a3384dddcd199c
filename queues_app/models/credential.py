"""What a person signs to Cloudflare with, and the accounts it reaches."""

import re
from collections.abc import Iterable

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property

from queues_app.models.team import Share
from queues_app.models.user import User

ACCOUNT_ID = re.compile(r"[0-9a-f]{32}")


class Kind(models.TextChoices):
    TOKEN = "token", "API token"
    GLOBAL_KEY = "global_key", "Global API key"


class Environment(models.TextChoices):
    """The most careful stands first: where several are said of the same, it counts."""

    PRODUCTION = "production", "Production"
    STAGING = "staging", "Staging"
    SANDBOX = "sandbox", "Sandbox"


class CredentialStatus(models.TextChoices):
    """As the upstream last said; `unknown` when it could not be asked."""

    ACTIVE = "active", "valid and active"
    DISABLED = "disabled", "disabled"
    EXPIRED = "expired", "expired"
    INVALID = "invalid", "not accepted"
    UNKNOWN = "unknown", "unknown"


class Credential(models.Model):
    """One person's API token or Global API key. The secret is sealed by `vault.py` and never shown again."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="credentials")
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.TOKEN)
    email = models.EmailField(blank=True, help_text="Only with a Global API key.")
    sealed_secret = models.BinaryField()
    last_four = models.CharField(max_length=4)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # The last check-up: what the upstream said of this credential, and when.
    status = models.CharField(max_length=16, choices=CredentialStatus, default=CredentialStatus.UNKNOWN)
    owned_by_account = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    # A list of {"subject", "answer", "how"}, as `operations/checkup.py` writes it; no secret and no body.
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ("-is_default", "label", "id")
        constraints = (
            models.UniqueConstraint(fields=("owner", "label"), name="one_label_per_owner"),
            models.UniqueConstraint(fields=("owner",), condition=Q(is_default=True), name="one_default_per_owner"),
        )

    def __str__(self) -> str:
        return self.display

    @property
    def display(self) -> str:
        """How the credential is named everywhere: label and last four, never more."""
        return f"{self.label} (ends {self.last_four})"

    @property
    def was_refused(self) -> bool:
        """Whether the last check-up found that the upstream does not take it."""
        return self.status in (CredentialStatus.DISABLED, CredentialStatus.EXPIRED, CredentialStatus.INVALID)


class AccountQuerySet(models.QuerySet["Account"]):
    def marked(self) -> "AccountQuerySet":
        """The same, each with its environment, so that none is asked for by itself."""
        chosen = AccountEnvironment.objects.filter(account_id=OuterRef("account_id")).values("environment")
        return self.annotate(marked=Coalesce(Subquery(chosen), Value(Environment.PRODUCTION)))

    def of(self, user: User) -> "AccountQuerySet":
        """The accounts in a person's reach, each with its environment, its credential and whose that is.

        First by own credentials, the default one before the others; then by those that others share.
        """
        own = Q(credential__owner=user)
        return (
            self.filter(own | Q(credential__in=Share.objects.reaching(user).values("credential")))
            .select_related("credential__owner")
            .marked()
            .order_by(
                Case(When(own, then=Value(0)), default=Value(1)), "-credential__is_default", "credential__label", "pk"
            )
        )

    def ways_of(self, user: User) -> "dict[str, Account]":
        """A person's way to each Cloudflare account, by its id: where there are several, the first of `of`."""
        return {account.account_id: account for account in reversed(list(self.of(user)))}


class Account(models.Model):
    """A Cloudflare account that one credential reaches."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="accounts")
    account_id = models.CharField(
        max_length=32, validators=[RegexValidator(ACCOUNT_ID, "An account id is 32 hexadecimal digits.")]
    )
    name = models.CharField(max_length=200)

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("credential", "account_id"), name="one_account_per_credential"),)

    def __str__(self) -> str:
        return self.name

    @cached_property
    def environment(self) -> str:
        """What everybody here calls this account; where nobody chose, the most careful."""
        known: str | None = getattr(self, "marked", None)  # a column of `marked`
        if known is None:
            AccountEnvironment.tell([self])
        return known or self.environment


class AccountEnvironment(models.Model):
    """Whether a Cloudflare account is for production or not: one choice for everybody who reaches it."""

    # By Cloudflare's own id, so that it holds for whichever credential.
    account_id = models.CharField(max_length=32, unique=True)
    environment = models.CharField(max_length=16, choices=Environment)
    # Empty for what was taken over from the credentials, each of which had one of its own.
    chosen_by = models.CharField(max_length=150, blank=True)
    chosen_at = models.DateTimeField()

    class Meta:
        ordering = ("account_id",)

    def __str__(self) -> str:
        return f"{self.environment}: {self.account_id}"

    @classmethod
    def tell(cls, accounts: Iterable[Account]) -> None:
        """Tell all of these their environment by one query, instead of one for each that is asked."""
        accounts = list(accounts)
        rows = cls.objects.filter(account_id__in={account.account_id for account in accounts})
        chosen = dict(rows.values_list("account_id", "environment"))
        for account in accounts:
            account.environment = chosen.get(account.account_id, Environment.PRODUCTION.value)
