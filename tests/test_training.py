"""The training: the folding in the tokenizer file, a tiny run from pairs to a model folder, and its determinism."""

import lzma
import random
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, models

from embeddings.pieces import WordPieces
from embeddings.text import fold
from embeddings.training.__main__ import main
from embeddings.training.batches import IMPORTANCE, take
from embeddings.training.card import write_card, write_model
from embeddings.training.data import LANGUAGES, pair_files, read_pairs, read_sources
from embeddings.training.encoded import encode_pairs
from embeddings.training.spelling import Spellings, spellings
from embeddings.training.table import Table
from embeddings.training.teacher import teacher_texts
from embeddings.training.tokenizer import DAMPED, _sample, empty_tokenizer, folding, learn_tokenizer
from embeddings.training.tokenizer import WORDS as SAMPLED
from embeddings.training.train import Phase, train

SCRIPTS = ((0x20, 0x24F), (0x300, 0x36F), (0x400, 0x52F), (0x600, 0x6FF), (0x750, 0x77F), (0x2000, 0x206F))
FORMS = ((0x1E00, 0x1EFF), (0xFB00, 0xFB06), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF))
LETTERS = [chr(code) for first, last in SCRIPTS + FORMS for code in range(first, last + 1)]
LETTERS = [letter for letter in LETTERS if unicodedata.category(letter) not in ("Cn", "Cs", "Co")]
WORDS = {
    "en": "red green big small house book water bread goes sees buys likes today often".split(),
    "ar": "أحمر أخضر كبير صغير بيت كتاب ماء خبز يذهب يرى يشتري يحب اليوم غالبا".split(),
    "ru": "красный зелёный большой малый дом книга вода хлеб идёт видит покупает любит сегодня часто".split(),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder of small pair files: sentences over a dozen words, each word with its translation."""
    folder = tmp_path_factory.mktemp("data")
    generator = random.Random(0)
    for left, right in (("ar", "en"), ("en", "ru")):
        with lzma.open(folder / f"pairs.{left}-{right}.tsv.xz", "wt", encoding="utf-8", newline="\n") as file:
            for _ in range(400):
                chosen = generator.choices(range(len(WORDS["en"])), k=generator.randint(3, 7))
                sides = ["\t".join(" ".join(WORDS[side][i] for i in chosen) for side in (left, right))]
                file.write("\t".join(["ud-pud", *sides]) + "\n")
            file.write("hadith\tleft out\tleft out\n")
    return folder


def test_the_normalizer_folds_each_character_as_fold_does() -> None:
    normalizer = folding()
    assigned = [chr(c) for c in range(0x10000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    assert [c for c in assigned if normalizer.normalize_str(c) != fold(c)] == []


@given(st.lists(st.one_of(st.text(LETTERS, max_size=8), st.sampled_from(["می", "نمی", "ها", "های", "ترین", "ماه"]))))
@settings(deadline=None, max_examples=400)
def test_the_normalizer_folds_texts_as_fold_does(words: list[str]) -> None:
    normalizer = folding()
    for text in (" ".join(words), "\u200c".join(words), "".join(words)):
        assert normalizer.normalize_str(text) == fold(text)


def test_pieces_are_learnt_from_words_each_by_its_damped_frequency(data: Path) -> None:
    files = [read_pairs(path) for path in pair_files(data)]
    lines = list(_sample(files))
    repeated = {line.split()[0]: len(line.split()) for line in lines}
    assert len(lines) == sum(map(len, WORDS.values()))
    texts = [text for pairs in files for text in (pairs.rights if pairs.right == "en" else pairs.lefts)]
    counts = {word: sum(text.split().count(word) for text in texts) for word in WORDS["en"]}
    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    assert repeated[most] / repeated[least] == pytest.approx((counts[most] / counts[least]) ** DAMPED, rel=1e-3)


def test_words_tokenized_one_by_one_give_the_ids_of_the_whole_text(data: Path) -> None:
    files = [read_pairs(path) for path in pair_files(data)]
    tokenizer = learn_tokenizer(files, pieces=120)
    texts = [*files[0].lefts[:50], *files[1].rights[:50], "Ünknown, «كِتَاب‌ها»! ", "", "?!"]
    ours = WordPieces(Tokenizer.from_str(tokenizer.to_str())).tokenize(texts)
    theirs = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    assert [ours.ids[ours.starts[i] : ours.starts[i + 1]].tolist() for i in range(len(texts))] == theirs


def test_a_source_of_weight_zero_is_left_out_and_an_unknown_one_is_named(data: Path, tmp_path: Path) -> None:
    assert set(read_pairs(data / "pairs.ar-en.tsv.xz").sources) == {"ud-pud"}
    path = tmp_path / "pairs.ar-en.tsv.xz"
    path.write_bytes(lzma.compress(b"nobody\ta\tb\n"))
    with pytest.raises(ValueError, match="'nobody'"):
        read_pairs(path)


def test_a_file_whose_name_is_not_that_of_pairs_is_left_out(data: Path) -> None:
    before = pair_files(data)
    assert [path.name for path in before] == ["pairs.ar-en.tsv.xz", "pairs.en-ru.tsv.xz"]
    strange = ("notes.tsv.xz", "pairs.ar.tsv.xz", "pairs.a-b-c.tsv.xz", "pairs.ar-xx.tsv.xz", "old.ar-en.tsv.xz")
    for name in strange:
        (data / name).write_bytes(b"")
    assert pair_files(data) == before
    for name in strange:
        (data / name).unlink()


def test_every_source_states_a_licence_and_none_forbids_use() -> None:
    used = [source for source in read_sources().values() if source.weight > 0]
    assert all(source.licence and source.origin for source in used)
    assert [s.name for s in used if "research" in s.licence.lower() or "non-commercial" in s.licence.lower()] == []


def test_take_cuts_the_chosen_texts() -> None:
    tokenizer = WordPieces(_letters())
    texts = tokenizer.tokenize(["a b c", "", "b c", "c"])
    taken = take(texts, np.array([2, 0, 1]), 2)
    assert [taken.ids[taken.starts[i] : taken.starts[i + 1]].tolist() for i in range(3)] == [[2, 3], [1, 2], []]


def test_training_lowers_the_loss_and_sentence_transformers_loads_what_it_writes(data: Path, tmp_path: Path) -> None:
    files = [read_pairs(path) for path in pair_files(data)]
    tokenizer = learn_tokenizer(files, pieces=120)
    encoded = encode_pairs(files, tokenizer, tmp_path / "work", [])
    phases = [Phase("tiny", 80, 0.02, pairs=64), Phase("late", 20, 0.005, pairs=32, late=16)]
    table = Table(_spelled(tokenizer), 32, seed=0, device=torch.device("cpu"))
    losses = [loss for phase in phases for loss in train(table, encoded, None, phase)]
    assert np.mean(losses[70:80]) < np.mean(losses[:5]) / 2
    card = write_card(files, phases, pieces=120, dim=32, teacher=False)
    write_model(tmp_path / "model", table.vectors(), tokenizer, card)
    texts = ["red house", "بيت أحمر", "Большой дом!", "كِتَاب صغير", "دار كتاب ها", "book  water, bread", "house"]
    ours = _mean_vectors(tmp_path / "model", texts)
    theirs = SentenceTransformer(str(tmp_path / "model"), device="cpu").encode(texts)
    np.testing.assert_allclose(theirs, ours, atol=1e-3)
    assert (ours[0] @ ours[1:5].T).argmax() == 0  # "red house" is nearest to its translation
    assert "| ud-pud | 800 |" in card


def test_the_teacher_is_followed(data: Path, tmp_path: Path) -> None:
    files = [read_pairs(data / "pairs.en-ru.tsv.xz")]
    texts = teacher_texts(files)
    directions = np.random.default_rng(0).normal(size=(len(WORDS["en"]), 8))
    opinion = np.stack([sum(directions[WORDS["en"].index(word)] for word in text.split()) for text in texts])
    opinion = (opinion / np.linalg.norm(opinion, axis=1, keepdims=True)).astype(np.float16)
    tokenizer = learn_tokenizer(files, pieces=80)
    encoded = encode_pairs(files, tokenizer, tmp_path, texts)
    table = Table(_spelled(tokenizer), 16, seed=0, device=torch.device("cpu"))
    losses = list(train(table, encoded, opinion, Phase("taught", 60, 0.02, pairs=0, taught=64, late=16)))
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) / 2


def test_the_command_gives_the_same_weights_again(data: Path, tmp_path: Path) -> None:
    _command(data, tmp_path / "model", tmp_path / "work")
    first = (tmp_path / "model" / "model.safetensors").read_bytes()
    _command(data, tmp_path / "model", tmp_path / "anew")  # with the tokenizer that is there now
    assert (tmp_path / "model" / "model.safetensors").read_bytes() == first


def test_the_command_goes_on_with_what_is_finished(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _command(data, tmp_path / "model", tmp_path / "work")
    first = (tmp_path / "model" / "model.safetensors").read_bytes()
    assert "step 1 of" in capsys.readouterr().err
    _command(data, tmp_path / "model", tmp_path / "work")
    assert capsys.readouterr().err == ""
    assert (tmp_path / "model" / "model.safetensors").read_bytes() == first


def test_other_texts_of_the_same_number_are_trained_anew(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(data, tmp_path / "data")
    _command(tmp_path / "data", tmp_path / "model", tmp_path / "work")
    file = tmp_path / "data" / "pairs.ar-en.tsv.xz"
    file.write_bytes(lzma.compress(lzma.decompress(file.read_bytes()).replace("كبير".encode(), "صغير".encode())))
    capsys.readouterr()
    _command(tmp_path / "data", tmp_path / "model", tmp_path / "work")
    assert "step 1 of" in capsys.readouterr().err


def test_a_line_that_is_no_pair_is_named(tmp_path: Path) -> None:
    file = tmp_path / "pairs.ar-en.tsv.xz"
    file.write_bytes(lzma.compress(b"ud-pud\ta\tb\nud-pud\ta\n"))
    with pytest.raises(ValueError, match=r"line 2 of .*pairs\.ar-en\.tsv\.xz is not a source and two texts"):
        read_pairs(file)


def test_each_language_has_its_part_in_the_training() -> None:
    assert set(IMPORTANCE) == set(SAMPLED) == set(LANGUAGES)


def test_the_command_names_a_folder_without_pairs(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no file"):
        main(["--data", str(tmp_path)])


def _command(data: Path, out: Path, work: Path) -> None:
    options = ["--pieces", "120", "--dim", "32", "--scale", "0.0005", "--no-teacher", "--threads", "1"]
    main(["--data", str(data), "--out", str(out), "--work", str(work), *options])


def _mean_vectors(folder: Path, texts: list[str]) -> NDArray[np.float32]:
    table = load_file(folder / "model.safetensors")["embedding.weight"].astype(np.float32)  # (pieces, dim)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    sums = np.stack([table[encoding.ids].sum(0) for encoding in tokenizer.encode_batch(texts)])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    vectors: NDArray[np.float32] = sums / np.maximum(lengths, 1e-12)
    return vectors


def _spelled(tokenizer: Tokenizer) -> Spellings:
    return spellings([tokenizer.id_to_token(piece) or "" for piece in range(tokenizer.get_vocab_size())])


def _letters() -> Tokenizer:
    tokenizer = empty_tokenizer()
    tokenizer.model = models.Unigram([("[UNK]", 0.0), ("▁a", -1.0), ("▁b", -1.0), ("▁c", -1.0)], 0, False)
    return tokenizer
