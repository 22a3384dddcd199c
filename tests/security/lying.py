"""An upstream that lies: the sandbox's own answers with pieces changed, so that the lies get far."""

import copy
import functools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
from hypothesis import strategies as st

from queues_app import cloudflare, upstream

# Seen raw in a page, one of these would be markup: an element, or the end of an attribute.
ELEMENT: Final = "<qx-element>"
ATTRIBUTE: Final = '" onqx="1'
MARKUP: Final = (f"'{ATTRIBUTE}>{ELEMENT}<script>qx()</script>", f"{ELEMENT}{{{{ 7 }}}}{{% now %}}", ATTRIBUTE)

VALUES: Final[st.SearchStrategy[Any]] = (
    st.sampled_from(MARKUP)
    | st.sampled_from(
        [
            None,
            True,
            False,
            "",
            "0",
            -1,
            0,
            0.5,
            1e308,
            float("nan"),
            float("inf"),
            2**31,
            2**53 + 1,
            2**63,
            -(2**63),
            10**30,
            "a" * 5000,
            "\x00",
            "\ud800",
            "\u202e\u2066",
            "2026-13-45T99:99:99Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59+23:59",
            [],
            {},
            [[]],
            [None, "x", 3],
            {"id": None},
        ]
    )
    | st.text(max_size=20)
    | st.integers()
)


@dataclass(frozen=True, slots=True)
class Lie:
    """Change one node of an answer, `where` of the way through it: to another value, or away with it."""

    where: float
    value: Any
    leave_out: bool


LIES: Final = st.lists(
    st.builds(
        Lie,
        where=st.floats(0, 1, exclude_max=True),
        value=VALUES,
        leave_out=st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=4,
)


class LyingTransport(httpx.BaseTransport):
    """Tells `lies` in every answer of the transport behind it."""

    def __init__(self, honest: httpx.BaseTransport) -> None:
        self._honest = honest
        self.lies: Sequence[Lie] = ()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._honest.handle_request(request)
        if not self.lies:
            return response
        whole = json.loads(response.read())
        for lie in self.lies:
            whole = _told(whole, lie)
        # ASCII only: lone surrogates go as escapes, as they would on the wire.
        headers = {"Content-Type": "application/json", "CF-Ray": response.headers["CF-Ray"]}
        return httpx.Response(response.status_code, headers=headers, content=json.dumps(whole), request=request)


@contextmanager
def speaking_through(transport: httpx.BaseTransport, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the dashboard's client use this transport, and wait for nothing between two tries."""
    client = cloudflare.Client(base_url="http://127.0.0.1:9/client/v4", transport=transport, sleep=lambda seconds: None)

    @functools.lru_cache
    def made(*settings: object) -> cloudflare.Client:
        return client

    with monkeypatch.context() as swapped, client:
        swapped.setattr(upstream, "_client", made)
        yield


def _told(whole: Any, lie: Lie) -> Any:
    changed = copy.deepcopy(whole)
    places = list(_places(changed))
    if not places:
        return lie.value
    holder, key = places[int(lie.where * len(places))]
    if lie.leave_out:
        del holder[key]
    else:
        holder[key] = lie.value
    return changed


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Everything in a tree of JSON that can be changed, as a holder and a key."""
    if isinstance(node, dict | list):
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield node, key
            yield from _places(node[key])
