"""Adding, naming and replacing a credential. The secret is cleaned here, and never given back to a page."""

import re
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from queues_app.forms import pasted
from queues_app.forms.pasted import PastedError
from queues_app.models import Credential, Environment, Kind, User

TAKEN = "Another credential of yours has this label. Labels tell them apart in the audit log."
TELLTALE = "This holds a secret, and labels are shown in the audit log. Type a name instead."
NO_EMAIL = "Type the e-mail address of the key's owner, such as ana@example.com."

# What can be a header; the standard allows more in front of the @.
_SENDABLE = re.compile(r"[!-~]+")


class NamingForm(forms.Form):
    """The label."""

    label = forms.CharField(max_length=80, error_messages={"required": "Give it a name, such as “ana, production”."})

    def __init__(self, *args: Any, owner: User, credential: Credential | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._others = owner.credentials.all()
        if credential is not None:
            self._others = self._others.exclude(pk=credential.pk)

    def clean_label(self) -> str:
        label = pasted.one_line(self.cleaned_data["label"])
        if not label:
            raise ValidationError("Give it a name that can be seen.")
        if pasted.holds_a_secret(label):
            raise ValidationError(TELLTALE)
        if self._others.filter(label=label).exists():
            raise ValidationError(TAKEN)
        return label


class EnvironmentForm(forms.Form):
    """What an account is for."""

    # The most careful choice stands first and is chosen.
    environment = forms.ChoiceField(
        choices=Environment,
        initial=Environment.PRODUCTION,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose what the account is for."),
    )


class ChoosingForm(EnvironmentForm):
    """The same for an account that is marked already."""

    # What it was marked as when the page was made.
    seen = forms.ChoiceField(choices=Environment)


class SecretForm(forms.Form):
    """A secret, and the account it belongs to where it cannot say so itself."""

    # Plain fields: these texts are taken as they were pasted, NUL and all, because cleaning has the better words.
    secret = forms.Field(required=False)
    account_id = forms.Field(required=False)
    intent = forms.Field(required=False)

    def __init__(self, *args: Any, kind: str = Kind.TOKEN, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind = kind

    @property
    def number(self) -> uuid.UUID | None:
        """The number of this submit: the same page sent twice has the same. A malformed one is none."""
        try:
            return uuid.UUID(self.cleaned_data["intent"] or "")
        except ValueError:
            return None

    def clean_secret(self) -> str:
        try:
            return pasted.secret_of(self.cleaned_data["secret"] or "", kind=self.cleaned_data.get("kind", self._kind))
        except PastedError as error:
            raise ValidationError(str(error)) from None

    def clean_account_id(self) -> str:
        try:
            return pasted.account_id_of(self.cleaned_data["account_id"] or "")
        except PastedError as error:
            raise ValidationError(str(error)) from None


class AddForm(SecretForm, NamingForm, EnvironmentForm):
    """A new credential. Fields are cleaned in this order: the kind says how to read the secret."""

    field_order = ("label", "kind", "email", "secret", "account_id", "environment", "intent")

    kind = forms.ChoiceField(
        choices=Kind,
        initial=Kind.TOKEN,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of the two."),
    )
    email = forms.EmailField(required=False, max_length=254, error_messages={"invalid": NO_EMAIL})

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("kind") != Kind.GLOBAL_KEY:
            # Hidden with this kind, so what stands in it cannot be mended by the person.
            self.errors.pop("email", None)
            cleaned["email"] = ""
        elif "email" not in self.errors and not _SENDABLE.fullmatch(cleaned["email"]):
            self.add_error("email", NO_EMAIL)
        label, secret = cleaned.get("label", ""), cleaned.get("secret", "")
        if secret and pasted.holds_a_secret(label, secret):
            self.add_error("label", TELLTALE)
        return cleaned
