"""Where a value stands in a tree, as people write it: `order.lines[0].sku`, an odd key as `["a b"]`."""

import json
import re
from typing import Final

ROOT: Final = ""
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


def below(path: str, key: str | None, place: int | None) -> str:
    """The path of a child: of the member `key`, or of the item at `place`."""
    if key is None:
        return path if place is None else f"{path}[{place}]"
    if not _PLAIN.fullmatch(key):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key
