"""What the search over all queues takes."""

from django import forms


class SearchForm(forms.Form):
    """A text that cannot be one searches for nothing."""

    q = forms.CharField(required=False, max_length=200)


class PinForm(forms.Form):
    pinned = forms.BooleanField(required=False)
