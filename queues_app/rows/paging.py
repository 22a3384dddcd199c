"""A long list in pages: what stands on one of them, and the way to those before and behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cut[T]:
    """What stands on one page. `number`: which page it is, which may be less than the one asked for."""

    shown: Sequence[T]
    total: int
    number: int
    most: int

    @property
    def last(self) -> int:
        return last_page(self.total, self.most)


@dataclass(frozen=True, slots=True)
class Pager:
    said: str
    previous_url: str
    next_url: str


def last_page(total: int, most: int) -> int:
    """The number of the last page; of nothing there is one, too."""
    return max(1, -(-total // most))


def cut[T](found: Sequence[T], page: int, most: int) -> Cut[T]:
    """The page that was asked for, or the last where there are fewer."""
    number = min(page, last_page(len(found), most))
    start = (number - 1) * most
    return Cut(found[start : start + most], len(found), number, most)


def pager_of[T](here: Cut[T], what: str, url: Callable[[int], str]) -> Pager | None:
    """The way from this page on; nothing where it is the only one. `what`: of what the numbers are."""
    if here.last == 1:
        return None
    first = (here.number - 1) * here.most + 1
    return Pager(
        said=f"{what} {first:,} to {first + len(here.shown) - 1:,} of {here.total:,}",
        previous_url=url(here.number - 1) if here.number > 1 else "",
        next_url=url(here.number + 1) if here.number < here.last else "",
    )
