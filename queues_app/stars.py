"""What a pattern with stars fits, in time that grows with the text alone.

With a regular expression, one of ten stars would be tried in more ways than there is time.
"""

from collections.abc import Sequence


def fits(parts: Sequence[str], text: str) -> bool:
    """Whether these parts stand in the text in their order, from its beginning to its end, with any signs between."""
    first, *others = parts
    if not others:
        return text == first
    *middle, last = others
    at, end = len(first), len(text) - len(last)
    if at > end or not (text.startswith(first) and text.endswith(last)):
        return False
    # Each part where it stands first, so that it is looked for once.
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
