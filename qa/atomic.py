"""Write a small file whole or not at all: after a crash or on a full disk the old one is still there."""

import contextlib
import os
from pathlib import Path


def write_atomically(file: Path, content: bytes) -> None:
    """Replace what `file` holds by `content`; raise OSError, with the old content in place, where that fails."""
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(new, file)
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
