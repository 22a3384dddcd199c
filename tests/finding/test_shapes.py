"""Shapes of a batch: most look alike, and the odd ones differ in something that can be said."""

from hypothesis import given
from hypothesis import strategies as st

from queues_app.finding import Plain, group
from tests.finding.documents import document, plain_values


def test_the_odd_ones_come_first_and_say_how_they_differ() -> None:
    alike = {"order": 1, "lines": [{"sku": "a", "qty": 1}], "note": None}
    bodies = [alike] * 5 + [
        {"order": "1", "lines": [{"sku": "a", "qty": 1}], "note": None},
        {"order": 1, "lines": [{"sku": "a"}], "note": None, "more": {"deep": {"er": 1}}},
    ]
    shapes = group([document(body) for body in bodies])
    assert (shapes.odd, shapes.alike) == (2, 5)
    more, text, main = shapes.shapes
    assert main.positions == (0, 1, 2, 3, 4)
    assert main.number == 1
    assert main.differences == ()
    assert main.description == "object with lines, note, order"
    assert text.differences == ("order is string, not number",)
    assert more.differences == ("has more", "lacks lines[].qty")
    assert shapes.numbers == (1, 1, 1, 1, 1, 2, 3)


def test_arrays_of_different_lengths_and_values_look_alike() -> None:
    assert group([document({"a": list(range(length))}) for length in (1, 2, 50)]).odd == 0


def test_a_body_without_structure_is_a_shape_of_its_own() -> None:
    shapes = group([document({"a": 1}), document({"a": 2}), document(text="no")])
    assert shapes.shapes[0].description == "no structure"
    assert shapes.shapes[0].differences == ("has no structure",)


def test_many_differences_are_counted_not_listed() -> None:
    shapes = group([document({"a": 1})] * 2 + [document({f"k{number}": 1 for number in range(5000)})])
    assert len(shapes.shapes[0].differences) == 7
    assert shapes.shapes[0].differences[-1].endswith("more")


def test_without_messages_there_are_no_shapes() -> None:
    assert group([]).shapes == ()
    assert group([]).alike == 0


@given(st.lists(plain_values, max_size=8))
def test_every_message_has_exactly_one_shape(bodies: list[Plain]) -> None:
    shapes = group([document(body, text="") for body in bodies])
    assert sorted(place for shape in shapes.shapes for place in shape.positions) == list(range(len(bodies)))
    assert shapes.alike + shapes.odd == len(bodies)
    for shape in shapes.shapes:
        assert {shapes.numbers[place] for place in shape.positions} == {shape.number}
        assert shape.count <= shapes.alike
