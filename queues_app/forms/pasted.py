"""What people paste when a secret is asked for: cleaned, or explained. No sentence here ever holds what was pasted.

Shapes of the secrets: https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/ (cfut_, cfat_ and
cfk_, then 40 characters and a checksum); the older ones are 40 characters (token) and 37 hexadecimal digits (key).
"""

import re
import unicodedata
from typing import Final

from django.views.decorators.debug import sensitive_variables

from queues_app.models import Kind

SHORTEST_TOKEN: Final = 40  # characters
LONGEST: Final = 2048  # a browser's OAuth token has about a thousand

_TOKEN_PREFIXES: Final = ("cfut_", "cfat_")
_KEY_PREFIX: Final = "cfk_"
_OLD_KEY: Final = re.compile(r"[0-9a-f]{37}", re.IGNORECASE)
_ID: Final = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_ACCOUNT_ID: Final = re.compile(r"(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])")
# What RFC 6750 allows behind "Bearer".
_ALPHABET: Final = re.compile(r"[A-Za-z0-9._~+/=-]+")

_LONG_PIECE: Final = re.compile(r"[A-Za-z0-9._~+/=-]{20,}")

_END: Final = r"[^\s\"'`,;\\]+"
_BEARER: Final = re.compile(rf"\bbearer[\s:]+({_END})", re.IGNORECASE)
_KEY_HEADER: Final = re.compile(rf"\bx-auth-key[\"']?\s*[:=]\s*[\"']?({_END})", re.IGNORECASE)
_HEADER: Final = re.compile(rf"\bauthorization[\"']?\s*[:=]\s*[\"']?\s*({_END})(?:[\"'\s]|$)", re.IGNORECASE)
_ASSIGNMENT: Final = re.compile(
    r"^[{\s\"']*(?:export\s+|set\s+|\$env:)?\w*(?:token|key|secret)\w*[\"']?\s*[:=]\s*(.+)$", re.IGNORECASE | re.DOTALL
)
_AROUND: Final = " \t\r\n\"'`“”„‘’‚«»‹›,;<>()[]{}\\"
_MASK: Final = frozenset("*•●∙·…xX.-_")
# What a label must not hold: anything that can hardly be but a secret.
_SECRET: Final = re.compile(
    r"cf(?:k|ut|at)_[A-Za-z0-9]{20}"
    r"|(?<![0-9a-z])[0-9a-f]{37}(?![0-9a-z])"
    r"|(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{40}(?![\w-])"
)


class PastedError(ValueError):
    """It cannot be cleaned into a secret; the text says why, for the person, without quoting it."""


@sensitive_variables()
def secret_of(pasted: str, *, kind: str) -> str:
    """The secret in what was pasted, fit to be sent as a header.

    Raises PastedError.
    """
    name = "Global API key" if kind == Kind.GLOBAL_KEY else "API token"
    text = _visible(pasted)
    if not text.strip(_AROUND):
        raise PastedError(f"Paste the {name}.")
    text = _joined(_unwrapped(_out_of_a_line(text, kind)))
    if not text:
        raise PastedError(f"There is no {name} in it.")
    if set(text) <= _MASK:
        raise PastedError(f"This is a masked value. Copy the {name} itself.")
    if text.startswith(("$", "%")):
        raise PastedError("This is the name of a variable, not its value.")
    if any(sign.isspace() for sign in text):
        raise PastedError(f"There is a space in the middle. Copy the {name} alone.")
    if not _ALPHABET.fullmatch(text):
        raise PastedError(f"There is a character in it that no {name} has. Copy it again, whole.")
    if len(text) > LONGEST:
        raise PastedError(f"This is longer than any {name}. Copy the {name} alone.")
    problem = _not_a_key(text) if kind == Kind.GLOBAL_KEY else _not_a_token(text)
    if problem:
        raise PastedError(problem)
    return text


def account_id_of(typed: str) -> str:
    """The account id in what was typed: bare, or in an address of Cloudflare's pages. Empty for nothing.

    Raises PastedError.
    """
    text = _visible(typed).strip(_AROUND).lower()
    if not text:
        return ""
    found: set[str] = set(_ACCOUNT_ID.findall(text))
    if len(found) != 1:
        raise PastedError("An account id is 32 hexadecimal digits, as in the address of the account's page.")
    return found.pop()


