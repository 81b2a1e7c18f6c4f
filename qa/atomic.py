"""Write a small file whole or not at all: after a crash or on a full disk the old one is still there."""

import contextlib
import os
import shutil
from pathlib import Path


def write_atomically(file: Path, content: bytes) -> None:
    """Replace what `file` holds by `content`, keeping its mode; raise OSError where that fails, and nothing changes."""
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as opened:
            with contextlib.suppress(FileNotFoundError):
                shutil.copymode(file, new)
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(new, file)
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
