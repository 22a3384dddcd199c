"""The segments of the audit log."""

from collections import Counter

from queues_app.forms.audit import KINDS
from queues_app.models import Action


def test_every_action_is_in_one_segment() -> None:
    counted = Counter(action for actions in KINDS.values() for action in actions)
    assert counted == dict.fromkeys(Action, 1)
