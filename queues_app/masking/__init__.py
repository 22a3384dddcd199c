"""Masks over messages: rules and a body in, the body with its masks out.

    compiled(rules)                       rules made ready
    mask(body, content_type, …, rules)    the body with its masks, or None where nothing of it is masked
    mask_reading(reading, rules)          the same for what somebody read by hand
    values(body, content_type, …, rules)  what stood at the places that `mask` names, in the same order

Nothing here imports Django or knows messages. What cannot be read closes: masks hold only for what is understood.
"""

from queues_app.masking.body import CLOSED, TOO_LONG, Masked, mask, mask_reading, mask_text, values
from queues_app.masking.patterns import MASK, PATTERNS
from queues_app.masking.rules import (
    USUAL_KEYS,
    USUAL_PATTERNS,
    Kind,
    Rule,
    RuleError,
    Rules,
    checked,
    compiled,
    expanded,
)

__all__ = [
    "CLOSED",
    "MASK",
    "PATTERNS",
    "TOO_LONG",
    "USUAL_KEYS",
    "USUAL_PATTERNS",
    "Kind",
    "Masked",
    "Rule",
    "RuleError",
    "Rules",
    "checked",
    "compiled",
    "expanded",
    "mask",
    "mask_reading",
    "mask_text",
    "values",
]
