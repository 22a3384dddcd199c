"""Find among messages that were fetched: filter, sort, group and compare them.

    parse(text)                 the query that somebody typed, or QueryError
    matches(query, document)    whether a message is meant
    group(documents)            the shapes of a batch
    shared_by_stuck(documents)  what those that were tried most have in common
    difference(one, other)      what leads from one body to another

All of it is pure and bounded: nothing here imports Django, asks anybody, or runs what a person typed.
"""

from queues_app.finding.columns import Candidate, candidates, cell
from queues_app.finding.difference import Change, Difference, difference
from queues_app.finding.document import Body, Document
from queues_app.finding.parsing import MOST_CHARACTERS, QueryError, parse, parse_path
from queues_app.finding.query import Chip, Highlights, Query, chips, highlights, matches, render
from queues_app.finding.shapes import Shape, Shapes, group
from queues_app.finding.shared import SharedValue, shared_by_stuck
from queues_app.finding.sorting import COLUMNS, ordered
from queues_app.finding.values import (
    MISSING,
    MOST_DEPTH,
    Missing,
    Path,
    Plain,
    kind_of,
    path_text,
    quoted,
    shallow,
    text_of,
)

__all__ = [
    "COLUMNS",
    "MISSING",
    "MOST_CHARACTERS",
    "MOST_DEPTH",
    "Body",
    "Candidate",
    "Change",
    "Chip",
    "Difference",
    "Document",
    "Highlights",
    "Missing",
    "Path",
    "Plain",
    "Query",
    "QueryError",
    "Shape",
    "Shapes",
    "SharedValue",
    "candidates",
    "cell",
    "chips",
    "difference",
    "group",
    "highlights",
    "kind_of",
    "matches",
    "ordered",
    "parse",
    "parse_path",
    "path_text",
    "quoted",
    "render",
    "shallow",
    "shared_by_stuck",
    "text_of",
]
