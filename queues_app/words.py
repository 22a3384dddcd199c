"""What is typed to find something by its name: words, each of which has to stand there, in any order and any case."""

from collections.abc import Iterable


def words_of(typed: str) -> list[str]:
    return typed.casefold().split()


def all_in(words: Iterable[str], text: str) -> bool:
    """Whether each word, by `words_of`, stands in a text. No word stands in any."""
    folded = text.casefold()
    return all(word in folded for word in words)
