"""Written text: JSON and what is written with it, XML, forms; and bytes of other alphabets."""

import re
import urllib.parse
from typing import Final
from xml.parsers import expat

from queues_app.bodies import strict_base64
from queues_app.bodies.building import Branch, Leaf
from queues_app.bodies.decoders import values
from queues_app.bodies.decoders.base import Decoded, Decoder, TooLargeError, UndecodableError
from queues_app.bodies.decoders.packed import is_packed
from queues_app.bodies.decoders.structured import decoded_tree
from queues_app.bodies.decoders.v8 import is_v8
from queues_app.bodies.exact_json import Node, NotJsonError, TooManyValuesError, Tree, parse
from queues_app.bodies.guess import BYTE_ORDER_MARK, starts_as_container, text_of
from queues_app.bodies.results import Limits
from queues_app.bodies.segments import is_textual
from queues_app.bodies.tree_lines import amount_of
from queues_app.bodies.wording import counted, size_text, utf8

# JSON


def _json(text: str, limits: Limits) -> Decoded:
    sound = text.removeprefix(BYTE_ORDER_MARK)
    tree = parsed(sound, limits)
    notes = ("It starts with a byte order mark, which was left out.",) if len(sound) < len(text) else ()
    return Decoded(amount_of(tree.nodes[0]), text=text, tree=tree, notes=notes)


def parsed(text: str, limits: Limits) -> Tree:
    """Raises UndecodableError with line and column."""
    if len(text) > limits.max_json_chars:
        raise TooLargeError(f"more than {max(limits.max_json_chars, 0):,} characters, too many to parse")
    try:
        return parse(text, limits.max_json_values)
    except NotJsonError as error:
        raise UndecodableError(error.sentence) from error
    except TooManyValuesError as error:
        raise TooLargeError(f"more than {limits.max_json_values:,} values, so it was stopped") from error


# NDJSON: a JSON object on each line


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _is_ndjson(text: str) -> bool:
    lines = _lines(text[:4_096])
    return len(lines) > 1 and starts_as_container(lines[0]) and starts_as_container(lines[1])


def _ndjson(text: str, limits: Limits) -> Decoded:
    lines = _lines(text)
    if len(text) > limits.max_json_chars:
        raise TooLargeError(f"more than {max(limits.max_json_chars, 0):,} characters, too many to parse")
    nodes: list[Node] = [Node("array", 0, None, "", 0, 1)]
    depth, duplicates = 0, 0
    for number, line in enumerate(lines, start=1):
        try:
            tree = parsed(line, limits)
        except UndecodableError as error:
            raise type(error)(f"line {number:,}: {error}") from error
        at = len(nodes)
        if limits.max_json_values is not None and at + len(tree.nodes) > limits.max_json_values:
            raise TooLargeError(f"more than {limits.max_json_values:,} values, so it was stopped")
        nodes += [node._replace(depth=node.depth + 1, end=node.end + at) for node in tree.nodes]
        depth, duplicates = max(depth, tree.depth), duplicates + tree.duplicates
    if not lines:
        raise UndecodableError("it is empty")
    nodes[0] = Node("array", 0, None, "", len(lines), len(nodes), "lines")
    return Decoded(f"{len(lines):,} lines", text=text, tree=Tree(tuple(nodes), depth + 1, duplicates))


# JWT

_JWT = re.compile(r"\s*(eyJ[A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*)\s*")
_NEVER_VERIFIED: Final = "A token, only read: its signature was not verified, so anybody may have written it."


def _is_jwt(text: str) -> bool:
    return len(text) < 65_536 and _JWT.fullmatch(text) is not None


def _jwt(text: str, limits: Limits) -> Decoded:
    match = _JWT.fullmatch(text)
    if match is None:
        raise UndecodableError("three parts in the URL's base64, with dots between, make a token")
    header, claims = (_part(part, limits, name) for part, name in ((match[1], "header"), (match[2], "claims")))
    signature = f"{len(match[3]):,} characters" if match[3] else "none"
    nodes = [Node("object", 0, None, "", 3, 0, "never verified")]
    for key, tree in (("header", header), ("claims", claims)):
        at = len(nodes)
        nodes += [node._replace(depth=node.depth + 1, end=node.end + at) for node in tree.nodes]
        nodes[at] = nodes[at]._replace(key=key)
    nodes.append(Node("string", 1, "signature", signature, 0, len(nodes) + 1, "not shown"))
    nodes[0] = nodes[0]._replace(end=len(nodes))
    depth = 1 + max(header.depth, claims.depth)
    return Decoded("never verified", text=text, tree=Tree(tuple(nodes), depth, 0), notes=(_NEVER_VERIFIED,))


def _part(part: str, limits: Limits, name: str) -> Tree:
    standard = _in_standard_form(part)
    text = None if strict_base64.trouble(standard) else text_of(strict_base64.decode(standard))
    if text is None:
        raise UndecodableError(f"its {name} are no text" if name == "claims" else f"its {name} is no text")
    return parsed(text, limits)


# Forms

_FORM = re.compile(r"[A-Za-z0-9_.\[\]%+*-]+=[^&=\s<>{}\"]*(?:&[A-Za-z0-9_.\[\]%+*-]+=[^&=\s<>{}\"]*)+")
_MOST_FIELDS = 1_000


def _is_form(text: str) -> bool:
    return len(text) < 65_536 and _FORM.fullmatch(text) is not None


def _form(text: str, limits: Limits) -> Decoded:
    try:
        pairs = urllib.parse.parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="surrogateescape", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise UndecodableError("it is no form: name=value, with & between") from error
    decoded = decoded_tree(_Pairs(pairs), _describe_pairs, limits)
    return Decoded(counted(len(pairs), "field"), text=text, tree=decoded.tree)


