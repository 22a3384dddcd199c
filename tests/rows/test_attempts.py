"""Attempts against the limit, and what comes next."""

import pytest

from queues_app.rows.attempts import attempts_of


@pytest.mark.parametrize(
    ("used", "limit", "dead_letters", "figures", "word", "following"),
    [
        (0, 5, "dlq", "0 / 5", "", "5 more before the limit."),
        (3, 5, "dlq", "3 / 5", "", "2 more before the limit."),
        (4, 5, "dlq", "4 / 5", "last", "The next failure may move it to dlq"),
        (4, 5, "", "4 / 5", "last", "The next failure may delete it: no dead-letter queue"),
        (5, 5, "dlq", "5 / 5", "spent", "The next failure may move it to dlq"),
        (6, 5, "", "6 / 5", "spent", "The next failure deletes it: no dead-letter queue"),
        (7, 5, "dlq", "7 / 5", "spent", "The next failure moves it to dlq"),
        (2, None, "", "2, limit unknown", "", "What comes at the limit is unknown."),
        (None, 5, "dlq", "unknown", "", "What comes at the limit is unknown."),
    ],
)
def test_the_gauge_says_what_is_used_and_what_comes(
    used: int | None, limit: int | None, dead_letters: str, figures: str, word: str, following: str
) -> None:
    gauge = attempts_of(used, limit, dead_letters)
    assert (gauge.figures, gauge.word) == (figures, word)
    assert f"{gauge.next_text} {gauge.next_name}".strip() == following
