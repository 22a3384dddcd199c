"""Expected failures: each has a sentence for the person, a short reason for the record, and a status for the page."""

from http import HTTPStatus
from typing import ClassVar


class ExpectedError(Exception):
    """Something that can happen in good order. Subclasses set `sentence`, as a class or for each case."""

    sentence: str = ""
    reason: ClassVar[str]
    http_status: ClassVar[HTTPStatus] = HTTPStatus.CONFLICT
    # Whether we stopped it before anything was sent; else it counts as tried and failed.
    is_refusal: ClassVar[bool] = False

    def __init__(self, sentence: str = "") -> None:
        if sentence:
            self.sentence = sentence
        super().__init__(self.sentence)
