"""System checks of the settings. `dashboard/wsgi.py` refuses to start on an error; a warning is for a person to judge.

Each has an id that docs/configuration.md explains and a hint that says what to do. No message holds a secret. A module
of this package registers its checks when it is imported.
"""

from queues_app.checks import forwarding, keys, limits, places, signing_in, storage, team, watching

__all__ = ["forwarding", "keys", "limits", "places", "signing_in", "storage", "team", "watching"]
