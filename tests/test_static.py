"""The built-in model in numpy: what sentence-transformers makes of the same folder, and its failures."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from embeddings.errors import ModelError
from embeddings.static import BUILT_IN, MODEL, StaticEncoder, unit
from tests.conftest import SEEDS

TEXTS = [
    "Who won the presidential election in Kazakhstan?",
    "Кто победил на выборах президента Казахстана?",
    "Қазақстандағы президент сайлауында кім жеңді?",
    "Kazakistan'daki cumhurbaşkanlığı seçimini kim kazandı? İstanbul, ışık",
    "من فاز في الانتخابات الرئاسية في كازاخستان؟ ٨١٫٣٪ وقال: «نَعَمْ»",
    "چه کسی در انتخابات ریاست‌جمهوری قزاقستان پیروز شد؟ می خواهم کتاب ها را ۱۴۰۱",
    "Wer gewann die Präsidentschaftswahl in Kasachstan? Straße",
    "Qui a remporté l'élection présidentielle au Kazakhstan ? œuvre, élève",
]  # fmt: skip


def seed_lines() -> list[str]:
    return [line for file in sorted(SEEDS.iterdir()) for line in file.read_text("utf-8").splitlines() if line.strip()]


def test_sentence_transformers_gives_the_same_vectors(encoder: StaticEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    texts = [*TEXTS, *seed_lines()]
    expected = SentenceTransformer(str(MODEL), device="cpu").encode(texts)
    np.testing.assert_allclose(encoder.encode_passages(texts), expected, atol=1e-3)


def test_vectors_are_unit_rows_of_float32(encoder: StaticEncoder) -> None:
    vectors = encoder.encode_questions(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), encoder.dim), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_vector_is_the_sum_of_its_tokens_divided_by_its_length(encoder: StaticEncoder) -> None:
    for text in TEXTS:
        summed = sum(encoder.table[token].astype(np.float64) for token in encoder.tokenize([text]).ids)
        np.testing.assert_allclose(encoder.encode_passages([text])[0], summed / np.linalg.norm(summed), atol=1e-4)


def test_texts_do_not_depend_on_those_encoded_with_or_before_them(encoder: StaticEncoder) -> None:
    fresh = StaticEncoder.load()
    texts = [*TEXTS, *seed_lines()] * 5
    together = encoder.encode_passages(texts)
    assert np.array_equal(together, encoder.encode_passages(texts))
    np.testing.assert_allclose(together[-9:], [fresh.encode_passages([text])[0] for text in texts[-9:]], atol=1e-6)


def test_spelling_does_not_change_a_vector(encoder: StaticEncoder) -> None:
    one, other = encoder.encode_passages(["رئیس‌جمهور قزاقستان ۸۱", "رئيس\u200cجمهور قـــزاقستان 81"])
    assert np.array_equal(one, other)


def test_a_translation_is_nearer_than_another_question(encoder: StaticEncoder) -> None:
    asked = encoder.encode_questions(["Who won the election?", "How much does oil cost?"])
    told = encoder.encode_passages(["Кто победил на выборах?", "Сколько стоит нефть?"])
    products = asked @ told.T
    assert (products.argmax(axis=1) == [0, 1]).all()


@pytest.mark.parametrize("texts", [[], [""], ["", "؟", "a"]])
def test_texts_without_tokens_are_rows_of_zeros(encoder: StaticEncoder, texts: list[str]) -> None:
    vectors = encoder.encode_passages(texts)
    assert vectors.shape == (len(texts), encoder.dim)
    assert [bool(row.any()) for row in vectors] == [text == "a" for text in texts]


def test_unit_leaves_zeros_and_divides_the_rest() -> None:
    np.testing.assert_allclose(unit(np.array([[3, 4], [0, 0]], np.float32)), [[0.6, 0.8], [0, 0]], atol=1e-6)


def test_every_token_fits_the_table_and_the_type_it_is_kept_in(encoder: StaticEncoder) -> None:
    assert len(encoder.table) <= 2**16
    assert encoder.tokenize(seed_lines()).ids.max() < len(encoder.table)


def test_the_name_and_fingerprint_are_those_of_the_files(encoder: StaticEncoder, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(MODEL, tmp_path / "model"))
    assert StaticEncoder.load(copy).fingerprint == encoder.fingerprint
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert StaticEncoder.load(copy).fingerprint != encoder.fingerprint
    assert encoder.name == BUILT_IN


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("content", [None, b"", b"garbage" * 9, b"{}"])
def test_a_damaged_folder_is_named_in_one_sentence(tmp_path: Path, name: str, content: bytes | None) -> None:
    for file in ("model.safetensors", "tokenizer.json"):
        (tmp_path / file).symlink_to(MODEL / file)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match="install Sanad again") as raised:
        StaticEncoder.load(tmp_path)
    assert str(tmp_path) in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "When did the president visit Astana?",
        "Когда президент посетил Астану?",
        "Президент Астанаға қашан келді?",
        "Cumhurbaşkanı Astana'yı ne zaman ziyaret etti?",
        "متى زار الرئيس أستانا؟",
        "رئیس جمهور کی به آستانه رفت؟",
    ],
)
def test_the_model_reads_the_languages_it_was_made_for(encoder: StaticEncoder, text: str) -> None:
    assert encoder.fluency(text) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "Πότε επισκέφθηκε ο πρόεδρος την Αστάνα;",
        "राष्ट्रपति अस्ताना कब गए?",
        "总统何时访问阿斯塔纳",
        "",
        "12345",
        "۱۴۰۱/۹/۱۱",
    ],
)
def test_the_model_does_not_read_others(encoder: StaticEncoder, text: str) -> None:
    assert encoder.fluency(text) < 0.2
