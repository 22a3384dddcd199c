"""Reading request bodies strictly: each helper returns a value of the right type or refuses."""

import json
import math
from collections.abc import Callable
from typing import Any

from queues_app.sandbox.errors import ApiError, Entry
from queues_app.sandbox.wire import Fields

type Refuse = Callable[[str, str], ApiError]
"""(what is wrong, JSON pointer) → the refusal to raise."""


class MalformedError(ValueError):
    """The body is no JSON object."""


def parsed(body: bytes) -> Any:
    """The JSON value of a request body; an empty body counts as {}. Raises MalformedError."""
    if not body.strip():
        return {}
    try:
        return json.loads(body, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as reason:
        raise MalformedError(str(reason)) from reason


def refusing(entry: Entry) -> Refuse:
    def refuse(what: str, pointer: str) -> ApiError:
        return ApiError(entry, pointer=pointer, what=what)

    return refuse


def integer(
    source: Fields, name: str, refuse: Refuse, *, low: int, high: int, default: int | None = None, at: str = ""
) -> int | None:
    """A whole number within bounds; 5.0 counts as 5, as numbers do in JSON. Absent or null gives `default`."""
    value = source.get(name)
    if value is None:
        return default
    pointer = f"{at}/{name}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(f"Expected number, received {kind(value)} at {name!r}", pointer)
    if isinstance(value, float) and not value.is_integer():
        raise refuse(f"Expected integer, received float at {name!r}", pointer)
    if not low <= value <= high:
        raise refuse(f"{name} must be between {low} and {high}", pointer)
    return int(value)


def text(source: Fields, name: str, refuse: Refuse, *, at: str = "") -> str:
    """Absent or null gives an empty text."""
    value = source.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refuse(f"Expected string, received {kind(value)} at {name!r}", f"{at}/{name}")
    return value


def flag(source: Fields, name: str, refuse: Refuse, *, default: bool, at: str = "") -> bool:
    value = source.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise refuse(f"Expected boolean, received {kind(value)} at {name!r}", f"{at}/{name}")
    return value


def mapping(source: Fields, name: str, refuse: Refuse) -> Fields:
    value = source.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refuse(f"Expected object, received {kind(value)} at {name!r}", f"/{name}")
    return value


def objects(source: Fields, name: str, refuse: Refuse) -> list[Fields]:
    """A list of objects; absent or null gives an empty one."""
    value = source.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise refuse(f"Expected array, received {kind(value)} at {name!r}", f"/{name}")
    for at, item in enumerate(value):
        if not isinstance(item, dict):
            raise refuse(f"Expected object, received {kind(item)} at {name!r}", f"/{name}/{at}")
    return value


def kind(value: object) -> str:
    """The JSON name of a value's type, as the API's own texts use it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names[type(value)]


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number
