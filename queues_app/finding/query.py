"""A filter as a tree of small terms: whether a message matches, what to mark, and how the filter is written."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from queues_app.finding.document import Document
from queues_app.finding.values import Path, Plain, as_number, number_text, path_text, quoted

type FieldName = Literal["body", "meta", "attempts", "age", "size", "sent", "type", "id", "shape"]
type Operator = Literal["", "=", ">", ">=", "<", "<="]
# None: a fact that the answer hangs on is unknown.
type Truth = bool | None

LITERALS: Final[dict[str, Plain]] = {"null": None, "true": True, "false": False}
WILD: Final = "*"


@dataclass(frozen=True, slots=True)
class Words:
    """Text that stands in the body, in any case."""

    text: str
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A comparison of one fact.

    `path` leads into the body, or is the one key of the metadata. `number` is the value as a number where it is one:
    seconds for an age, bytes for a size, milliseconds since 1970 for a time, which lasts until `until`.
    """

    name: FieldName
    path: Path
    operator: Operator
    value: str
    is_quoted: bool = False
    number: Decimal | None = None
    until: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Not:
    term: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """All of them; without any, everything matches."""

    terms: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple["Query", ...]


type Query = Words | Field | Not | And | Or


@dataclass(frozen=True, slots=True)
class Chip:
    """One term of a filter as a chip shows it. `rest` is the filter without it."""

    is_negated: bool
    field: str
    operator: str
    value: str
    rest: str


@dataclass(frozen=True, slots=True)
class Highlights:
    """What made a message match: words in its text, and paths of its body."""

    words: tuple[str, ...]
    paths: tuple[Path, ...]


def matches(query: Query, document: Document) -> bool:
    """Whether a message is surely meant. What hangs on an unknown fact is not, negated or not."""
    return _truth(query, document) is True


def _truth(query: Query, document: Document) -> Truth:
    match query:
        case Words(text):
            return text.casefold() in document.folded or _never(document)
        case Field():
            return _fits(query, document)
        case Not(term):
            inner = _truth(term, document)
            return None if inner is None else not inner
        case And(terms):
            found = [_truth(term, document) for term in terms]
            return False if False in found else None if None in found else True
        case Or(terms):
            found = [_truth(term, document) for term in terms]
            return True if True in found else None if None in found else False


def _fits(term: Field, document: Document) -> Truth:
    match term.name:
        case "body":
            return any(_fits_value(term, found) for found in document.at(term.path)) or _never(document)
        case "meta":
            return _fits_meta(term, document)
        case "type":
            return _glob(term.value, document.content_type or "unknown")
        case "id":
            return _fits_id(term, document.id)
        case "shape" if term.value == "odd":
            return None if document.shape is None else document.shape > 1
        case "sent":
            return _within(term, document.sent_ms)
    fact = {
        "attempts": document.attempts,
        "age": document.age_s,
        "size": document.size,
        "shape": document.shape,
    }[term.name]
    if term.value == WILD:
        return fact is not None
    return None if fact is None or term.number is None else _compared(term.operator, Decimal(fact), term.number)


def _never(document: Document) -> Truth:
    """What it is that nothing was found in a body: unknown, where the body was too large to look into."""
    return False if document.is_whole else None


def _fits_meta(term: Field, document: Document) -> bool:
    key = str(term.path[0]).casefold()
    return any(_fits_value(term, text) for name, text in document.metadata.items() if name.casefold() == key)


def _fits_id(term: Field, message_id: str) -> bool:
    if term.operator == "=":
        return message_id == term.value
    # As the list shows ids: `9f2c41…a07e` has both ends, anything else is a beginning.
    pattern = term.value.replace("…", WILD)
    return _glob(pattern if WILD in pattern else pattern + WILD, message_id)


def _fits_value(term: Field, found: Plain) -> bool:
    """Whether one value fits. In quotes the value of the term is text, else it may be a number or a literal too."""
    if isinstance(found, (list, dict)):
        if isinstance(found, list) and not _is_wild(term):
            return any(_fits_value(term, element) for element in found if not isinstance(element, (list, dict)))
        return _is_wild(term)
    if term.operator in ("", "="):
        return _equals(term, found)
    if isinstance(found, str):
        if term.name == "meta" and term.number is not None:
            number = as_number(found)
            return number is not None and _compared(term.operator, number, term.number)
        return term.number is None and _compared(term.operator, found, term.value)
    is_number = found is not None and not isinstance(found, bool)
    return is_number and term.number is not None and _compared(term.operator, Decimal(found or 0), term.number)