def one_line(text: str) -> str:
    """A label without control characters, direction marks or runs of spaces."""
    return " ".join(_visible(text).split())


def holds_a_secret(text: str, pasted: str = "") -> bool:
    """Whether a text that is shown to people holds what was pasted as the secret, or what can hardly be another."""
    pieces = (piece for piece in _LONG_PIECE.findall(pasted) if not _ID.fullmatch(piece))
    return bool(_SECRET.search(text)) or any(piece in text for piece in pieces)


def _visible(text: str) -> str:
    """Without what cannot be seen (zero width, direction marks, control characters); every space a plain one."""
    signs = []
    for sign in text:
        if sign in "\r\n\t":
            signs.append(sign)
            continue
        category = unicodedata.category(sign)
        if category.startswith("Z"):
            signs.append("\n" if category in ("Zl", "Zp") else " ")
        elif not category.startswith("C"):
            signs.append(sign)
    return "".join(signs)


def _out_of_a_line(text: str, kind: str) -> str:
    """What stands behind the name of a header or a variable, as in a line for curl."""
    keys, tokens = _KEY_HEADER.findall(text), _BEARER.findall(text)
    if kind == Kind.GLOBAL_KEY:
        if tokens and not keys:
            raise PastedError("This is the header of an API token. Choose “API token” as the kind.")
        found = keys
    else:
        if keys and not tokens:
            raise PastedError("This is the header of a Global API key. Choose that kind, and type its e-mail address.")
        found = tokens or _HEADER.findall(text)
    if len(set(found)) > 1:
        raise PastedError("There is more than one secret in it. Copy one alone.")
    if found:
        return str(found[0])
    assigned = _ASSIGNMENT.match(text)
    return str(assigned[1]) if assigned else text


def _unwrapped(text: str) -> str:
    # A terminal or a JSON file may write the end of the line as two signs.
    return text.strip(_AROUND).removesuffix("\\n").strip(_AROUND).removeprefix("Bearer ")


def _joined(text: str) -> str:
    """A narrow terminal breaks a long word; its pieces belong together. Two whole secrets do not."""
    pieces = [piece.strip() for piece in text.splitlines() if piece.strip()]
    if len(pieces) < 2 or not all(_ALPHABET.fullmatch(piece) for piece in pieces):
        return text
    if sum(len(piece) >= SHORTEST_TOKEN or bool(_OLD_KEY.fullmatch(piece)) for piece in pieces) > 1:
        raise PastedError("There is more than one secret in it. Copy one alone.")
    return "".join(pieces)


def _not_a_token(text: str) -> str:
    if text.startswith(_KEY_PREFIX) or _OLD_KEY.fullmatch(text):
        return "This looks like a Global API key. Choose that kind, or paste an API token."
    if _ID.fullmatch(text):
        return "32 hexadecimal digits are the id of an account, a zone or a token, not the token itself."
    if text.startswith("v1.0-"):
        return "This looks like an Origin CA key. It opens no queues; make an API token."
    shortest = SHORTEST_TOKEN + (5 if text.startswith(_TOKEN_PREFIXES) else 0)
    if len(text) < shortest:
        return f"An API token has at least {shortest} characters; this has {len(text)}. Copy it again, whole."
    return ""


def _not_a_key(text: str) -> str:
    if text.startswith(_KEY_PREFIX):
        shortest = SHORTEST_TOKEN + len(_KEY_PREFIX)
        if len(text) < shortest:
            return f"A Global API key of this form has at least {shortest} characters; this has {len(text)}."
        return ""
    if _OLD_KEY.fullmatch(text):
        return ""
    if text.startswith(_TOKEN_PREFIXES) or len(text) >= SHORTEST_TOKEN:
        return "This looks like an API token. Choose “API token” as the kind."
    return f"A Global API key has 37 hexadecimal digits or begins with cfk_; this has {len(text)} characters."
