"""The doctor: each thing damaged on purpose is found, told in a sentence, and mended; what answers then is right."""

import json
import os
import random
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

import qa.doctor
import qa.library
import qa.visit
from qa.catalog import FILE, SEGMENTS, Catalog
from qa.editions import FOLDER as MODELS
from qa.errors import CatalogError, SettingsError
from qa.judgements import FILE as JUDGEMENTS
from qa.library import Library
from qa.printing import MESSAGES
from qa.visit import Visit, examine
from tests.conftest import WordEncoder, done, sanad, write_files

WORDS = "kazakhstan oil europe war president election won"
FILL = " Here follow plain words that nobody asks for, so that the passage is as long as a paragraph is." * 3
TEXTS = {
    "oil.txt": f"Kazakhstan sells oil to Europe.{FILL}\n\nThe pipeline of the president is long.{FILL}\n",
    "war.txt": f"Nobody wins a war. The president said so.{FILL}\n",
    "vote.txt": f"An election was held. The president won the election.{FILL}\n",
}
QUESTIONS = ("who won the election", "oil to europe", "president of the pipeline")


@pytest.fixture
def encoders(monkeypatch: pytest.MonkeyPatch) -> dict[str, WordEncoder]:
    found = {"one": WordEncoder(WORDS, "one"), "two": WordEncoder(WORDS + " pipeline", "two")}
    for module in (qa.library, qa.visit):
        monkeypatch.setattr(module, "load_encoder", found.__getitem__)
        monkeypatch.setattr(module, "BUILT_IN", "one")
    return found


@pytest.fixture
def folder(tmp_path: Path, index: Path, encoders: dict[str, WordEncoder]) -> Path:
    folder = write_files(tmp_path / "docs", TEXTS)
    Library.open(folder, index).update()
    return folder


