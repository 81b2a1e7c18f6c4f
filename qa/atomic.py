"""Write a small file beside the index whole or not at all: a crash or a full disk leaves the old one."""

import contextlib
import os
from pathlib import Path


def write_atomically(file: Path, content: bytes) -> None:
    """Put `content` in place of what the file holds; raise OSError where that cannot be, with the old one in place."""
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
