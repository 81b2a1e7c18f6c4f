"""The command line from beginning to end: what was typed, the settings, the command, and its exit status."""

import errno
import os
import sys
from collections.abc import Callable, Sequence

from embeddings.errors import SanadError
from qa import commands
from qa.arguments import Arguments, read_arguments
from qa.commands import DONE, FAILED, INTERRUPTED
from qa.printing import error_text
from qa.settings import Settings, read_settings
from qa.terminal import hush, say, speak_unicode

COMMANDS: dict[str, Callable[[Arguments, Settings], int]] = {
    "build": commands.build,
    "ask": commands.ask,
    "eval": commands.measure,
    "serve": commands.serve,
    "doctor": commands.doctor,
}
SERVED = ("host", "port", "allow_upload", "public_url")  # settings that only `serve` has
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(typed: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed with a message, 2 wrong usage, 130 interrupted."""
    if typed is None:
        speak_unicode()
    arguments = read_arguments(typed)
    try:
        status = COMMANDS[arguments.command](arguments, _settings(arguments))
        sys.stdout.flush()
        return status
    except SanadError as error:
        say(error_text(error))
        return FAILED
    except KeyboardInterrupt:
        say("sanad: Stopped. What is indexed is kept; the next build continues from there.")
        return INTERRUPTED
    except MemoryError:
        say("sanad: There is not enough memory: close other programs. What is indexed is kept.")
        return FAILED
    except BrokenPipeError:  # the program that reads the output, such as head, has stopped
        hush()
        return DONE
    except OSError as error:
        if error.filename is not None or error.errno not in FULL:
            raise
        hush()
        say(f"sanad: The output cannot be written ({error.strerror}): free some space, or send it elsewhere.")
        return FAILED


def _settings(arguments: Arguments) -> Settings:
    """Read the settings; those that only `serve` has may be anything in the environment of another command."""
    unread = () if arguments.command == "serve" else tuple(f"SANAD_{name.upper()}" for name in SERVED)
    environment = {name: value for name, value in os.environ.items() if name not in unread}
    return read_settings(
        {name: getattr(arguments, name) for name in ("folder", "index", "model", *SERVED)}, environment
    )
