"""How a person wants pages to look, and how often they refresh themselves."""

from django import forms
from django.conf import settings

from queues_app.models.user import validate_zone

THEMES = ("auto", "light", "dark")
# Seconds; 0 is off. What is below the server's floor is not offered and not accepted.
INTERVALS = (0, 5, 10, 30, 60, 300)


def offered_intervals() -> tuple[int, ...]:
    """The refresh intervals that this server allows."""
    return tuple(seconds for seconds in INTERVALS if seconds == 0 or seconds >= settings.REFRESH_FLOOR)


class PreferencesForm(forms.Form):
    """Each field on its own may be sent; what is not sent stays as it is."""

    zone = forms.CharField(required=False, max_length=64, validators=[validate_zone])
    theme = forms.ChoiceField(required=False, choices=[(theme, theme) for theme in THEMES])
    refresh = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=lambda: [(seconds, seconds) for seconds in offered_intervals()],
    )
