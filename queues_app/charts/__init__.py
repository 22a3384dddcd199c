"""Charts: from points in time to geometry, a sentence and a table. Knows no Django and draws nothing itself.

A chart is given what it was told and nothing else: what is unknown is a gap, never zero and never a line across.
"""

from queues_app.charts.drawing import HEIGHT, WIDTH, Band, Bar, Drawing, TimeTick, ValueTick, draw
from queues_app.charts.filling import Average, filling, left_of
from queues_app.charts.series import (
    Gap,
    Kind,
    Point,
    Series,
    Span,
    apart_of,
    gaps_of,
    step_of,
    stretches_of,
    summed,
    thinned,
    whole_of,
)
from queues_app.charts.ticks import Unit, day_or_time, time_ticks, value_ticks
from queues_app.charts.words import (
    AVERAGED,
    COUNTED,
    NO_ROWS,
    NO_VALUE,
    UNKNOWN,
    Blank,
    Row,
    rows_of,
    sentence_of,
    totals_of,
)

__all__ = [
    "AVERAGED",
    "COUNTED",
    "HEIGHT",
    "NO_ROWS",
    "NO_VALUE",
    "UNKNOWN",
    "WIDTH",
    "Average",
    "Band",
    "Bar",
    "Blank",
    "Drawing",
    "Gap",
    "Kind",
    "Point",
    "Row",
    "Series",
    "Span",
    "TimeTick",
    "Unit",
    "ValueTick",
    "apart_of",
    "day_or_time",
    "draw",
    "filling",
    "gaps_of",
    "left_of",
    "rows_of",
    "sentence_of",
    "step_of",
    "stretches_of",
    "summed",
    "thinned",
    "time_ticks",
    "totals_of",
    "value_ticks",
    "whole_of",
]
