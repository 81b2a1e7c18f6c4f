"""A small file that is replaced: whole or not at all, and open to those to whom it was before."""

import os
from pathlib import Path

import pytest

from qa.atomic import write_atomically


def test_what_is_written_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "new" / "a.txt"
    for content in (b"one", b"two"):
        write_atomically(file, content)
        assert file.read_bytes() == content
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_that_others_may_not_read_stays_so(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"one")
    file.chmod(mode)
    write_atomically(file, b"two")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"two", mode)


def test_what_is_written_is_on_disk_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda *given: (calls.append("fsync"), fsync(*given)))
    monkeypatch.setattr(os, "replace", lambda *given: (calls.append("replace"), replace(*given)))
    write_atomically(tmp_path / "a.txt", b"one")
    assert calls == ["fsync", "replace"]


def test_a_place_that_cannot_be_taken_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        write_atomically(tmp_path / "a.txt", b"two")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
