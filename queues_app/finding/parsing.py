"""From what a person types in the filter box to a query, in one pass, or to one sentence about where it goes wrong.

    words "quoted words" -not this|that (a | b)  body.order.id:42  body.lines.sku:TX  body["odd key"]:*
    attempts:>3  age:>1h  size:>=10kb  sent:<2026-11-20  type:json  id:9f2c…  meta.CF-Trace:00  shape:odd

`|` binds looser than the space between terms. No regular expressions: nobody can make the search slow.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final, get_args

from queues_app.finding.query import WILD, And, Field, FieldName, Not, Operator, Or, Query, Words
from queues_app.finding.values import KEY_ENDS, Path, as_number

MOST_CHARACTERS: Final = 500
MOST_TERMS: Final = 50
MOST_NESTED: Final = 20

_FIELDS: Final[dict[str, FieldName]] = {name: name for name in get_args(FieldName.__value__)}
_OPERATORS: Final[tuple[Operator, ...]] = (">=", "<=", ">", "<", "=")
_ENDS: Final = frozenset('|()"')
_SECONDS: Final = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES: Final = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3}
# Each way to write a moment, and how long the stretch is that it names.
_MOMENTS: Final = (
    ("%Y-%m-%d", timedelta(days=1)),
    ("%Y-%m-%dT%H:%M", timedelta(minutes=1)),
    ("%Y-%m-%dT%H:%M:%S", timedelta(seconds=1)),
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class QueryError(ValueError):
    """A filter that cannot be read: what was expected, and where, in characters from 0."""

    def __init__(self, sentence: str, offset: int, length: int = 1) -> None:
        self.sentence = sentence
        self.offset = offset
        self.length = length
        super().__init__(sentence)


def parse(text: str, zone: tzinfo = UTC) -> Query:
    """The query that a text is; without a term, one that everything matches. Moments are read in `zone`.

    Raises QueryError.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(
            f"A filter has at most {MOST_CHARACTERS} characters; this one has {len(text):,}.", MOST_CHARACTERS
        )
    return _Parser(text, zone).run()


def parse_path(text: str) -> Path:
    """The path that stands after `body`, as `path_text` writes it. Raises QueryError."""
    parser = _Parser(text[:MOST_CHARACTERS], UTC)
    path = parser.path()
    if not path or parser.at < len(text):
        raise QueryError("Expected a path such as .order.id.", parser.at)
    return path


