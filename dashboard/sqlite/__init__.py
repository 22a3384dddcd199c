"""A backend of Django's: ENGINE is the name of this package."""
