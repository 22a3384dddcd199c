"""A watch: what it waits for, when it is quiet, and whom it tells."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from queues_app import delivery, finding
from queues_app.delivery import SigningKey, Way
from queues_app.forms.once import SubmittedOnce
from queues_app.models import Watch, WatchKind
from queues_app.operations import watch_sending
from queues_app.operations.watches import Webhook

_DAY_MIN: Final = 24 * 60
_NO_NUMBER: Final = {"invalid": "This is no whole number.", "min_value": "This is less than 0."}
# As they are shown: what is finer would look like another time.
_TIME: Final = ["%H:%M"]
_NO_TIME: Final = {"invalid": "This is no time of day such as 22:00."}


class WatchForm(SubmittedOnce):
    """Cleans to the columns of `Watch` and a webhook. `others` are those that the person has on this queue.

    The limit is a number of messages, or of minutes for an age.
    """

    kind = forms.ChoiceField(
        choices=WatchKind, error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose what to watch.")
    )
    limit = forms.IntegerField(required=False, min_value=0, max_value=10**12, error_messages=_NO_NUMBER)
    minutes = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=_DAY_MIN,
        error_messages=_NO_NUMBER | {"max_value": f"At most {_DAY_MIN} minutes, which are a day."},
    )
    query = forms.CharField(required=False, max_length=finding.MOST_CHARACTERS)
    quiet_from = forms.TimeField(required=False, input_formats=_TIME, error_messages=_NO_TIME)
    quiet_until = forms.TimeField(required=False, input_formats=_TIME, error_messages=_NO_TIME)
    mail_to = forms.EmailField(
        required=False, max_length=254, error_messages={"invalid": "This is no address for mail."}
    )
    url = forms.CharField(required=False, max_length=2000)
    secret = forms.CharField(required=False, max_length=200)
    remove_webhook = forms.BooleanField(required=False)
    # Said of a watch that waits for what another of the same person's waits for.
    twice = forms.BooleanField(required=False)

    def __init__(self, *args: Any, others: Iterable[Watch] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = others
        # The secret that was made because none was typed, to be shown once.
        self.made_secret = ""

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
        if not url:
            return ""
        if url.partition(":")[0].lower() not in (Way.HTTPS, Way.HTTP):
            raise ValidationError("A webhook begins with https://.")
        try:
            destination = delivery.read(url, is_plain_allowed=not settings.HTTPS_ONLY)
        except delivery.UnreadableDestinationError as error:
            raise ValidationError(f"This address {error.must}.") from None
        if watch_sending.is_refused(destination.host):
            raise ValidationError(delivery.PrivateAddressError.sentence)
        return url

    @sensitive_variables("secret")
    def clean_secret(self) -> str:
        secret = str(self.cleaned_data["secret"]).strip()
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
            self.add_error("limit", "Type a number.")
        if kind == WatchKind.GROWTH and "minutes" in cleaned and not cleaned["minutes"]:
            self.add_error("minutes", "Type within how many minutes.")
        quiet = [cleaned[name] is None for name in ("quiet_from", "quiet_until") if name in cleaned]
        if quiet in ([True, False], [False, True]):
            self.add_error("quiet_until", "Quiet hours need a beginning and an end.")
        if quiet == [False, False] and cleaned["quiet_from"] == cleaned["quiet_until"]:
            self.add_error("quiet_until", "These are the same. For no quiet hours leave both empty.")
        if cleaned.get("secret") and cleaned.get("url") == "":
            self.add_error("url", "A webhook needs an address, too.")
        if not self.errors and not cleaned["twice"] and self._is_there():
            self.add_error("twice", "You have a watch on this queue that waits for the same.")
        return cleaned

    def _is_there(self) -> bool:
        waits_for = self.columns()
        return any(
            all(getattr(other, name) == waits_for[name] for name in ("kind", "threshold", "minutes", "query"))
            for other in self.others
        )

    def columns(self) -> dict[str, Any]:
        """What it waits for, when it is quiet, and where mail goes."""
        cleaned, kind = self.cleaned_data, self.cleaned_data["kind"]
        is_message = kind == WatchKind.MESSAGE
        limit = 1 if is_message else cleaned["limit"] * (60 if kind == WatchKind.OLDEST_AGE else 1)
        return {
            "kind": kind,
            "threshold": limit,
            "minutes": 0 if is_message else cleaned["minutes"] or 0,
            "query": cleaned["query"] if is_message else "",
            "quiet_from": cleaned["quiet_from"],
            "quiet_until": cleaned["quiet_until"],
            "mail_to": cleaned["mail_to"],
        }

    @sensitive_variables("url", "secret")
    def webhook(self) -> Webhook | None:
        """Where to post, where an address was given. Without a secret one is made (`made_secret`)."""
        url, secret = self.cleaned_data["url"], self.cleaned_data["secret"]
        if not url or self.cleaned_data["remove_webhook"]:
            return None
        if not secret:
            secret = self.made_secret = delivery.new_secret()
        place = delivery.read(url, is_plain_allowed=not settings.HTTPS_ONLY).place
        return Webhook(place=place[:300], url=url, secret=secret)
