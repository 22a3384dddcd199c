"""How large a picture is, where its first bytes say so cheaply. Nothing is decoded."""

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MOST_SEGMENTS = 200
_AVIF_HEAD = 4_096


def pixels(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, JPEG, WebP or AVIF; None where they are not to be seen."""
    found: tuple[int, int] | None = None
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        found = _big(data[16:20]), _big(data[20:24])
    elif data.startswith(b"GIF8") and len(data) >= 10:
        found = _little(data[6:8]), _little(data[8:10])
    elif data.startswith(b"\xff\xd8\xff"):
        found = _jpeg(data)
    elif data[8:12] == b"WEBP" and len(data) >= 30:
        found = _webp(data)
    elif data[4:11] == b"ftypavi":
        found = _avif(data)
    return found if found and all(found) else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """From the first frame, behind any number of other segments."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if at + 9 > len(data) or data[at] != 0xFF:
            break
        if data[at + 1] in _JPEG_FRAMES:
            return _big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7])
        at += 2 + max(_big(data[at + 2 : at + 4]), 2)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    form = data[12:16]
    if form == b"VP8X":
        return _little(data[24:27]) + 1, _little(data[27:30]) + 1
    if form == b"VP8L":
        bits = _little(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
    return None


def _avif(data: bytes) -> tuple[int, int] | None:
    """From the property that tells the extent."""
    at = data.find(b"ispe", 0, _AVIF_HEAD)
    return (_big(data[at + 8 : at + 12]), _big(data[at + 12 : at + 16])) if 0 < at <= len(data) - 16 else None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
