"""The query language of the analytics, as far as the sandbox speaks it."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queues_app.sandbox.graphql import EnumValue, QueryError, parsed


def test_a_query_has_fields_aliases_arguments_and_variables() -> None:
    (top,) = parsed(
        """query Name($tag: string!, $most: int = 5) {
             viewer { mine: accounts(filter: {tag: $tag, on: [true, null]}, limit: $most, orderBy: [day_DESC]) { id } }
           } # said""",
        {"tag": "7d"},
    )
    (one,) = top.fields
    assert (top.name, one.name, one.alias, [leaf.name for leaf in one.fields]) == ("viewer", "accounts", "mine", ["id"])
    assert one.arguments == {"filter": {"tag": "7d", "on": [True, None]}, "limit": 5, "orderBy": ["day_DESC"]}
    assert isinstance(one.arguments["orderBy"][0], EnumValue)


def test_foreign_text_in_a_variable_stays_a_value() -> None:
    (top,) = parsed("query Q($id: string!) { viewer(id: $id) { a } }", {"id": '"}) { secrets'})
    assert top.arguments == {"id": '"}) { secrets'}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "{",
        "{}",
        "{ a } }",
        "mutation { a }",
        "{ a(b: ) }",
        "{ a(b: $c) }",
        "query Q($a: string!) { a }",
        "{ a { } }",
        "{ ...all }",
        '{ a(b: "open) }',
        "{" + "a{" * 40,
        "{ a(b: " + "[" * 40,
    ],
)
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        parsed(query, {})


PIECES = st.sampled_from([*"{}()[]:$!=,#", "a", "query", "1", "-2.5e3", '"x"', "\n"])


@given(st.text(max_size=60) | st.lists(PIECES, max_size=30).map(" ".join), st.dictionaries(st.text(), st.integers()))
@example("query($a:[a!]!=[1]){a(b:$a)}", {})
def test_any_text_is_a_query_or_refused(query: str, variables: dict[str, Any]) -> None:
    try:
        found = parsed(query, variables)
    except QueryError:
        return
    assert found
