"""What a user can set: the command line overrides the environment, the environment the defaults."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from qa.editions import Editions
from qa.errors import SettingsError

DEFAULTS = {"folder": "seeds", "host": "127.0.0.1", "port": "7860", "allow_upload": "no"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Which documents are searched, where their index is, with which model, and where the chat is served."""

    folder: Path
    index: Path
    model: str | None  # None stands for the model of the index, or else the built-in one
    host: str
    port: int
    allow_upload: bool  # whether visitors of the page may add files to the folder
    public_url: str  # where a proxy in front of the chat makes it known, empty where there is none


def read_settings(given: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Return the settings: each one as given, else from SANAD_FOLDER, SANAD_INDEX and so on, else its default.

    An index named without a folder stands for the folder that it was made from. Raise SettingsError where a value is
    invalid.
    """

    def value(name: str) -> str | None:
        return given.get(name) or environment.get(f"SANAD_{name.upper()}") or None

    index, named = (_at_home(value(name)) for name in ("index", "folder"))
    source = Editions(Path(index)).current().source() if index and not named else None
    folder = Path(named or source or DEFAULTS["folder"])
    return Settings(
        folder,
        Path(index) if index else default_index(folder, environment),
        value("model"),
        value("host") or DEFAULTS["host"],
        read_port(value("port") or DEFAULTS["port"]),
        _yes("allow_upload", value("allow_upload") or DEFAULTS["allow_upload"]),
        read_url(value("public_url") or ""),
    )


def _at_home(path: str | None) -> str | None:
    """Return a path whose `~` stands for a home folder: a shell leaves it alone in `--index=~/x`, Docker everywhere."""
    return path and os.path.expanduser(path)


def default_index(folder: Path, environment: Mapping[str, str]) -> Path:
    """Return where the index of `folder` is kept: in the user's cache, since documents are never written to."""
    cache = Path(environment.get("XDG_CACHE_HOME") or _home(environment) / ".cache")
    place = Path(os.path.abspath(folder))  # the same for docs and ../here/docs
    digest = hashlib.sha256(str(place).encode("utf-8", "surrogateescape")).hexdigest()
    return cache / "sanad" / f"{place.name}-{digest[:12]}"


def _home(environment: Mapping[str, str]) -> Path:
    """Return the user's own folder; raise SettingsError where neither the environment nor the system knows it."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    if home:
        return Path(home)
    try:
        import pwd  # not on every system

        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except (ImportError, KeyError):
        raise SettingsError(
            "Your home folder is not known, so there is no place for an index: set HOME or XDG_CACHE_HOME, "
            "or name a folder with --index."
        ) from None


def read_port(text: str) -> int:
    """Return the number of a port; raise SettingsError where it is none."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"{text!r} is not a port: give a number from 1 to 65535.")
    return int(text)


def read_url(text: str) -> str:
    """Return the address of a page, or nothing, without a slash at its end; raise SettingsError for anything else."""
    try:
        url = urlsplit(text)
        plain = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        plain = False
    if text and (not plain or set(text) & set("?#@ ") or not text.isascii()):
        raise SettingsError(f"{text!r} is not the address of a page: give one such as https://docs.example.org/sanad.")
    return text.rstrip("/")


def _yes(name: str, text: str) -> bool:
    words = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
    if text.lower() not in words:
        raise SettingsError(f"SANAD_{name.upper()} is {text!r}: say yes or no.")
    return words[text.lower()]
