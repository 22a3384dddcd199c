"""The body of an opened message: the steps it was read by, each with its result, and the ways to look at one."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlencode

from queues_app import bodies, formats
from queues_app.bodies import HexLine, Line, Reading, Run, Shown, Step, Table, Tree
from queues_app.operations.decoding import Decoding

# The ways to look at a body; the first is the default and stands in no address.
VIEWS: Final = ("decoded", "table", "picture", "raw", "hex")
# Those of what stood on the wire, to the byte.
OF_THE_WIRE: Final = frozenset({"raw", "hex"})
# Those that not every body has.
_SOMETIMES: Final = frozenset({"table", "picture"})
# Characters of a path that stands in an address.
LONGEST_PATH: Final = 500
# Values of a tree that are shown when more than the usual number are asked for, or a filter marks words among them.
MOST_VALUES: Final = 5_000
# Characters of a text that can be copied by its button; beyond, the download is the way.
MOST_COPIED: Final = 131_072


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a body is to be looked at. `step` is the step whose result is shown, None the last one's.

    at             the path of the array that is shown as a table; empty for the whole body
    decoding       what is chosen by hand, for this view or remembered
    is_remembered  that it comes from what is kept for the queue, and so stands in no address
    filter         the filter whose words are marked; it goes along to every other view, and so does
    sort           the order of the batch, and
    since          the earlier peek that the batch is told against
    is_long        that more values of a tree are to be shown than usual
    """

    name: str = VIEWS[0]
    step: int | None = None
    at: str = ""
    decoding: Decoding = field(default_factory=Decoding)
    is_remembered: bool = False
    filter: str = ""
    sort: str = ""
    since: str = ""
    is_long: bool = False

    @property
    def limits(self) -> bodies.Limits:
        """Of what is shown."""
        return bodies.Limits(max_nodes=MOST_VALUES) if self.is_long or self.filter else bodies.Limits()

    @property
    def carried(self) -> tuple[tuple[str, str], ...]:
        """What goes along to every other view."""
        carried = (("q", self.filter), ("sort", self.sort), ("since", self.since))
        return tuple((name, value) for name, value in carried if value)

    def address(self, url: str) -> str:
        """The address of this view of the message at `url`."""
        asked: list[tuple[str, str]] = []
        if not self.is_remembered and self.decoding:
            asked = [("by", "hand")]
            asked += [("off", name) for name in self.decoding.off]
            asked += [("as", name) for name in self.decoding.forced]
        if self.step is not None:
            asked.append(("step", str(self.step)))
        if self.name != VIEWS[0]:
            asked.append(("view", self.name))
        if self.at and self.name == "table":
            asked.append(("at", self.at))
        asked += self.carried
        if self.is_long:
            asked.append(("values", "more"))
        return f"{url}?{urlencode(asked)}" if asked else url


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    """One step from the wire to what is shown. `url` leads to its result, empty where it left none."""

    name: str
    detail: str
    ok: bool
    failure: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A part of the switch Decoded | Raw | Hex."""

    name: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What stands in the well. Exactly one of `lines`, `table`, `picture_url`, `shown` and `dump` is there."""

    lines: Iterator[Line] | None = None
    # Where an array inside is shown as a table: its path goes behind.
    table_url: str = ""
    # Where more of them are shown, if there are more; and how many that may be.
    longer_url: str = ""
    most_values: str = f"{MOST_VALUES:,}"
    table: Table | None = None
    table_at: str = ""
    table_rest: str = ""
    picture_url: str = ""
    shown: Shown | None = None
    dump: tuple[HexLine, ...] = ()
    dump_rest: str = ""
    runs: tuple[Run, ...] = ()
    copied: str | None = None
    # Where the body would be shown as a picture; offered, never loaded by itself.
    picture_view: str = ""


def at_step(reading: Reading, step: int | None) -> Reading:
    """The reading as it stood after this step; the whole one without a step, or where the step left nothing."""
    earlier = None if step is None else reading.after(step)
    return reading if earlier is None else earlier


