"""Settings: defaults, over them the environment, over that the command line."""

import os
import pwd
from pathlib import Path

import pytest

from qa.catalog import Catalog
from qa.errors import SettingsError
from qa.settings import DEFAULTS, default_index, read_settings
from tests.conftest import WordEncoder, word_library, write_files

NOTHING = dict.fromkeys(("folder", "index", "model", "host", "port", "allow_upload", "public_url"))


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = read_settings(NOTHING, {"HOME": str(tmp_path)})
    assert (str(settings.folder), settings.model, settings.host) == ("seeds", None, "127.0.0.1")
    assert settings.port == int(DEFAULTS["port"]) == 7860
    assert settings.index.is_relative_to(tmp_path / ".cache" / "sanad")


def test_the_environment_goes_before_defaults_and_the_command_line_before_both(tmp_path: Path) -> None:
    environment = {"SANAD_FOLDER": "a", "SANAD_INDEX": str(tmp_path / "i"), "SANAD_MODEL": "m", "SANAD_PORT": "81"}
    settings = read_settings(NOTHING, environment)
    assert (settings.folder, settings.index) == (Path("a"), tmp_path / "i")
    assert (settings.model, settings.host, settings.port) == ("m", "127.0.0.1", 81)
    given = {"folder": "b", "index": "j", "model": "n", "host": "::1", "port": "82"}
    settings = read_settings(given, environment)
    assert (settings.folder, settings.index) == (Path("b"), Path("j"))
    assert (settings.model, settings.host, settings.port) == ("n", "::1", 82)


@pytest.mark.parametrize("name", ["folder", "index", "model", "host", "port"])
def test_an_empty_value_counts_as_none(name: str) -> None:
    plain = read_settings(NOTHING, {"HOME": "/h"})
    assert read_settings({**NOTHING, name: ""}, {"HOME": "/h", f"SANAD_{name.upper()}": ""}) == plain


def test_a_path_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/h")
    given = read_settings({**NOTHING, "index": "~/index"}, {"SANAD_FOLDER": "~/docs"})
    assert (given.folder, given.index) == (Path("/h/docs"), Path("/h/index"))
    assert read_settings({**NOTHING, "folder": "~"}, {"HOME": "/h"}).folder == Path("/h")
    assert read_settings({**NOTHING, "folder": "a/~"}, {"HOME": "/h"}).folder == Path("a/~")


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "80.5", "1e3", " 80"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match="is not a port"):
        read_settings({**NOTHING, "port": port}, {})


@pytest.mark.parametrize("url", ["", "https://docs.example.org/sanad", "http://[::1]:8080", "https://docs.example.org"])
def test_a_public_address_is_kept_without_its_last_slash(url: str) -> None:
    assert read_settings({**NOTHING, "public_url": url}, {}).public_url == url
    assert read_settings(NOTHING, {"SANAD_PUBLIC_URL": url and f"{url}/"}).public_url == url


@pytest.mark.parametrize(
    "url",
    [
        "docs.example.org",
        "/sanad",
        "ftp://a.example",
        "https://",
        "https://a:x",
        "https://a?b",
        "https://u@a",
        "https://[",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="is not the address of a page"):
        read_settings({**NOTHING, "public_url": url}, {})


@pytest.mark.parametrize(
    ("text", "meant"), [("yes", True), ("1", True), ("On", True), ("no", False), ("0", False), ("", False)]
)
def test_uploads_are_allowed_only_by_a_clear_yes(text: str, meant: bool) -> None:
    assert read_settings(NOTHING, {"SANAD_ALLOW_UPLOAD": text}).allow_upload is meant
    assert read_settings({**NOTHING, "allow_upload": "yes"}, {"SANAD_ALLOW_UPLOAD": text}).allow_upload
    with pytest.raises(SettingsError, match="SANAD_ALLOW_UPLOAD is 'perhaps': say yes or no"):
        read_settings(NOTHING, {"SANAD_ALLOW_UPLOAD": "perhaps"})


def test_each_folder_has_an_index_of_its_own_in_the_cache_and_never_within_itself(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": "/elsewhere"}
    one, other = (default_index(tmp_path / name / "docs", environment) for name in "ab")
    assert one != other
    assert one.parent == other.parent == tmp_path / "cache" / "sanad"
    assert one == default_index(tmp_path / "b" / ".." / "a" / "docs", environment)


def test_an_index_named_without_a_folder_is_that_of_the_folder_it_was_made_of(tmp_path: Path, index: Path) -> None:
    docs = write_files(tmp_path / "docs", {"a.txt": "text"})
    word_library(docs, index, WordEncoder("text")).update()
    assert Catalog(index).source() == docs
    assert read_settings({**NOTHING, "index": str(index)}, {}).folder == docs
    assert read_settings({**NOTHING, "index": str(index), "folder": "x"}, {}).folder == Path("x")
    assert read_settings({**NOTHING, "index": str(tmp_path / "none")}, {}).folder == Path("seeds")


def test_without_a_home_in_the_environment_the_system_s_is_used_or_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for environment in ({}, {"HOME": ""}, {"HOME": "", "XDG_CACHE_HOME": ""}):
        found = read_settings(NOTHING, environment).index
        assert found.is_relative_to(Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "sanad")
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 5)
    with pytest.raises(SettingsError, match="set HOME or XDG_CACHE_HOME, or name a folder with --index"):
        read_settings(NOTHING, {"HOME": ""})
    assert read_settings({**NOTHING, "index": "i"}, {}).index == Path("i")