class _Parser:
    """One pass over the text; `at` is the next character."""

    def __init__(self, text: str, zone: tzinfo) -> None:
        self.text = text
        self.zone = zone
        self.at = 0
        self.terms = 0

    def run(self) -> Query:
        self._blanks()
        if self.at == len(self.text):
            return And(())
        query = self._any(0)
        if self.at < len(self.text):
            raise QueryError('This ")" closes nothing. Put text with brackets in quotes.', self.at)
        return query

    def _any(self, depth: int) -> Query:
        terms = [self._all(depth)]
        while self._peek() == "|":
            self.at += 1
            self._blanks()
            terms.append(self._all(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _all(self, depth: int) -> Query:
        terms: list[Query] = []
        while self._peek() not in ("", "|", ")"):
            terms.append(self._negatable(depth))
            self._blanks()
        if not terms:
            raise QueryError("Expected a word or a field here.", min(self.at, max(len(self.text) - 1, 0)))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _negatable(self, depth: int) -> Query:
        if depth > MOST_NESTED:
            raise QueryError(f"Brackets and minus signs nest at most {MOST_NESTED} deep.", self.at)
        if self._peek() == "-":
            self.at += 1
            if self._peek() in ("", "|", ")") or self._peek().isspace():
                raise QueryError('Expected a word or a field right after "-".', self.at - 1)
            return Not(self._negatable(depth + 1))
        if self._peek() == "(":
            return self._group(depth)
        return self._term()

    def _group(self, depth: int) -> Query:
        start = self.at
        self.at += 1
        self._blanks()
        inside = self._any(depth + 1)
        if self._peek() != ")":
            raise QueryError('This "(" is not closed.', start)
        self.at += 1
        return inside

    def _term(self) -> Query:
        start = self.at
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise QueryError(f"A filter has at most {MOST_TERMS} terms.", start, len(self.text) - start)
        if self._peek() == '"':
            return Words(self._nonempty(self._string(), start), is_quoted=True)
        return self._field(start) if self._starts_field() else Words(self._run(_ENDS))

    def _starts_field(self) -> bool:
        """Whether a field is meant: a word and a colon, or a path into the body or the metadata."""
        start = end = self.at
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] in "_-"):
            end += 1
        word, after = self.text[start:end], self.text[end : end + 1]
        if word.lower() in ("body", "meta") and after in (".", "[", ":"):
            return True
        return after == ":" and word[:1].isalpha() and self.text[end : end + 3] != "://"

    def _field(self, start: int) -> Query:
        word = self._run(_ENDS | {":", "[", "."})
        name = _FIELDS.get(word.lower())
        if name is None:
            raise QueryError(
                f'No field is called "{word[:40]}". '
                f"Write body.{word[:40]}: for a field of the body, or put it in quotes.",
                start,
                len(word),
            )
        path = self._path_of(name)
        if self._peek() != ":":
            raise QueryError('Expected ":" and a value after the field.', min(self.at, len(self.text) - 1))
        self.at += 1
        operator: Operator = next((each for each in _OPERATORS if self.text.startswith(each, self.at)), "")
        self.at += len(operator)
        at = self.at
        is_quoted = self._peek() == '"'
        value = self._string() if is_quoted else self._run(_ENDS)
        if not value and not is_quoted:
            raise QueryError(f"Expected a value: {_EXAMPLES[name]}.", max(start, at - 1))
        return self._checked(Field(name, path, operator, value, is_quoted), at)

    def _path_of(self, name: FieldName) -> Path:
        if name == "meta":
            return self._metadata_key()
        if name != "body":
            return ()
        start = self.at
        path = self.path()
        if not path:
            raise QueryError(f"Expected a path after body: {_EXAMPLES['body']}.", start)
        return path

    def _metadata_key(self) -> Path:
        start = self.at
        if self._peek() == ".":
            self.at += 1
            key = self._run(_ENDS | {":"})
        else:
            steps = self.path()
            key = str(steps[0]) if len(steps) == 1 else ""
        if not key:
            raise QueryError(f"Expected the key of the metadata: {_EXAMPLES['meta']}.", min(start, len(self.text) - 1))
        return (key,)

    def path(self) -> Path:
        """The steps from here on; none where no path starts."""
        steps: list[str | int] = []
        while self._peek() in (".", "["):
            start = self.at
            self.at += 1
            if self.text[start] == ".":
                step: str | int = self._run(KEY_ENDS)
                if not step:
                    raise QueryError('Expected a key after ".".', start)
            else:
                step = self._bracketed(start)
            steps.append(step)
        return tuple(steps)

    def _bracketed(self, start: int) -> str | int:
        step: str | int
        if self._peek() == '"':
            step = self._string()
        else:
            digits = self._run(KEY_ENDS)
            if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
                raise QueryError('Expected a place such as [0] or a key such as ["odd key"].', start)
            step = int(digits)
        if self._peek() != "]":
            raise QueryError('This "[" is not closed.', start)
        self.at += 1
        return step

    def _checked(self, term: Field, at: int) -> Field:
        """The term with its value read as what its field holds."""
        name, operator, value = term.name, term.operator, term.value
        number, until = None, None
        is_wild = value == WILD and operator == ""
        if is_wild and name not in ("body", "meta"):
            return term
        wrong = QueryError(f"Expected {_EXAMPLES[name]}.", min(at, len(self.text) - 1), max(len(value), 1))
        match name:
            case "attempts" | "shape":
                number = Decimal(value) if value.isascii() and value.isdigit() else None
                if number is None and not (name == "shape" and value == "odd" and operator == ""):
                    raise wrong
            case "age" | "size":
                number = _measured(value, _SECONDS if name == "age" else _BYTES)
                if number is None or operator == "" or (name == "age" and operator == "="):
                    raise wrong
            case "sent":
                number, until = self._stretch(value, wrong)
            case "type" | "id":
                if operator not in ("", "="):
                    raise wrong
            case _:
                number = None if term.is_quoted else as_number(value)
                if operator not in ("", "=") and not value:
                    raise wrong
        return Field(name, term.path, operator, value, term.is_quoted, number, until)

    def _stretch(self, value: str, wrong: QueryError) -> tuple[Decimal, Decimal]:
        for form, length in _MOMENTS:
            try:
                start = datetime.strptime(value, form).replace(tzinfo=self.zone)
                return _ms(start), _ms(start + length)
            except (ValueError, OverflowError):
                continue
        raise wrong

    def _string(self) -> str:
        start = self.at
        pieces: list[str] = []
        self.at += 1
        while (character := self._peek()) not in ("", '"'):
            if character == "\\" and self.text[self.at + 1 : self.at + 2] in ('"', "\\"):
                self.at += 1
            pieces.append(self.text[self.at])
            self.at += 1
        if self._peek() != '"':
            raise QueryError("This quote is not closed.", start)
        self.at += 1
        return "".join(pieces)

    def _nonempty(self, text: str, start: int) -> str:
        if not text:
            raise QueryError("Expected text between the quotes.", start, 2)
        return text

    def _run(self, ends: frozenset[str]) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in ends and not self.text[self.at].isspace():
            self.at += 1
        return self.text[start : self.at]

    def _blanks(self) -> None:
        while self._peek().isspace():
            self.at += 1

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]


_EXAMPLES: Final[dict[FieldName, str]] = {
    "body": "a path and a value, such as body.order.id:42",
    "meta": "a key and a value, such as meta.CF-Content-Type:json",
    "attempts": "a whole number, such as attempts:>3",
    "age": "older or younger than a time, such as age:>1h, age:<30min or age:>2d",
    "size": "larger or smaller than a size, such as size:>10kb or size:<=1mb",
    "sent": "a day or a minute, such as sent:<2026-11-20 or sent:>2026-11-20T17:00",
    "type": "a content type, such as type:json",
    "id": "the beginning of an id, such as id:9f2c41",
    "shape": "a number or odd, such as shape:2 or shape:odd",
}


def _measured(value: str, units: dict[str, int]) -> Decimal | None:
    """A number with its unit behind it, in the smallest unit."""
    figures = value.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    unit = units.get(value[len(figures) :].lower())
    # Plain figures only: 12 of them hold any age and size, and arithmetic with them stays exact.
    if unit is None or len(figures) > 12 or not figures.replace(".", "", 1).isdigit() or not figures.isascii():
        return None
    number = as_number(figures)
    return None if number is None else number * unit


def _ms(at: datetime) -> Decimal:
    return Decimal((at - _EPOCH) // timedelta(milliseconds=1))
