"""The JSON tree: sound markup, nothing of the body in it."""

import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from queues_app import bodies
from queues_app.templatetags.bodies import tree

texts = st.one_of(st.text(max_size=20), st.sampled_from(["<script>", "</div></details>", '">', "\u202e", "\x00"]))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=20,
)


class Markup(HTMLParser):
    """The elements and the text of a piece of markup; its ends have to fit."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"class", "open", "data-path"}
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def drawn(body: str) -> Markup:
    return Markup(tree(bodies.read(body, "json").lines()))


@given(values)
def test_any_json_is_sound_markup_without_any_of_its_own(value: object) -> None:
    assert drawn(json.dumps(value)).tags <= {"details", "summary", "div", "span", "b", "i"}


def test_an_exact_number_is_marked() -> None:
    assert drawn('{"id": 9007199254740993}').text.endswith('"id": 9007199254740993 exact}')


def test_a_folded_object_says_what_begins_it() -> None:
    text = drawn('[[[{"sku": "TX", "qty": 3, "lot": 1, "bin": 2}]]]').text
    assert '"sku": "TX", "qty": 3, 2 more }' in text


def test_places_in_an_array_are_numbered() -> None:
    assert "0 true" in drawn("[true, null]").text
