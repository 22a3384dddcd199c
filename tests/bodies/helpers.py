"""What several tests of bodies share: strategies for hostile text, and the way back from segments."""

import base64

from hypothesis import strategies as st

from queues_app.bodies import Segment
from queues_app.bodies.segments import NAMES

_BY_NAME = {name: character for character, name in NAMES.items()}

any_text = st.text(st.characters())
hostile_text = st.text(
    st.one_of(
        st.sampled_from("\x00\x1b\r\n\t \u202e\u2066\u200d\ufeff\ud800\udfff<>&\"'{}[]:,\\/=+-.0123eE"),
        st.characters(),
    )
)
json_text = st.one_of(
    st.sampled_from(["NaN", "[1,]", "{'a':1}", '{"a"', "01", "1.", "-", '"\\x"', '"\n"', "[}", "\ufeff1"]),
    st.text(st.sampled_from('[]{}:,"\\ \n\tabntu0123456789.eE+-truefalsnl'), max_size=40),
)


def as_base64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.b64encode(raw).decode()


def rejoined(segments: tuple[Segment, ...]) -> str:
    """The text again, each named character put back."""
    return "".join(segment.text if segment.kind == "text" else _character(segment.text) for segment in segments)


def _character(name: str) -> str:
    return _BY_NAME[name] if name in _BY_NAME else chr(int(name.removeprefix("U+"), 16))
