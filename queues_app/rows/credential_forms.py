"""The forms of the credential pages as their templates get them: what was typed comes back, the secret never."""

import uuid
from dataclasses import dataclass
from typing import Final

from django.forms import Form

from queues_app.forms.pasted import holds_a_secret
from queues_app.models import Environment, Kind
from queues_app.rows.options import Option

PASTE_AGAIN: Final = "The secret is not sent back to the page: paste it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A field as it comes back: its value and what is wrong with it. For a secret the value is always empty."""

    value: str = ""
    error: str = ""
    # Where the keyboard goes: the first field that has to be mended.
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """A form with the fields it has; the others are empty."""

    intent: str
    label: Typed = Typed()
    email: Typed = Typed()
    secret: Typed = Typed()
    account_id: Typed = Typed()
    kinds: tuple[Option, ...] = ()
    kind_error: str = ""
    environments: tuple[Option, ...] = ()
    environment_error: str = ""
    paste_again: str = ""
    problems: int = 0


def form_row(form: Form, *, swaps: bool = False) -> FormRow:
    """`swaps`: the page keeps its secret field while the rest is exchanged, so nothing has to be pasted again."""
    wrong = [name for name in form.fields if form.errors.get(name)] if form.is_bound else []
    # Nowhere does a secret come back, not even where it was pasted into the wrong field.
    secret = str(form.data.get("secret", ""))
    kind = _value(form, "kind") or Kind.TOKEN
    environment = _value(form, "environment")

    def typed(name: str) -> Typed:
        value = _value(form, name)
        return Typed(
            value="" if name == "secret" or holds_a_secret(value, secret) else value,
            error=" ".join(map(str, form.errors.get(name, []))) if form.is_bound else "",
            first=wrong[:1] == [name],
        )

    return FormRow(
        intent=str(uuid.uuid4()),
        label=typed("label"),
        email=typed("email"),
        secret=typed("secret"),
        account_id=typed("account_id"),
        kinds=tuple(Option(value=value, label=label, chosen=value == kind) for value, label in Kind.choices),
        kind_error=typed("kind").error,
        environments=tuple(
            Option(value=value, label=label, chosen=value == environment) for value, label in Environment.choices
        ),
        environment_error=typed("environment").error,
        paste_again=PASTE_AGAIN if secret.strip() and not swaps else "",
        problems=len(wrong),
    )


def _value(form: Form, name: str) -> str:
    if name not in form.fields:
        return ""
    value = form.data.get(name) if form.is_bound else form.get_initial_for_field(form.fields[name], name)
    return "" if value is None else str(value)
