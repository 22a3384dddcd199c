"""The parameters of an entry in words: what was asked, and what stood before and after where the record has it.

Pure: the record's JSON in, texts out. A parameter that is not known here is told by its own name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from queues_app import formats

# Each knows its value; None for one that says nothing by itself.
_DURATIONS_MS: Final = {"visibility_timeout_ms": "lease"}
_DURATIONS_S: Final = {
    "delay_seconds": "delay",
    "retry_delay": "retry delay",
    "delivery_delay": "delivery delay",
    "message_retention_period": "retention",
}
# As a setting it is no lease yet.
_SETTINGS: Final = {"visibility_timeout_ms": "visibility timeout"}
_FLAGS: Final = {
    "repeated": ("repeated by the page", ""),
    "check_up": ("as part of a check-up", ""),
    "whole_batch": ("all of the batch", ""),
    "forecast": ("to foretell a pull", ""),
    "raw": ("as it stood on the wire", "decoded from base64"),
    "delivery_paused": ("paused", "running"),
}
_NAMES: Final = {
    "chosen": "chosen",
    "position": "place",
    "path": "field",
    "by": "by",
    "format": "as",
    "max_retries": "max retries",
    "dead_letter_queue": "dead-letter queue",
    "request": "approval request",
}
# Between a setting before and after, where the record has both in one word.
_ARROW: Final = " → "
# Numbers for our own look-ups, shown as facts of their own, or told as before and after.
_ELSEWHERE: Final = frozenset({"ends", "batch", "kept_batch", "before", "after", "from", "to"})


_MOST_DIGITS: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting, before and after. `changed` is false for one that stayed."""

    name: str
    before: str
    after: str
    changed: bool


def in_words(parameters: Mapping[str, Any]) -> str:
    """`batch size 10, lease 30 s, repeated by the page`."""
    said = (
        _parameter(name, value)
        for name, value in parameters.items()
        if name not in _ELSEWHERE and not _is_change(value)
    )
    return ", ".join(word for word in (*said, _places(parameters)) if word)


def kept_batch(parameters: Mapping[str, Any]) -> str:
    """The number of the kept copy that this was about; empty where there was none."""
    return str(parameters.get("batch") or parameters.get("kept_batch") or "")


def changes(parameters: Mapping[str, Any]) -> tuple[Change, ...]:
    """Each setting that the record knows before or after; nothing where it knows neither."""
    before, after = _settings(parameters, "before", "from"), _settings(parameters, "after", "to")
    if _places(parameters):
        before, after = {}, {}
    for name, value in parameters.items():
        if name not in _ELSEWHERE and _is_change(value):
            was, _, will_be = str(value).partition(_ARROW)
            before, after = {**before, name: _plain(was)}, {**after, name: _plain(will_be)}
    return tuple(
        Change(
            name=_SETTINGS.get(name) or _label(name),
            before=_value(name, before[name]) if name in before else formats.UNKNOWN,
            after=_value(name, after[name]) if name in after else formats.UNKNOWN,
            changed=name not in before or name not in after or before[name] != after[name],
        )
        for name in dict.fromkeys((*before, *after))
    )


def _places(parameters: Mapping[str, Any]) -> str:
    """Which messages of a sending went in this call, `places 3 to 4`; empty for what is no sending."""
    first, last = parameters.get("from"), parameters.get("to")
    if not isinstance(first, int) or not isinstance(last, int):
        return ""
    return f"place {first:,}" if first == last else f"places {first:,} to {last:,}"


def _is_change(value: object) -> bool:
    return isinstance(value, str) and value.count(_ARROW) == 1


def _plain(word: str) -> int | str:
    """A number as a number, so that it gets its unit."""
    return int(word) if word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS else word


def _settings(parameters: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The settings under the first of these names that there is: several, or one without a name of its own."""
    for name in names:
        if name in parameters:
            value = parameters[name]
            return value if isinstance(value, dict) else {"value": value}
    return {}


def _parameter(name: str, value: object) -> str:
    if isinstance(value, list):
        return ""
    if isinstance(value, dict):
        inside = in_words(value)
        return f"{_label(name)}: {inside}" if inside else ""
    if name in _FLAGS and isinstance(value, bool):
        return _FLAGS[name][not value]
    return f"{_label(name)} {_value(name, value)}"


def _label(name: str) -> str:
    known = _NAMES.get(name) or _DURATIONS_S.get(name) or _DURATIONS_MS.get(name)
    return known or name.replace("_", " ")


def _value(name: str, value: object) -> str:
    if name in _FLAGS and isinstance(value, bool) and all(_FLAGS[name]):
        return _FLAGS[name][not value]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        if name in _DURATIONS_MS:
            return formats.duration_ms(value)
        if name in _DURATIONS_S:
            return formats.duration(value)
        if name in ("forecast", "explains"):
            return f"R-{value}"
        return f"{value + 1:,}" if name == "position" else f"{value:,}"
    if isinstance(value, dict):
        return in_words(value) or "none"
    if isinstance(value, list):
        return formats.plural(len(value), "item")
    if name == "format":
        return str(value).upper()
    return "not given" if value is None or value == "" else str(value)