def crumbs(reading: Reading, declared: str, url: str, view: View) -> tuple[Crumb, ...]:
    """The wire first, then each step; the last one that left something is where the view stands by itself."""
    left = [place for place, step in enumerate(reading.steps) if step.result is not None]
    at = view.step if view.step in left else left[-1] if left else None
    is_raw = view.name == "raw"
    wire = Crumb(
        name=declared if declared != "unknown" else "no type",
        detail=reading.wire_detail,
        ok=True,
        failure="",
        url=replace(view, name="raw", step=None).address(url),
        current=is_raw,
    )
    return (
        wire,
        *(
            _crumb(
                step,
                place,
                is_last=bool(left) and place == left[-1],
                url=url,
                view=view,
                current=place == at and not is_raw,
            )
            for place, step in enumerate(reading.steps)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Besides:
    """What not every body has: a table of it, and whether it is a picture."""

    table: Table | None
    is_picture: bool


def besides(reading: Reading, shown: Reading, view: View) -> Besides:
    """Both cost a walk through the body, so they are made once, for the switch and for the well."""
    is_picture = view.step is None and bodies.picture_of(reading) is not None
    table = shown.table(view.at if view.name == "table" else "")
    return Besides(table=table, is_picture=is_picture)


def choices(has: Besides, url: str, view: View) -> tuple[Choice, ...]:
    """The switch: what every body has, and what this one has besides."""
    there = {"table": has.table is not None, "picture": has.is_picture}
    return tuple(
        Choice(name=name.title(), url=replace(view, name=name).address(url), chosen=name == view.name)
        for name in VIEWS
        if name not in _SOMETIMES or there[name]
    )


def body(
    reading: Reading, shown: Reading, has: Besides, view: View, *, may_copy: bool, picture_url: str, url: str
) -> Body:
    """What stands in the well for this view. A view that this body has not is the decoded one."""
    if view.name == "raw":
        return Body(shown=reading.raw(), copied=_copied(reading.body, may_copy=may_copy))
    if view.name == "hex":
        return _hex(shown)
    if view.name == "picture" and has.is_picture:
        return Body(picture_url=picture_url)
    if view.name == "table" and has.table is not None:
        copied = _copied(shown.text, may_copy=may_copy)
        return Body(table=has.table, table_at=view.at, table_rest=_rest(has.table), copied=copied)
    if shown.tree is not None:
        longer = replace(view, is_long=True).address(url) if _is_cut(shown.tree, view) else ""
        table_url = f"{replace(view, name='table', at='').address(url)}&at="
        copied = _copied(shown.text, may_copy=may_copy)
        return Body(lines=shown.lines(), table_url=table_url, longer_url=longer, copied=copied)
    if shown.text is not None:
        return Body(shown=shown.shown(), copied=_copied(shown.text, may_copy=may_copy))
    known = any(badge.kind == "recognised" for badge in shown.badges)
    # In a file of a known kind, text that is found is found by chance.
    return replace(
        _hex(shown),
        runs=() if known else shown.runs(),
        picture_view=replace(view, name="picture").address(url) if has.is_picture else "",
    )


def failures(reading: Reading) -> tuple[str, ...]:
    """What was tried and where it stopped, a line for each, where the problem does not say it already."""
    return tuple(
        f"{step.name}: {step.failure}."
        for step in reading.steps
        if not step.ok and step.failure and step.failure not in reading.problem
    )


def _crumb(step: Step, place: int, *, is_last: bool, url: str, view: View, current: bool) -> Crumb:
    to = "" if step.result is None else replace(view, name=VIEWS[0], step=None if is_last else place).address(url)
    took = f"{step.took_ms:,.0f} ms" if step.took_ms >= 1 else "< 1 ms"
    return Crumb(
        name=step.name,
        detail=", ".join(part for part in (step.detail, took) if part),
        ok=step.ok,
        failure=step.failure,
        url=to,
        current=current,
    )


def _is_cut(tree: Tree, view: View) -> bool:
    """Whether there are more values than shown, and more can be shown."""
    return view.limits.max_nodes < min(len(tree.nodes), MOST_VALUES)


def _rest(table: Table) -> str:
    """What the table leaves out, in words."""
    left = [formats.plural(table.more_rows, "more row", "more rows")] if table.more_rows else []
    left += [formats.plural(table.more_columns, "more column", "more columns")] if table.more_columns else []
    return f"{' and '.join(left)} not shown; see the tree or raw" if left else ""


def _hex(shown: Reading) -> Body:
    rest = f"{shown.hex_rest:,} more bytes; download them" if shown.hex_rest else ""
    return Body(dump=tuple(shown.hex_lines()), dump_rest=rest)


def _copied(text: str | None, *, may_copy: bool) -> str | None:
    """What the copy button takes: nothing that a page cannot carry unchanged."""
    if not may_copy or not text or len(text) > MOST_COPIED or "\0" in text:
        return None
    return text if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text) else None
