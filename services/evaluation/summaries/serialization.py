"""Arrays of numbers and summaries as compact bytes, and back."""

import zlib
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from services.errors import Corrupt
from services.evaluation.exact_sums import ExactSums

Packed = TypeVar("Packed")
_Scalar = TypeVar("_Scalar", np.float64, np.int64)


def pack_array(values: NDArray[Any]) -> bytes:
    """Compressed bytes of an array of 8-byte numbers; its shape is the reader's business.

    Bytes of the same significance stand together, which lets zlib see that they are alike.
    """
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    planes = little.view(np.uint8).reshape(-1, 8).T
    return zlib.compress(planes.tobytes(), level=1)


def unpack_array(packed: bytes, dtype: type[_Scalar]) -> NDArray[_Scalar]:
    """The numbers that `pack_array` packed, shape (n,); Corrupt if they are damaged."""
    try:
        planes = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(8, -1)
    except (zlib.error, ValueError) as error:
        raise Corrupt("a stored summary's numbers cannot be decoded", details=repr(error)) from error
    little = np.ascontiguousarray(planes.T).view(np.dtype(dtype).newbyteorder("<"))
    return little.reshape(-1).astype(dtype, copy=False)


def pack_integer(value: int) -> bytes:
    """A signed integer of any size."""
    return value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)


def unpack_sums(packed: Sequence[bytes], quantities: int) -> ExactSums:
    """Totals that `pack_integer` packed; Corrupt if they are not so many."""
    if len(packed) != quantities:
        raise Corrupt(f"a stored summary has {len(packed)} totals where it needs {quantities}")
    return ExactSums(int.from_bytes(total, "little", signed=True) for total in packed)


def encode(state: msgspec.Struct) -> bytes:
    """A summary's state as MessagePack."""
    return msgspec.msgpack.encode(state)


def decode(packed: bytes, decoder: msgspec.msgpack.Decoder[Packed]) -> Packed:
    """A summary's state; Corrupt if the bytes are not what the decoder reads."""
    try:
        return decoder.decode(packed)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Corrupt("a stored summary cannot be decoded", details=repr(error)) from error