class _Pairs(tuple[tuple[str, str], ...]):
    """Fields in their order; a name may stand again."""

    __slots__ = ()


def _describe_pairs(value: object) -> Leaf | Branch:
    return Branch("object", value, "form") if isinstance(value, _Pairs) else values.describe(value)


# XML

_XML = re.compile(r"\ufeff?\s*<(?:\?xml\b|[A-Za-z_][\w.:-]*[\s/>])")


class _Element:
    """One element while it is read."""

    __slots__ = ("attributes", "items", "name")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.items: list[_Element | str] = []


def _is_xml(text: str) -> bool:
    return _XML.match(text) is not None


def _xml(text: str, limits: Limits) -> Decoded:
    """Elements, attributes and text. A document type is refused: with it go entities, and nothing is ever fetched."""
    top = _Element("", {})
    stack, number = [top], 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal number
        number += 1 + len(attributes)
        if number > limits.max_values or len(stack) > 500:
            raise TooLargeError("too many elements, or nested too deep")
        element = _Element(name, attributes)
        stack[-1].items.append(element)
        stack.append(element)

    def end(_name: str) -> None:
        stack.pop()

    def characters(data: str) -> None:
        items = stack[-1].items
        if items and isinstance(items[-1], str):
            items[-1] += data
        else:
            items.append(data)

    def refuse(*_: object) -> None:
        raise UndecodableError("it declares a document type, which is not read")

    # The text was decoded before: what its first line says of an encoding is no longer so, and may be any word.
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(utf8(text.removeprefix(BYTE_ORDER_MARK)), True)
    except expat.ExpatError as error:
        place = f"line {error.lineno:,}, column {error.offset + 1:,}"
        raise UndecodableError(f"{place}: {expat.ErrorString(error.code)}") from error
    root = top.items[0]
    decoded = decoded_tree(root, _describe_xml, limits)
    name = root.name if isinstance(root, _Element) else ""
    return Decoded(f"<{name[:40]}>", text=text, tree=decoded.tree)


def _describe_xml(value: object) -> Leaf | Branch:
    if not isinstance(value, _Element):
        return values.describe(value)
    inside = [item for item in value.items if not isinstance(item, str) or item.strip()]
    name = f"<{value.name}>"
    if not value.attributes and len(inside) <= 1 and all(isinstance(item, str) for item in inside):
        return Leaf("string", "".join(str(item) for item in inside), name)
    members = [(f"@{key}", text) for key, text in value.attributes.items()]
    named = [(item.name if isinstance(item, _Element) else "#text", item) for item in inside]
    return Branch("object", [*members, *named], name)


# Base64 that somebody wrote by hand

_MARK_BYTES: Final = 16
_OF_URLS: Final = re.compile(r"[A-Za-z0-9_-]+={0,2}")


def _is_base64(text: str) -> bool:
    """Only where what it stands for says itself what it is: many a text could be read as base64."""
    standard = _in_standard_form(text)
    head = strict_base64.decode_prefix(standard, _MARK_BYTES)
    return head is not None and (is_packed(head) or is_v8(head)) and not strict_base64.trouble(standard)


def _in_standard_form(text: str) -> str:
    """Base64 in the form for URLs, which may leave out its padding, in the standard one; any other text as it is."""
    if _OF_URLS.fullmatch(text) is None:
        return text
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    return bare + "=" * (-len(bare) % 4)


def _base64(text: str, limits: Limits) -> Decoded:
    standard = _in_standard_form(text)
    if trouble := strict_base64.trouble(standard):
        raise UndecodableError(trouble)
    data = strict_base64.decode(standard)
    return Decoded(size_text(len(data)), data=data)


# Other alphabets

# Bytes of ASCII that a text is written with, and all above ASCII.
_LOW: Final = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_HIGH: Final = bytes(range(0x80, 0x100))
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def _is_utf16(data: bytes) -> bool:
    return data[:2] in _UTF16 and len(data) % 2 == 0 and len(data) > 2


def _utf16(data: bytes, limits: Limits) -> Decoded:
    encoding = _UTF16.get(data[:2], "utf-16-le")
    return _text_in(data.removeprefix(data[:2] if data[:2] in _UTF16 else b""), encoding, "")


def _is_windows(data: bytes) -> bool:
    """Mostly letters of ASCII, and some above it that are letters or signs there."""
    head = data[:4_096]
    high, low = (len(head) - len(head.translate(None, some)) for some in (_HIGH, _LOW))
    return len(data) >= 8 and 0 < high * 3 < low and high + low == len(head)


def _windows(data: bytes, limits: Limits) -> Decoded:
    return _text_in(data, "cp1252", "The alphabet is a guess: Windows-1252, as it is not UTF-8.")


def _text_in(data: bytes, encoding: str, note: str) -> Decoded:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UndecodableError(f"byte {error.start + 1:,} is not of this alphabet") from error
    if not is_textual(text):
        raise UndecodableError("more than a tenth are control characters")
    return Decoded(counted(len(text), "character"), text=text, notes=(note,) if note else ())


JSON = Decoder("JSON", "JSON", starts_as_container, _json)
NDJSON = Decoder("NDJSON", "NDJSON (a JSON value each line)", _is_ndjson, _ndjson)
JWT = Decoder("JWT", "JWT (never verified)", _is_jwt, _jwt)
XML = Decoder("XML", "XML", _is_xml, _xml)
FORM = Decoder("form", "form (name=value&…)", _is_form, _form)
BASE64 = Decoder("base64", "base64", _is_base64, _base64)
UTF16 = Decoder("UTF-16", "UTF-16 text", _is_utf16, _utf16)
WINDOWS = Decoder("Windows-1252", "Windows-1252 text", _is_windows, _windows)
