"""Learn the pieces of words, and carry the folding of `embeddings.text` into the tokenizer file."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from embeddings.text import CYRILLIC_I, DROPPED, JOINED, MIXED, VARIANTS, fold
from embeddings.training.data import Pairs, read_sources

PIECES = 64_000
UNKNOWN = "[UNK]"
# Compatibility characters newer than the Unicode tables inside the tokenizers library, but not than Python's.
NEWER = {"\u32ff": "令和", "\ua7f2": "C", "\ua7f3": "F", "\ua7f4": "Q", "\uab69": "ʍ"}
# Lines that the pieces are learnt from, for each language: its share of the vocabulary follows from these.
SAMPLE = {
    **dict.fromkeys(("ar", "fa", "kk", "ru", "tr", "en"), 120_000),
    **dict.fromkeys(("de", "fr", "es"), 25_000),
    **dict.fromkeys(("az", "uz", "ur"), 8_000),
}


def folding() -> normalizers.Normalizer:
    """Return `fold` as a normalizer of the tokenizers library."""
    letters = [normalizers.Replace(Regex(f"[{re.escape(variants)}]"), letter) for letter, variants in VARIANTS.items()]
    return normalizers.Sequence(
        [
            *[normalizers.Replace(character, form) for character, form in NEWER.items()],
            normalizers.NFKD(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(f"[{DROPPED}]"), ""),
            *letters,
            normalizers.Replace(Regex(r"\p{Cf}"), ""),
            normalizers.Replace(Regex(r"[^\p{L}\p{N}\p{M}]"), " "),
            normalizers.Replace(Regex(MIXED), CYRILLIC_I),
            normalizers.Replace(Regex(JOINED), ""),
        ]
    )


def empty_tokenizer() -> Tokenizer:
    """Return a tokenizer without pieces that cuts a folded text word by word, so that words can be cached."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    return tokenizer


def learn_tokenizer(files: list[Pairs], *, pieces: int = PIECES, seed: int = 0) -> Tokenizer:
    """Learn a Unigram tokenizer of `pieces` pieces from a sample of the folded texts."""
    tokenizer = empty_tokenizer()
    trainer = trainers.UnigramTrainer(
        vocab_size=pieces, special_tokens=[UNKNOWN], unk_token=UNKNOWN, show_progress=False
    )
    tokenizer.train_from_iterator(_sample(files, seed), trainer)
    tokenizer.normalizer = folding()
    return tokenizer


def load_or_learn(files: list[Pairs], shipped: Path, work: Path, *, pieces: int = PIECES, seed: int = 0) -> Tokenizer:
    """Return the tokenizer of the file `shipped`, else that of the work folder, else learn one and keep it there.

    The library's trainer breaks ties at random: only with the same tokenizer file can a run be repeated exactly.
    """
    learnt = work / f"tokenizer-{pieces}.json"
    if not shipped.exists() and not learnt.exists():
        sys.stderr.write(f"tokenizer: learning {pieces} pieces\n")
        work.mkdir(parents=True, exist_ok=True)
        learn_tokenizer(files, pieces=pieces, seed=seed).save(str(learnt))
    tokenizer = Tokenizer.from_file(str(shipped if shipped.exists() else learnt))
    tokenizer.normalizer = folding()  # the present one, whatever the file has
    return tokenizer


def _sample(files: list[Pairs], seed: int) -> Iterator[str]:
    generator = np.random.default_rng(seed)
    for language, lines in SAMPLE.items():
        texts, weights = _texts(files, language)
        if not texts:
            continue
        chances = np.array(weights) / np.sum(weights)
        count = min(lines, int(np.count_nonzero(chances)))
        chosen = generator.choice(len(texts), size=count, replace=False, p=chances)
        yield from (fold(texts[i]) for i in chosen)


def _texts(files: list[Pairs], language: str) -> tuple[list[str], list[float]]:
    """Return each text of a language once, with the weight of its source times the root of its words."""
    known = read_sources()
    found: dict[str, float] = {}
    for pairs in files:
        for side, texts in ((pairs.left, pairs.lefts), (pairs.right, pairs.rights)):
            if side == language:
                found.update((t, known[s].weight) for s, t in zip(pairs.sources, texts, strict=True))
    return list(found), [weight * (1 + text.count(" ")) ** 0.5 for text, weight in found.items()]
