"""What a browser sends."""

import uuid
from collections.abc import Mapping


def pull_form(**typed: object) -> Mapping[str, str]:
    return _sent({"batch_size": 2, "visibility_timeout": "30 s", "intent": uuid.uuid4(), **typed})


def peek_form(**typed: object) -> Mapping[str, str]:
    return _sent({"batch_size": 10, "intent": uuid.uuid4(), **typed})


def settle_form(*positions: int, **typed: object) -> Mapping[str, str | list[str]]:
    """Acknowledge these messages of a batch, without asking first."""
    sent = _sent({"step": "do", "verb": "ack", "delay": "", "intent": uuid.uuid4(), **typed})
    return {**sent, "position": [str(position) for position in positions]}


def _sent(form: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in form.items()}
