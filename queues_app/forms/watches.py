"""A watch: what it waits for, when it is quiet, and whom it tells."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from queues_app import delivery, finding, mail
from queues_app.delivery import SigningKey, Way
from queues_app.forms.once import SubmittedOnce
from queues_app.models import Watch, WatchKind
from queues_app.operations import watch_sending
from queues_app.operations.watches import Webhook

_DAY_MIN: Final = 24 * 60
_MOST: Final = 10**12
# As they are shown: what is finer would look like another time.
_TIME: Final = ["%H:%M"]
_NO_TIME: Final = {"invalid": "This is no time of day such as 22:00."}
_PRIVATE: Final = (
    "Webhooks to a private address, or one of this machine, are not allowed here. An administrator can allow it in "
    "WATCH_PRIVATE_ADDRESSES."
)


def name_of(kind: str, field_name: str) -> str:
    """The name of a kind's own limit or minutes on the page."""
    return f"{kind}_{field_name}"


class Told(StrEnum):
    """What becomes of the webhook that a watch has."""

    KEEP = "keep"
    ANOTHER = "another"
    NONE = "none"


class WatchForm(SubmittedOnce):
    """Cleans to the columns of `Watch` and a webhook. `others` are those that the person has on this queue.

    Each kind has a limit and minutes of its own on the page, and those of the chosen one count. The limit is a number
    of messages, or of minutes for an age. `webhook_place` is where the watch posts to so far.
    """

    kind = forms.ChoiceField(
        choices=WatchKind, error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose what to watch.")
    )
    limit = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=_MOST,
        error_messages={
            "invalid": "The limit is no whole number.",
            "min_value": "The limit is less than 0.",
            "max_value": f"The limit is more than {_MOST:,}.",
        },
    )
    minutes = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=_DAY_MIN,
        error_messages={
            "invalid": "The minutes are no whole number.",
            "min_value": "The minutes are less than 0.",
            "max_value": f"The minutes are more than {_DAY_MIN:,}, which are a day.",
        },
    )
    query = forms.CharField(required=False, max_length=finding.MOST_CHARACTERS)
    quiet_from = forms.TimeField(required=False, input_formats=_TIME, error_messages=_NO_TIME)
    quiet_until = forms.TimeField(required=False, input_formats=_TIME, error_messages=_NO_TIME)
    mail_to = forms.EmailField(
        required=False, max_length=254, error_messages={"invalid": "This is no address for mail."}
    )
    told = forms.ChoiceField(
        required=False,
        choices=[(each, each) for each in Told],
        error_messages={"invalid_choice": "Choose one of these."},
    )
    url = forms.CharField(required=False, max_length=2000)
    secret = forms.CharField(required=False, max_length=200)
    # Said of a watch that waits for what another of the same person's waits for.
    twice = forms.BooleanField(required=False)
    # Said of one that would tell by mail alone, where no mail can leave.
    unmailed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, others: Iterable[Watch] = (), webhook_place: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = others
        self.webhook_place = webhook_place
        # The secret that was made because none was typed, to be shown once.
        self.made_secret = ""

    def add_prefix(self, field_name: str) -> str:
        """The name of a field on the page."""
        return name_of(self.data.get("kind", ""), field_name) if field_name in ("limit", "minutes") else field_name

    def _keeps(self) -> bool:
        """Whether a webhook that there is stays, or goes without another: what is typed beside it then counts not."""
        return bool(self.webhook_place) and self.cleaned_data.get("told") in (Told.KEEP, Told.NONE)

    def clean_query(self) -> str:
        query = str(self.cleaned_data["query"]).strip()
        try:
            finding.parse(query)
        except finding.QueryError as error:
            raise ValidationError(error.sentence) from error
        return query

    @sensitive_variables("url")
    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if self._keeps():
            return ""
        if not url:
            if self.webhook_place and self.cleaned_data.get("told") == Told.ANOTHER:
                raise ValidationError("Type the other address.")
            return ""
        if url.partition(":")[0].lower() not in (Way.HTTPS, Way.HTTP):
            raise ValidationError("A webhook begins with https://.")
        try:
            destination = delivery.read(url, is_plain_allowed=not settings.HTTPS_ONLY)
        except delivery.UnreadableDestinationError as error:
            raise ValidationError(f"This address {error.must}.") from None
        if watch_sending.is_refused(destination.host):
            raise ValidationError(_PRIVATE)
        return url

    @sensitive_variables("secret")
    def clean_secret(self) -> str:
        secret = "" if self._keeps() else str(self.cleaned_data["secret"]).strip()
        if secret:
            try:
                SigningKey.read(secret)
            except delivery.BadSecretError:
                raise ValidationError("This is not whsec_ and 24 to 64 random bytes in base64.") from None
        return secret

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        if kind == WatchKind.MESSAGE and "query" in cleaned and not cleaned["query"]:
            self.add_error("query", "Type a filter, as on the queue’s page.")
        if kind and kind != WatchKind.MESSAGE and "limit" in cleaned and cleaned["limit"] is None:
            self.add_error("limit", "Type the limit.")
        if kind == WatchKind.GROWTH and "minutes" in cleaned and not cleaned["minutes"]:
            self.add_error("minutes", "Growth is measured within 1 minute or more.")
        quiet = [cleaned[name] is None for name in ("quiet_from", "quiet_until") if name in cleaned]
        if quiet in ([True, False], [False, True]):
            self.add_error("quiet_until", "Quiet hours need a beginning and an end.")
        if quiet == [False, False] and cleaned["quiet_from"] == cleaned["quiet_until"]:
            self.add_error("quiet_until", "These are the same. For no quiet hours leave both empty.")
        if cleaned.get("secret") and cleaned.get("url") == "":
            self.add_error("url", "A webhook needs an address, too.")
        if not cleaned["twice"] and not self.errors.keys() & {"kind", "limit", "minutes", "query"} and self._is_there():
            self.add_error("twice", "You have a watch on this queue that waits for the same.")
        if not cleaned["unmailed"] and self._tells_by_mail_alone() and not mail.is_on():
            self.add_error("unmailed", "No mail can leave this deployment, so this watch would tell nobody.")
        return cleaned

    def _is_there(self) -> bool:
        waits_for = self._waits_for()
        return any(all(getattr(other, name) == value for name, value in waits_for.items()) for other in self.others)

    def _tells_by_mail_alone(self) -> bool:
        keeps = self.webhook_place and self.cleaned_data.get("told") != Told.NONE
        return bool(self.cleaned_data.get("mail_to")) and self.cleaned_data.get("url") == "" and not keeps

    def _waits_for(self) -> dict[str, Any]:
        cleaned, kind = self.cleaned_data, self.cleaned_data["kind"]
        is_message = kind == WatchKind.MESSAGE
        return {
            "kind": kind,
            "threshold": 1 if is_message else cleaned["limit"] * (60 if kind == WatchKind.OLDEST_AGE else 1),
            "minutes": 0 if is_message else cleaned["minutes"] or 0,
            "query": cleaned["query"] if is_message else "",
        }

    def columns(self) -> dict[str, Any]:
        """What it waits for, when it is quiet, and where mail goes."""
        told = {name: self.cleaned_data[name] for name in ("quiet_from", "quiet_until", "mail_to")}
        return self._waits_for() | told

    @property
    def tells(self) -> bool:
        """False when the webhook is to go."""
        return bool(self.cleaned_data["told"] != Told.NONE)

    @sensitive_variables("url", "secret")
    def webhook(self) -> Webhook | None:
        """Where to post, where an address was given. Without a secret one is made (`made_secret`)."""
        url, secret = self.cleaned_data["url"], self.cleaned_data["secret"]
        if not url:
            return None
        if not secret:
            secret = self.made_secret = delivery.new_secret()
        place = delivery.read(url, is_plain_allowed=not settings.HTTPS_ONLY).place
        return Webhook(place=place[:300], url=url, secret=secret)
