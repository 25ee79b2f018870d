"""Vector tiles made by hand, for tests of what draws them."""

from __future__ import annotations


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def field(number: int, body: bytes | int) -> bytes:
    if isinstance(body, int):
        return varint(number << 3) + varint(body)
    return varint(number << 3 | 2) + varint(len(body)) + body


def zigzag(value: int) -> int:
    return (value << 1) ^ (value >> 63)


def square_feature(kind: int, corners: list[tuple[int, int]], tags: bytes = b"") -> bytes:
    at, numbers = (0, 0), []
    for row, corner in enumerate(corners):
        if row < 2:
            numbers.append((1 if row == 0 else 2) | (1 if row == 0 else len(corners) - 1) << 3)
        numbers += [zigzag(corner[0] - at[0]), zigzag(corner[1] - at[1])]
        at = corner
    if kind == 3:
        numbers.append(7 | 1 << 3)
    geometry = b"".join(varint(number) for number in numbers)
    return field(2, tags) + field(3, kind) + field(4, geometry)


def vector_tile() -> bytes:
    water = field(1, b"water") + field(
        2, square_feature(3, [(0, 0), (2048, 0), (2048, 4096), (0, 4096)])
    ) + field(5, 4096)  # fmt: skip
    place = (
        field(1, b"place")
        + field(2, square_feature(1, [(3000, 2000)], varint(0) + varint(0)))
        + field(3, b"name")
        + field(4, field(1, "工体".encode()))
        + field(5, 4096)
    )
    road = (
        field(1, b"transportation")
        + field(2, square_feature(2, [(2048, 3500), (4096, 3500)], varint(0) + varint(0)))
        + field(3, b"class")
        + field(4, field(1, b"motorway"))
        + field(5, 4096)
    )
    return field(3, water) + field(3, place) + field(3, road)


def line_layer(name: str, lines: list[list[tuple[int, int]]], tags: list[dict[str, str]]) -> bytes:
    """Return a layer of lines of the usual 4,096 steps a side, each with its own tags."""
    keys = sorted({key for one in tags for key in one})
    values = sorted({value for one in tags for value in one.values()})
    body = field(1, name.encode())
    for line, told in zip(lines, tags, strict=True):
        pairs = [(keys.index(key), values.index(value)) for key, value in told.items()]
        packed = b"".join(varint(number) for pair in pairs for number in pair)
        body += field(2, square_feature(2, line, packed))
    for key in keys:
        body += field(3, key.encode())
    for value in values:
        body += field(4, field(1, value.encode()))
    return body + field(5, 4096)
