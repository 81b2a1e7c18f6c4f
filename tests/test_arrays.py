"""Arrays in a file: what is written is read again, and whatever happened to the file is noticed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.arrays import ArrayFileError, read_arrays, write_arrays


@dataclass(frozen=True, slots=True)
class Inner:
    """Arrays below others."""

    words: npt.NDArray[np.bytes_]
    nothing: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outer:
    """Arrays and what holds more of them."""

    numbers: npt.NDArray[np.int64]
    inner: Inner
    pairs: npt.NDArray[np.uint16]


VALUE = Outer(
    np.arange(1000),
    Inner(np.array([b"one", b"three"]), np.empty((0, 4), np.float32)),
    np.array([[1, 2], [3, 65535]], np.uint16),
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_arrays(tmp_path / "folder" / "a.segment", VALUE, "stamp")
    return tmp_path / "folder" / "a.segment"


def assert_same(found: Outer) -> None:
    pairs = [(found.numbers, VALUE.numbers), (found.pairs, VALUE.pairs)]
    pairs += [(found.inner.words, VALUE.inner.words), (found.inner.nothing, VALUE.inner.nothing)]
    for one, other in pairs:
        assert (one.dtype, one.shape, one.tolist()) == (other.dtype, other.shape, other.tolist())


def test_what_is_written_is_read_again_whole_or_in_part(place: Path) -> None:
    assert_same(read_arrays(place, Outer, "stamp"))
    assert read_arrays(place, Inner, "stamp", part=".inner").words.tolist() == [b"one", b"three"]
    assert [file.name for file in place.parent.iterdir()] == ["a.segment"]


def test_what_is_read_stays_when_its_file_is_removed_or_replaced(place: Path) -> None:
    found = read_arrays(place, Outer, "stamp")
    write_arrays(place, Inner(VALUE.inner.words, VALUE.inner.nothing), "other")
    assert_same(found)
    place.unlink()
    assert_same(found)


def test_what_other_code_made_is_refused(place: Path) -> None:
    with pytest.raises(ArrayFileError, match="other code"):
        read_arrays(place, Outer, "another stamp")


def test_an_array_that_is_missing_is_said(place: Path) -> None:
    with pytest.raises(ArrayFileError, match=r"it has no array \.words"):
        read_arrays(place, Inner, "stamp")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_no_damage_is_read_as_if_it_were_whole(place: Path, data: st.DataObject) -> None:
    content = bytearray(place.read_bytes())
    how, at = data.draw(st.sampled_from(["cut", "flip", "zero", "longer"])), data.draw(st.integers(0, len(content) - 1))
    if how == "cut":
        del content[at:]
    elif how == "longer":
        content += b"x"
    elif how == "zero":
        content[at : at + 512] = bytes(len(content[at : at + 512]))
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    damaged = place.with_name("damaged")
    damaged.write_bytes(content)
    try:
        assert_same(read_arrays(damaged, Outer, "stamp"))  # what lies between two arrays says nothing
    except ArrayFileError:
        pass
    else:
        assert how in ("flip", "zero")


def test_a_write_that_fails_leaves_the_file_as_it_was(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_arrays(place, VALUE, "other")
    assert_same(read_arrays(place, Outer, "stamp"))
    assert [file.name for file in place.parent.iterdir()] == ["a.segment"]
