"""A dataclass of numpy arrays as one file, mapped into memory when it is read, each array with its checksum."""

import dataclasses
import json
import math
import mmap
import secrets
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

import numpy as np
import numpy.typing as npt

MAGIC = b"SANAD 1\n"
ALIGNED = 64  # bytes; an array begins at a multiple, which vector instructions prefer
_HEAD = len(MAGIC) + 8

Made = TypeVar("Made")
Array = npt.NDArray[Any]


class ArrayFileError(Exception):
    """The file is not an array file, is damaged, or was made by other code."""


class OtherCodeError(ArrayFileError):
    """The file is intact, but was made by other code."""


def write_arrays(place: Path, value: object, stamp: str) -> None:
    """Write a dataclass of arrays, or of such dataclasses, to a file, whole or not at all; raise OSError.

    It is not forced to disk: after a loss of power, the checksums show whether it is intact.
    """
    arrays = dict(_flatten(value))
    table, end = {}, 0
    for name, array in arrays.items():
        table[name] = (array.dtype.str, array.shape, end, zlib.crc32(_bytes(array)))
        end = _aligned(end + array.nbytes)
    header = json.dumps({"stamp": stamp, "arrays": table, "size": end}).encode()
    place.parent.mkdir(parents=True, exist_ok=True)
    written = place.with_name(f".{secrets.token_hex(8)}")
    try:
        with written.open("xb") as file:
            file.write(MAGIC + len(header).to_bytes(4, "little") + zlib.crc32(header).to_bytes(4, "little") + header)
            for array in arrays.values():
                file.write(bytes(_aligned(file.tell()) - file.tell()))
                file.write(_bytes(array))
            file.truncate(_aligned(_HEAD + len(header)) + end)
        written.replace(place)
    finally:
        written.unlink(missing_ok=True)


def read_arrays(place: Path, kind: type[Made], stamp: str, *, part: str = "") -> Made:
    """Return the dataclass that was written, its arrays mapped from the file and checked.

    With `part`, read only the field of that name. Raise ArrayFileError where the file is damaged or has another stamp,
    OSError where it cannot be read.
    """
    with place.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise ArrayFileError("it is empty") from None
    table, start = _read_header(mapped, stamp)
    return cast("Made", _assemble(kind, part, lambda name: _read_array(mapped, start, table, name)))


def _read_header(mapped: mmap.mmap, stamp: str) -> tuple[dict[str, list[Any]], int]:
    length, crc = (int.from_bytes(mapped[at : at + 4], "little") for at in (len(MAGIC), len(MAGIC) + 4))
    text = mapped[_HEAD : _HEAD + length]
    if mapped[: len(MAGIC)] != MAGIC or not text or len(text) != length or zlib.crc32(text) != crc:
        raise ArrayFileError("its header is damaged")
    header = json.loads(text)
    start = _aligned(_HEAD + length)
    if header["stamp"] != stamp:
        raise OtherCodeError("other code made it")
    if start + header["size"] != len(mapped):
        raise ArrayFileError("it is not whole")
    return header["arrays"], start


def _read_array(mapped: mmap.mmap, start: int, table: dict[str, list[Any]], name: str) -> Array:
    if name not in table:
        raise ArrayFileError(f"it has no array {name}")
    dtype, shape, offset, crc = table[name]
    size = math.prod(shape)
    array = np.frombuffer(mapped, dtype, size, start + offset) if size else np.empty(0, dtype)
    if zlib.crc32(_bytes(array)) != crc:
        raise ArrayFileError(f"its array {name} is damaged")
    return array.reshape(shape)


def _flatten(value: object, prefix: str = "") -> Iterator[tuple[str, Array]]:
    if isinstance(value, np.ndarray):
        yield prefix, value
    else:
        for field in dataclasses.fields(value):  # type: ignore[arg-type]
            yield from _flatten(getattr(value, field.name), f"{prefix}.{field.name}")


def _assemble(kind: Callable[..., object], prefix: str, read: Callable[[str], Array]) -> object:
    if not dataclasses.is_dataclass(kind):
        return read(prefix)
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    return kind(*(_assemble(hints[name], f"{prefix}.{name}", read) for name in names))


def _bytes(array: Array) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNED) * ALIGNED
