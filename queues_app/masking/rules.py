"""What is masked: by the place of a field, by the name of its key, by the form of its value."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final

from queues_app import stars
from queues_app.finding import Path, QueryError, parse_path
from queues_app.masking import keyed, patterns
from queues_app.masking.patterns import PATTERNS, Pattern

ANY: Final = "*"
# Signs of a word's pattern that say something by themselves; fewer would mask every other word.
FEWEST_SIGNS: Final = 3
# The name behind a namespace, in brackets or behind a dot: `x:password`, `user[password]`, `db.password`.
_LAST_PART: Final = re.compile(r"[.:\[/]([^.:\[\]/]++)\]?\Z")


class Kind(StrEnum):
    """What a rule goes by."""

    PATH = "path"
    KEY = "key"
    PATTERN = "pattern"
    WORD = "word"
    USUAL = "usual"


# What `usual` stands for. Names of keys are compared without case and separators.
USUAL_KEYS: Final = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "pin",
    "secret",
    "*secret",
    "token",
    "*token",
    "api key",
    "*api key",
    "private key",
    "authorization",
    "cookie",
    "set cookie",
    "session id",
    "credential",
    "credentials",
    "card number",
    "pan",
    "cvc",
    "cvv",
    "iban",
    "account number",
    "ssn",
    "social security number",
    "tax id",
    "passport number",
    "date of birth",
    "e-mail",
    "email address",
    "phone",
    "phone number",
)
USUAL_PATTERNS: Final = ("e-mail", "card number", "IBAN", "token")


class RuleError(ValueError):
    """This is no rule; the sentence says why."""


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One rule; the `value` of a kind USUAL is empty."""

    kind: Kind
    value: str = ""


@dataclass(frozen=True, eq=False)
class Rules:
    """Rules made ready."""

    keys: frozenset[str]
    # Each as what stands between its stars.
    wild_keys: tuple[tuple[str, ...], ...]
    paths: tuple[Path, ...]
    patterns: tuple[Pattern, ...]

    def masks_key(self, key: str) -> bool:
        """Whether whatever has this key is masked: by the whole of it, or by its last part, as in `x:password`."""
        last = _LAST_PART.search(key)
        return any(
            name in self.keys or any(stars.fits(wild, name) for wild in self.wild_keys)
            for name in ((normal(key), normal(last[1])) if last else (normal(key),))
        )

    @property
    def has_keys(self) -> bool:
        return bool(self.keys or self.wild_keys)

    def names_field(self, text: str) -> bool:
        """Whether an element of this XML names in one attribute what it has in another, as no walk would see."""
        return self.has_keys and any(keyed.fields(text, self.masks_key))

    @cached_property
    def tails(self) -> tuple[Path, ...]:
        """The paths, and what is left of each below any of its steps: for where it is not known at which one stands."""
        return tuple({path[at:] for path in self.paths for at in range(len(path))})

    @cached_property
    def in_lines(self) -> tuple[Pattern, ...]:
        """What is looked for in one line of text, where a key is found by what stands behind it."""
        return (*self.patterns, *((keyed.in_lines(self.masks_key),) if self.has_keys else ()))

    @cached_property
    def _in_text(self) -> tuple[Pattern, ...]:
        return (*self.patterns, *((keyed.in_text(self.masks_key),) if self.has_keys else ()))

    def in_text(self, text: str) -> str:
        """A text without structure with its masks."""
        return patterns.replaced(text, self._in_text)


def normal(key: str) -> str:
    """A key without case and separators, so that `card_number` is `cardNumber`."""
    return re.sub(r"[\W_]+", "", key.casefold())


def checked(rule: Rule) -> Rule:
    """The rule as it is kept. Raises RuleError."""
    value = rule.value.strip()
    if rule.kind is Kind.USUAL:
        return Rule(rule.kind)
    if rule.kind is Kind.PATTERN:
        if value not in PATTERNS:
            raise RuleError("Choose one of the patterns that there are.")
    elif rule.kind is Kind.KEY:
        if not normal(value):
            raise RuleError("Type the name of a key, such as card_number; a star stands for any part of it.")
    elif rule.kind is Kind.PATH:
        read_path(value)
    elif len(max(value.split(ANY), key=len)) < FEWEST_SIGNS or any(map(str.isspace, value)):
        raise RuleError("Type a word without spaces, three signs of it at least beside stars, such as cus_*.")
    return Rule(rule.kind, value)


def read_path(text: str) -> Path:
    """A path as a filter writes it, with or without `body` before it; a star is any key. Raises RuleError."""
    # A key goes through lists anyway, so these say nothing more.
    text = text.strip().replace("[]", "").replace("[*]", "")
    text = text.removeprefix("body") if text.startswith(("body.", "body[")) else text
    try:
        return parse_path(text if text.startswith(("[", ".")) else f".{text}")
    except QueryError as error:
        raise RuleError("Type a path such as order.customer.email or lines.*.sku.") from error


def expanded(rules: Iterable[Rule]) -> frozenset[Rule]:
    """The rules one by one: with what `usual` stands for in its place."""
    usual = (*(Rule(Kind.KEY, key) for key in USUAL_KEYS), *(Rule(Kind.PATTERN, name) for name in USUAL_PATTERNS))
    return frozenset(one for rule in rules for one in (usual if rule.kind is Kind.USUAL else (rule,)))


@lru_cache(maxsize=64)
def compiled(rules: frozenset[Rule]) -> Rules:
    """Rules made ready. Each is one that `checked` gave back."""
    of: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for rule in sorted(expanded(rules)):
        of[rule.kind].append(rule.value)
    exact = [key for key in of[Kind.KEY] if ANY not in key]
    return Rules(
        keys=frozenset(map(normal, exact)),
        wild_keys=tuple(tuple(map(normal, key.split(ANY))) for key in of[Kind.KEY] if ANY in key),
        paths=tuple(read_path(path) for path in of[Kind.PATH]),
        patterns=(
            *(PATTERNS[name] for name in of[Kind.PATTERN]),
            *(patterns.words(word) for word in of[Kind.WORD]),
        ),
    )