def _equals(term: Field, found: bool | int | Decimal | str | None) -> bool:
    is_wild = not term.is_quoted and term.operator == "" and WILD in term.value
    if found is None or isinstance(found, bool):
        is_named = not term.is_quoted and term.value in LITERALS and LITERALS[term.value] is found
        return is_named or _is_wild(term)
    if isinstance(found, str):
        if is_wild:
            return _glob(term.value, found)
        if term.operator == "=" or not term.value:
            return found == term.value
        return term.value.casefold() in found.casefold()
    if is_wild:
        return _glob(term.value, number_text(found))
    return term.number is not None and Decimal(found) == term.number


def _is_wild(term: Field) -> bool:
    """Whether the term only asks that there is something."""
    return term.value == WILD and term.operator == "" and not term.is_quoted


def _within(term: Field, sent_ms: int | None) -> Truth:
    """Compare a moment with a stretch of time: a day, a minute or a second."""
    if term.value == WILD:
        return sent_ms is not None
    if sent_ms is None or term.number is None or term.until is None:
        return None
    match term.operator:
        case ">":
            return sent_ms >= term.until
        case ">=":
            return sent_ms >= term.number
        case "<":
            return sent_ms < term.number
        case "<=":
            return sent_ms < term.until
    return term.number <= sent_ms < term.until


def _compared[T: (Decimal, str)](operator: Operator, left: T, right: T) -> bool:
    match operator:
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case "<=":
            return left <= right
    return left == right


def _glob(pattern: str, text: str) -> bool:
    """Whether the whole text fits a pattern with `*` in it, in any case. Each part is looked for once."""
    first, *others = pattern.casefold().split(WILD)
    text = text.casefold()
    if not others:
        return text == first
    last = others.pop()
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in others:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def highlights(query: Query) -> Highlights:
    """The words and paths to mark; nothing that stands under a negation."""
    words: list[str] = []
    paths: list[Path] = []
    _collect(query, words, paths)
    return Highlights(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(paths)))


def _collect(query: Query, words: list[str], paths: list[Path]) -> None:
    match query:
        case Words(text):
            words.append(text)
        case Field(name="body"):
            paths.append(query.path)
            if query.operator in ("", "="):
                # A single letter beside a wildcard would be marked all over the page.
                parts = query.value.split(WILD)
                words.extend(part for part in parts if len(part) > 1 or (part and len(parts) == 1))
        case And(terms) | Or(terms):
            for term in terms:
                _collect(term, words, paths)


def chips(query: Query) -> tuple[Chip, ...]:
    """The terms that must all match, one chip each."""
    terms = query.terms if isinstance(query, And) else (query,)
    return tuple(_chip(term, render(And((*terms[:place], *terms[place + 1 :])))) for place, term in enumerate(terms))


def _chip(term: Query, rest: str) -> Chip:
    is_negated = isinstance(term, Not)
    inner = term.term if isinstance(term, Not) else term
    if isinstance(inner, Field):
        # The operator is part of the fact: `attempts >= 2`.
        return Chip(is_negated, field_text(inner), inner.operator, inner.value, rest)
    if isinstance(inner, Words):
        return Chip(is_negated, "", "", inner.text, rest)
    return Chip(is_negated, "", "", render(inner), rest)


def field_text(term: Field) -> str:
    """A field as it is written: `attempts`, `body.order.id`, `meta.CF-Trace`."""
    return term.name + path_text(term.path)


def render(query: Query) -> str:
    """The filter as text that reads back as the same filter."""
    match query:
        case Words(text, is_quoted):
            return quoted(text) if is_quoted else text
        case Field():
            value = quoted(query.value) if query.is_quoted else query.value
            return f"{field_text(query)}:{query.operator}{value}"
        case Not(term):
            return f"-{_grouped(term)}"
        case And(terms):
            return " ".join(f"({render(term)})" if isinstance(term, (And, Or)) else render(term) for term in terms)
        case Or(terms):
            return " | ".join(f"({render(term)})" if isinstance(term, Or) else render(term) for term in terms)


def _grouped(term: Query) -> str:
    return f"({render(term)})" if isinstance(term, (And, Or)) else render(term)
