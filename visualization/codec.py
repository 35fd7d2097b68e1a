"""Arrays of numbers as compact bytes for the browser: a JSON header, then 16-bit codes with scale and offset by row.

Layout, compressed as a whole (zlib): 4 bytes length of the header (little endian), the header in UTF-8 padded with
spaces to a multiple of 4, the codes. A block of the header says where its codes begin, its shape, and scale and offset
along its first axis: value = offset + scale * code (offset 0 if all are); the code 65535 stands for no number.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

NOTHING = 65535
"""Code of NaN and infinities."""
LARGEST = NOTHING - 1
FORMAT = 1
"""Version of the layout; the browser refuses another."""
LEVEL = 1
"""Of compression: the quickest, a third of the bytes."""
_LENGTH = 4


class CodecError(ValueError):
    """Bytes that are no payload of this format; one line."""


@dataclass
class Packer:
    """Collects blocks of numbers and gives header and codes as one string of bytes."""

    _codes: list[NDArray[np.uint16]] = field(default_factory=list)
    _at: int = 0

    def block(self, values: Floats) -> dict[str, Any]:
        """Add an array and return its entry for the header; each row of its first axis has a scale of its own.

        The error of a value is at most half a scale: the range of its row over 131,068. Zero stays zero.
        """
        rows = np.asarray(values, dtype=np.float64)
        codes, scale, offset = quantised(rows.reshape(rows.shape[0], -1))
        entry = {
            "at": self._at,
            "shape": list(rows.shape),
            "scale": scale.tolist(),
            "offset": offset.tolist() if offset.any() else 0,
        }
        self._codes.append(codes.ravel())
        self._at += codes.size
        return entry

    def pack(self, header: Mapping[str, Any]) -> bytes:
        """All blocks behind a header that names them."""
        text = json.dumps({"format": FORMAT, **header}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        head = text.encode()
        head += b" " * (-(len(head) + _LENGTH) % 4)
        codes = np.concatenate([np.zeros(0, np.uint16), *self._codes]).astype("<u2")
        return zlib.compress(len(head).to_bytes(_LENGTH, "little") + head + codes.tobytes(), LEVEL)


def quantised(rows: Floats) -> tuple[NDArray[np.uint16], Floats, Floats]:
    """Codes of rows of numbers, (row, number), with scale and offset by row.

    Rows that come near zero or pass it have an offset that is a whole multiple of the scale, so that zero stays zero.
    """
    known = np.isfinite(rows)
    low = np.min(np.where(known, rows, np.inf), axis=1, initial=np.inf)
    high = np.max(np.where(known, rows, -np.inf), axis=1, initial=-np.inf)
    nothing = low > high
    low, high = np.where(nothing, 0.0, low), np.where(nothing, 0.0, high)
    low = np.where((low > 0.0) & (low < 0.5 * high), 0.0, low)
    high = np.where((high < 0.0) & (high > 0.5 * low), 0.0, high)
    scale = _short(np.where(high > low, (high - low) / (LARGEST - 2), 1.0))
    near = (low <= 0.0) & (high >= 0.0)
    offset = np.where(near, np.floor(low / scale) * scale, low)
    steps = np.rint((np.where(known, rows, 0.0) - offset[:, None]) / scale[:, None])
    codes = np.where(known, np.clip(steps, 0, LARGEST), NOTHING)
    return codes.astype(np.uint16), scale, offset


def _short(values: Floats) -> Floats:
    """Numbers with as many digits as quantisation needs, so that both sides read the same."""
    return np.asarray([float(f"{value:.9g}") for value in values])


def unpack(data: bytes) -> tuple[dict[str, Any], dict[int, Floats]]:
    """Header and blocks by their place, as the browser sees them.

    Raises
    ------
    CodecError
        Bytes of another kind or format, or cut off.
    """
    try:
        data = zlib.decompress(data)
        size = int.from_bytes(data[:_LENGTH], "little")
        header = json.loads(data[_LENGTH : _LENGTH + size])
    except (zlib.error, UnicodeDecodeError, json.JSONDecodeError):
        raise CodecError("payload: damaged, or none; make it with visualization.payload") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise CodecError(f"payload: format {FORMAT} expected; encode it again with this version")
    codes = np.frombuffer(data, dtype="<u2", offset=_LENGTH + size)
    return header, {entry["at"]: _values(entry, codes) for entry in _blocks(header)}


def _blocks(part: Any) -> list[dict[str, Any]]:
    """Entries of all blocks inside a header."""
    if isinstance(part, dict):
        if {"at", "shape", "scale", "offset"} <= part.keys():
            return [part]
        return [entry for value in part.values() for entry in _blocks(value)]
    return [entry for value in part for entry in _blocks(value)] if isinstance(part, list) else []


def _values(entry: Mapping[str, Any], codes: NDArray[np.uint16]) -> Floats:
    count = int(np.prod(entry["shape"]))
    mine = codes[entry["at"] : entry["at"] + count]
    if mine.size < count:
        raise CodecError("payload: it is cut off; send all of its bytes")
    rows = mine.reshape(len(entry["scale"]), -1).astype(np.float64)
    scale, offset = np.asarray(entry["scale"])[:, None], np.asarray(entry["offset"]).reshape(-1, 1)
    return np.asarray(np.where(rows == NOTHING, np.nan, offset + scale * rows).reshape(entry["shape"]))
