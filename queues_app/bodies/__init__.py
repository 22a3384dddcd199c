"""Message bodies made readable: bytes and a content type in, what a person can read out.

    bodies.preview(body, content_type)   one line for the list, from a prefix only
    bodies.read(body, content_type)      the whole reading for the opened message, step by step

Both are total: any text of any declared type gives a result within its limits, never an exception.
Nothing here imports Django, escapes HTML or executes what it reads; escaping is the template's.
"""

from queues_app.bodies.binary import HexLine, Run
from queues_app.bodies.by_type import read
from queues_app.bodies.decoders import DECODERS
from queues_app.bodies.decoders.base import Plan
from queues_app.bodies.exact_json import Node, NotJsonError, Tree
from queues_app.bodies.exact_json import parse as parse_json
from queues_app.bodies.inner import INNER
from queues_app.bodies.picture import picture_of
from queues_app.bodies.previewing import preview
from queues_app.bodies.reading import Reading
from queues_app.bodies.results import Badge, Limits, Preview, Segment, Shown, Stage, Step
from queues_app.bodies.segments import fold, show
from queues_app.bodies.table import Table
from queues_app.bodies.tree_lines import Brief, Line
from queues_app.bodies.wording import declared_type, size_text, utf8, utf8_size

__all__ = [
    "DECODERS",
    "INNER",
    "Badge",
    "Brief",
    "HexLine",
    "Limits",
    "Line",
    "Node",
    "NotJsonError",
    "Plan",
    "Preview",
    "Reading",
    "Run",
    "Segment",
    "Shown",
    "Stage",
    "Step",
    "Table",
    "Tree",
    "declared_type",
    "fold",
    "parse_json",
    "picture_of",
    "preview",
    "read",
    "show",
    "size_text",
    "utf8",
    "utf8_size",
]