def run(place: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(place / FILE) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute(statement, values)
    db.close()


def told(visit: Visit) -> str:
    return "\n".join(finding.message for finding in visit.findings)


def assert_mended(folder: Path, index: Path, *parts: str) -> Visit:
    """Check that the damage is found and mended, and that the answers are those of a fresh build."""
    found = examine(folder, index)
    assert found.findings
    assert all(part in told(found) for part in parts), told(found)
    assert all(finding.message.endswith(".") and "\n" not in finding.message for finding in found.findings)
    visit = examine(folder, index, repair=True)
    assert visit.repairs
    assert not visit.findings, told(visit)
    assert examine(folder, index).findings == ()
    assert_fresh(folder, index)
    return visit


def assert_fresh(folder: Path, index: Path) -> None:
    mended = Library.open(folder, index)
    fresh = Library(folder, Catalog(index.with_name("fresh")), mended.encoder)
    fresh.update()
    assert [mended.ask(question, 9) for question in QUESTIONS] == [fresh.ask(question, 9) for question in QUESTIONS]
    shutil.rmtree(index.with_name("fresh"))


def test_a_sound_index_has_nothing_to_tell_and_repair_does_nothing(folder: Path, index: Path) -> None:
    before = {file: file.read_bytes() for file in index.rglob("*") if file.is_file()}
    visit = examine(folder, index, repair=True)
    assert (visit.findings, visit.repairs) == ((), ())
    assert [(kept.model, kept.answers, kept.documents) for kept in visit.editions] == [("one", True, 3)]
    assert {file: file.read_bytes() for file in index.rglob("*") if file.is_file()} == before


def test_a_missing_index_is_built(tmp_path: Path, index: Path, encoders) -> None:
    folder = write_files(tmp_path / "docs", TEXTS)
    assert_mended(folder, index, f"There is no index in {index}: build it.")


def test_files_that_changed_are_told_and_followed(folder: Path, index: Path) -> None:
    write_files(folder, {"new.txt": "The sea is far.", "oil.txt": "Oil is dear."})
    (folder / "war.txt").unlink()
    (folder / "odd.txt").write_bytes(bytes(99))
    visit = assert_mended(folder, index, "new.txt is in", "oil.txt was changed", "war.txt is in the index but")
    assert [skip.path for skip in visit.skipped] == ["odd.txt"]


NAN = np.full(7, np.nan, np.float32).tobytes()
ROWS: list[tuple[str, tuple[object, ...], str]] = [
    ("UPDATE texts SET text = replace(text, 'nobody', 'no body')", (), "its text is not as it was written"),
    ("UPDATE texts SET text = CAST(x'ff41' AS TEXT)", (), "its text is not as it was written"),
    ("DELETE FROM texts", (), "its text is missing"),
    ("UPDATE documents SET title = 'Another title'", (), "its text is not as it was written"),
    ("UPDATE documents SET digest = 'x'", (), "its text is not as it was written"),
    ("UPDATE documents SET headings = x'00'", (), "its text is not as it was written"),
    ("UPDATE documents SET headings = zeroblob(16)", (), "its text is not as it was written"),
    ("UPDATE documents SET passages = 7", (), "of its 7 passages"),
    ("DELETE FROM passages WHERE number = 1", (), "or they are out of order"),
    ("UPDATE passages SET start = 5", (), "another text than it was embedded for"),
    ('UPDATE passages SET "end" = 99999', (), "reaches beyond the text"),
    ("UPDATE passages SET start = -3", (), "reaches beyond the text"),
    ("UPDATE passages SET vector = x''", (), "a vector of 0 numbers, not 7"),
    ("UPDATE passages SET vector = x'0000803f'", (), "a vector of 1 numbers, not 7"),
    ("UPDATE passages SET vector = x'00'", (), "cannot be read"),
    ("UPDATE passages SET vector = ?", (NAN,), "a vector that is not finite"),
    ("UPDATE passages SET vector = ?", (np.ones(7, np.float32).tobytes(),), "a vector of length 2.646, not 1"),
    ("UPDATE passages SET vector = ?", (np.eye(7, dtype=np.float32)[6].tobytes(),), "is not as it was written"),
    ("UPDATE passages SET vector = ?", (bytes(28),), "is not as it was written"),
    ("UPDATE passages SET sentences = x'00'", (), "cannot be read"),
    ("UPDATE passages SET language = 'xx'", (), "is not as it was written"),
    ("UPDATE passages SET digest = 'x'", (), "another text than it was embedded for"),
    ("DELETE FROM documents WHERE path = 'oil.txt'", (), "there are passages of 1 documents that do not exist"),
    ("INSERT INTO texts VALUES (12345, 'text', 0)", (), "there are texts of 1 documents that do not exist"),
    ("UPDATE settings SET value = 'f' WHERE key = 'splitter'", (), "must be rebuilt"),
]


@pytest.mark.parametrize(("statement", "values", "part"), ROWS)
@pytest.mark.parametrize("derived", [True, False])
def test_rows_that_are_not_as_they_were_written(
    folder: Path, index: Path, statement: str, values: tuple[object, ...], part: str, derived: bool
) -> None:
    if not derived:
        shutil.rmtree(index / SEGMENTS)
    run(index, statement, *values)
    assert_mended(folder, index, part)


def test_damaged_rows_never_answer(folder: Path, index: Path) -> None:
    shutil.rmtree(index / SEGMENTS)
    run(index, "UPDATE passages SET vector = ?", np.eye(7, dtype=np.float32)[6].tobytes())
    with pytest.raises(CatalogError, match="passage 1 of a document is not as it was written"):
        Library.open(folder, index).ask("oil")


def test_only_damaged_passages_are_embedded_again(folder: Path, index: Path, encoders) -> None:
    run(index, "UPDATE passages SET vector = x'' WHERE number = 2")
    before = len(encoders["one"].encoded)
    visit = examine(folder, index, repair=True)
    assert encoders["one"].encoded[before:] == [TEXTS["oil.txt"].split("\n\n")[1].strip()]
    assert not visit.findings


def test_a_damaged_passage_of_a_file_that_cannot_be_read_is_mended_from_the_stored_text(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Library.open(folder, index).ask("oil")
    run(index, "UPDATE passages SET vector = x'' WHERE number = 2")
    opened, asked = os.open, []

    def fail(place: str, *flags: int) -> int:
        if place == os.path.realpath(folder / "oil.txt"):
            asked.append(place)
            raise OSError(5, "Input/output error")
        return opened(place, *flags)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)
        examine(folder, index, repair=True)
    assert asked
    assert [hit.text for hit in Library.open(folder, index).ask("oil").hits] == [hit.text for hit in expected.hits]


def test_an_index_of_a_newer_version_is_not_touched(folder: Path, index: Path) -> None:
    run(index, "UPDATE settings SET value = 999 WHERE key = 'format'")
    before = (index / FILE).read_bytes()
    with pytest.raises(CatalogError, match="newer Sanad"):
        examine(folder, index, repair=True)
    assert (index / FILE).read_bytes() == before


@pytest.mark.parametrize("damage", ["rows", "file"])
def test_the_index_of_another_model_is_looked_through_too(folder: Path, index: Path, encoders, damage: str) -> None:
    Library.open(folder, index, "two").update(switch=False)
    (place,) = (index / MODELS).iterdir()
    if damage == "rows":
        run(place, "UPDATE passages SET vector = ?", NAN)
    else:
        (place / FILE).write_bytes(b"x")
    assert_mended(folder, index, str(place))
    Library.open(folder, index, "two").update()
    assert examine(folder, index).findings == ()
    assert_fresh(folder, index)


def test_lines_that_are_no_judgements_are_kept_beside_the_others(folder: Path, index: Path) -> None:
    good = '{"lang": "en", "question": "oil?", "document": null, "contains": []}\n'
    (index / JUDGEMENTS).write_text(good + "my own note\n")
    visit = assert_mended(folder, index, "eval cannot read")
    (aside,) = index.glob(f"{JUDGEMENTS}.damaged-*")
    assert ((index / JUDGEMENTS).read_text(), aside.read_text()) == (good, "my own note\n")
    assert str(aside) in visit.repairs[0]


def test_a_disk_that_is_almost_full_is_told(folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(index)._replace(free=2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: full)
    visit = examine(folder, index, repair=True)
    assert [finding.kind for finding in visit.findings] == ["space"]
    assert "has 1 MB left" in told(visit)


def test_random_bits_of_the_catalog_are_harmless_or_found_and_mended(folder: Path, index: Path) -> None:
    generator, whole = random.Random(5), (index / FILE).read_bytes()
    used = [place for place, byte in enumerate(whole) if byte and place > 100]
    found = 0
    for _ in range(24):
        content = bytearray(whole)
        content[generator.choice(used)] ^= 1 << generator.randrange(8)
        (index / FILE).write_bytes(content)
        visit = examine(folder, index, repair=True)
        if [finding.kind for finding in visit.findings] == ["source"]:  # which may well be another folder's
            continue
        assert not visit.findings, told(visit)
        found += bool(visit.repairs)
        assert_fresh(folder, index)
        for aside in index.glob("*.damaged-*"):
            aside.unlink()
    assert found > 6


def test_the_command_tells_mends_and_drops(tmp_path: Path) -> None:
    place = (write_files(tmp_path / "docs", TEXTS), "--index", tmp_path / "i")
    done("build", *place)
    assert "model built-in: answers, 3 documents, 0." in sanad("doctor", *place).stderr
    run(tmp_path / "i", "UPDATE passages SET vector = x''")
    found = sanad("doctor", *place, "--json")
    assert found.returncode == 1
    assert list(json.loads(found.stdout)) == ["healthy", "findings", "repairs", "skipped", "models"]
    mended = json.loads(done("doctor", *place, "--repair", "--json"))
    assert (mended["healthy"], mended["findings"]) == (True, [])
    assert len(mended["repairs"]) == 2
    assert [kept["model"] for kept in mended["models"]] == ["built-in"]
    refused = sanad("doctor", *place, "--drop", "built-in")
    assert (refused.returncode, "is in use" in refused.stderr) == (1, True)


def test_of_many_findings_the_command_prints_the_first(tmp_path: Path) -> None:
    place = (write_files(tmp_path / "docs", TEXTS), "--index", tmp_path / "i")
    done("build", *place)
    write_files(tmp_path / "docs", {f"new{n:03}.txt": f"The oil of {n}." for n in range(MESSAGES + 20)})
    told = sanad("doctor", *place).stdout.splitlines()
    assert (len(told), told[-1]) == (MESSAGES + 1, "20 more like these: --json lists them all.")
    assert len(json.loads(sanad("doctor", *place, "--json").stdout)["findings"]) == MESSAGES + 20


def test_what_is_dropped_is_gone_before_the_visit(folder: Path, index: Path) -> None:
    Library.open(folder, index, "two").update(switch=False)
    assert [kept.model for kept in examine(folder, index).editions] == ["one", "two"]
    visit = examine(folder, index, drop="two")
    assert ([kept.model for kept in visit.editions], visit.repairs) == (["one"], ("The index of two was removed.",))
    with pytest.raises(SettingsError, match="no index of the model two"):
        examine(folder, index, drop="two")


def test_the_index_of_a_locked_catalog_is_not_called_damaged(folder: Path, index: Path) -> None:
    with Catalog(index).alone():
        assert examine(folder, index).findings == ()
