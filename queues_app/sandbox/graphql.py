"""As much of the GraphQL language as the analytics need: one query with variables, fields, aliases and arguments.

No fragments and no directives: the API's own examples have none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""(?P<skip>[\s,\ufeff]+|\#[^\n\r]*)
      | (?P<punctuation>[{}()\[\]:!=$])
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<name>[_A-Za-z][_0-9A-Za-z]*)
      | "(?P<text>(?:[^"\\\n]|\\.)*)"
    """,
    re.VERBOSE,
)
_DEEPEST = 20
_LONGEST = 100_000


class QueryError(Exception):
    """What is wrong with a query, in the words of the API."""

    def __init__(self, message: str, *, code: str = "", path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.path = path


class EnumValue(str):
    """A bare word, as datetimeMinute_DESC."""

    __slots__ = ()


@dataclass(slots=True)
class Field:
    """One field of a selection, its variables already in place."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: list["Field"] = field(default_factory=list)


def parsed(query: str, variables: Mapping[str, Any]) -> list[Field]:
    """The top fields of the query.

    Raises QueryError.
    """
    if len(query) > _LONGEST:
        raise QueryError("query is too long")
    return _Parser(_tokens(query), variables).document()


type _Token = tuple[str, str]


def _tokens(query: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(query):
        found = _TOKEN.match(query, at)
        if found is None or found.lastgroup is None:
            raise QueryError(f"error parsing query: unexpected {query[at]!r}")
        if found.lastgroup != "skip":
            tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token], variables: Mapping[str, Any]) -> None:
        self._tokens = tokens
        self._at = 0
        self._given = variables
        self._variables: dict[str, Any] = {}

    def document(self) -> list[Field]:
        if self._is("name"):
            if self._take("name") != "query":
                raise QueryError("error parsing query: only a query is answered")
            if self._is("name"):
                self._take("name")
            if self._is("punctuation", "("):
                self._declarations()
        fields = self._selection(0)
        if self._at < len(self._tokens):
            raise self._unexpected()
        return fields

    def _declarations(self) -> None:
        self._take("punctuation", "(")
        while not self._is("punctuation", ")"):
            self._take("punctuation", "$")
            name = self._take("name")
            self._take("punctuation", ":")
            needed = self._type()
            value = self._given.get(name)
            if self._is("punctuation", "="):
                self._take("punctuation", "=")
                default = self._value(0)
                value = default if value is None else value
            if needed and value is None:
                raise QueryError(f"error parsing args: variable {name!r} is required")
            self._variables[name] = value
        self._take("punctuation", ")")

    def _type(self) -> bool:
        """Skip a type; whether it must not be null."""
        if self._is("punctuation", "["):
            self._take("punctuation", "[")
            self._type()
            self._take("punctuation", "]")
        else:
            self._take("name")
        if self._is("punctuation", "!"):
            self._take("punctuation", "!")
            return True
        return False

    def _selection(self, depth: int) -> list[Field]:
        if depth > _DEEPEST:
            raise QueryError("query is too deep")
        self._take("punctuation", "{")
        fields = []
        while not self._is("punctuation", "}"):
            fields.append(self._field(depth))
        self._take("punctuation", "}")
        if not fields:
            raise QueryError("object field must have selections")
        return fields

    def _field(self, depth: int) -> Field:
        alias = name = self._take("name")
        if self._is("punctuation", ":"):
            self._take("punctuation", ":")
            name = self._take("name")
        one = Field(name, alias)
        if self._is("punctuation", "("):
            self._take("punctuation", "(")
            one.arguments = self._members(")", depth)
        if self._is("punctuation", "{"):
            one.fields = self._selection(depth + 1)
        return one

    def _members(self, end: str, depth: int) -> dict[str, Any]:
        members = {}
        while not self._is("punctuation", end):
            name = self._take("name")
            self._take("punctuation", ":")
            members[name] = self._value(depth + 1)
        self._take("punctuation", end)
        return members

    def _value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise QueryError("query is too deep")
        if self._is("punctuation", "$"):
            self._take("punctuation", "$")
            name = self._take("name")
            if name not in self._variables:
                raise QueryError(f"error parsing args: variable {name!r} is not declared")
            return self._variables[name]
        if self._is("punctuation", "{"):
            self._take("punctuation", "{")
            return self._members("}", depth)
        if self._is("punctuation", "["):
            self._take("punctuation", "[")
            values = []
            while not self._is("punctuation", "]"):
                values.append(self._value(depth + 1))
            self._take("punctuation", "]")
            return values
        if self._is("number"):
            text = self._take("number")
            return float(text) if {".", "e", "E"} & set(text) else int(text)
        if self._is("text"):
            return re.sub(r"\\(.)", r"\1", self._take("text"))
        word = self._take("name")
        return {"true": True, "false": False, "null": None}.get(word, EnumValue(word))

    def _is(self, kind: str, text: str | None = None) -> bool:
        if self._at >= len(self._tokens):
            return False
        token = self._tokens[self._at]
        return token[0] == kind and text in (None, token[1])

    def _take(self, kind: str, text: str | None = None) -> str:
        if not self._is(kind, text):
            raise self._unexpected()
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _unexpected(self) -> QueryError:
        found = repr(self._tokens[self._at][1]) if self._at < len(self._tokens) else "the end"
        return QueryError(f"error parsing query: unexpected {found}")
