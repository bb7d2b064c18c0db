"""ICC colour profiles for tests, built by hand: a wide-gamut one and a printer's."""

import struct
from itertools import product

D50 = (0.9642, 1.0, 0.8249)
ADOBE = {b"rXYZ": (0.60974, 0.31111, 0.01947), b"gXYZ": (0.20528, 0.62567, 0.06087), b"bXYZ": (0.14919, 0.06322, 0.74457)}


def make_wide_gamut_profile() -> bytes:
    """Return a profile with the primaries of Adobe RGB."""
    gamma = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x0233)  # 2.2
    tags = {name: _xyz(*point) for name, point in ADOBE.items()} | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma)
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def make_printer_profile() -> bytes:
    """Return a profile that maps cyan to a blue no formula yields (L 50, a 20, b -60), and everything else to white."""
    linear = bytes(range(256))
    grid = b"".join(bytes((128, 148, 68) if ink == (1, 0, 0, 0) else (255, 128, 128)) for ink in product((0, 1), repeat=4))
    matrix = struct.pack(">9i", *(65536 if column == row else 0 for row in range(3) for column in range(3)))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + linear * 4 + grid + linear * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def _profile(kind: bytes, space: bytes, between: bytes, tags: dict[bytes, bytes]) -> bytes:
    description = b"desc" + bytes(4) + struct.pack(">I", 5) + b"Test\0" + bytes(78)
    tags = {b"desc": description, b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": _xyz(*D50), **tags}
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += struct.pack(">4sII", name, at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    date = struct.pack(">6H", 2025, 1, 1, 0, 0, 0)
    header = struct.pack(">I4sI4s4s4s", at + len(body), bytes(4), 0x02400000, kind, space, between) + date + b"acsp"
    return (header + bytes(28) + _xyz(*D50)[8:]).ljust(128, b"\0") + table + body


def _xyz(*point: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(part * 65536) for part in point))
