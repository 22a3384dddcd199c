"""Plain values: what a body says, as Python has it, and the ways into it.

A value nests at most `MOST_DEPTH` levels; whoever makes one sees to that. Numbers are ints and Decimals, never floats:
9007199254740993 is not 9007199254740992.
"""

from decimal import Decimal, InvalidOperation
from typing import Final, Literal

type Plain = bool | int | Decimal | str | list[Plain] | dict[str, Plain] | None
type Kind = Literal["null", "boolean", "number", "string", "array", "object"]
# Keys of objects and places in arrays.
type Path = tuple[str | int, ...]

MOST_DEPTH: Final = 100
_FIGURES: Final = frozenset("0123456789+-.eE")
_KINDS: Final[dict[type, Kind]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}
# Characters that end a key written bare in a path.
KEY_ENDS: Final = frozenset('.[]:"|()')


class Missing:
    """The value of a body that has none: text, bytes, what could not be read."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


def kind_of(value: Plain) -> Kind:
    """What JSON calls it. A boolean is no number, whatever Python says."""
    return _KINDS[type(value)]


def text_of(value: Plain, most: int = 120) -> str:
    """A value in one short line: scalars as JSON has them, strings bare, containers by what they hold."""
    if isinstance(value, dict):
        return f"{{{len(value):,} {'key' if len(value) == 1 else 'keys'}}}"
    if isinstance(value, list):
        return f"[{len(value):,} {'item' if len(value) == 1 else 'items'}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return cut(value, most)
    return cut(number_text(value), most)


def number_text(value: int | Decimal) -> str:
    """A number as text, of any length."""
    # str() refuses integers of more than 4,300 digits.
    return str(Decimal(value))


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def as_number(text: str) -> Decimal | None:
    """The number that a text is, exactly; None when it is none. Infinity and NaN are no numbers."""
    # Decimal also takes words, underscores and the digits of other scripts.
    if not _FIGURES.issuperset(text):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def shallow(value: object) -> Plain | Missing:
    """A value of JSON's kinds; MISSING for one that nests deeper than anything here walks."""
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return value  # type: ignore[return-value] # made of JSON's kinds alone by every reader
    return MISSING


def path_text(path: Path) -> str:
    """A path as it is written after `body`: `.order.lines[0]["odd key"]`."""
    return "".join(_step_text(step) for step in path)


def _step_text(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if step and step.isprintable() and not KEY_ENDS.intersection(step) and not any(map(str.isspace, step)):
        return f".{step}"
    return f"[{quoted(step)}]"


def quoted(text: str) -> str:
    r"""In double quotes, with `\"` and `\\`."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
