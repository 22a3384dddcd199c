"""The errors of a form as sentences, where no field stands beside them."""

from django import forms


def errors_in_words(form: forms.BaseForm) -> list[str]:
    """Every error of a form that was checked, in the order of its fields."""
    return [str(error) for errors in form.errors.values() for error in errors]
