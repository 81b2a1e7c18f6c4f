"""Learn the pieces of words, and carry the folding of `embeddings.text` into the tokenizer file."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from embeddings.text import CYRILLIC_I, DROPPED, JOINED, MIXED, VARIANTS, fold
from embeddings.training.data import Pairs, read_sources

PIECES = 64_000
UNKNOWN = "[UNK]"
# Compatibility characters newer than the Unicode tables inside the tokenizers library, but not than Python's.
NEWER = {"\u32ff": "令和", "\ua7f2": "C", "\ua7f3": "F", "\ua7f4": "Q", "\uab69": "ʍ"}
# Words that the pieces are learnt from, for each language: its share of the vocabulary follows from these.
WORDS = {
    **dict.fromkeys(("ar", "fa", "kk", "ru", "tr", "en"), 1_500_000),
    **dict.fromkeys(("de", "fr", "es"), 375_000),
    **dict.fromkeys(("az", "uz", "ur"), 120_000),
}
# A word counts by this power of its frequency, since the texts are about few things, and say these words too often.
DAMPED = 0.55
RARE = 1  # times that a word is seen and not learnt from
LONGEST = 30  # letters of a word that is learnt from


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


def learn_tokenizer(files: list[Pairs], *, pieces: int = PIECES) -> Tokenizer:
    """Learn a Unigram tokenizer of `pieces` pieces from the words of the folded texts."""
    tokenizer = empty_tokenizer()
    trainer = trainers.UnigramTrainer(
        vocab_size=pieces, special_tokens=[UNKNOWN], unk_token=UNKNOWN, show_progress=False
    )
    tokenizer.train_from_iterator(_sample(files), trainer)
    tokenizer.normalizer = folding()
    return tokenizer


def load_or_learn(files: list[Pairs], shipped: Path, work: Path, *, pieces: int = PIECES) -> Tokenizer:
    """Return the tokenizer of the file `shipped`, else that of the work folder, else learn one and keep it there.

    The library's trainer breaks ties at random: only with the same tokenizer file can a run be repeated exactly.
    """
    learnt = work / f"tokenizer-{pieces}.json"
    if not shipped.exists() and not learnt.exists():
        sys.stderr.write(f"tokenizer: learning {pieces} pieces\n")
        work.mkdir(parents=True, exist_ok=True)
        learn_tokenizer(files, pieces=pieces).save(str(learnt))
    tokenizer = Tokenizer.from_file(str(shipped if shipped.exists() else learnt))
    tokenizer.normalizer = folding()  # the present one, whatever the file has
    return tokenizer


def _sample(files: list[Pairs]) -> Iterator[str]:
    """Repeat each word of a language by how often it should count."""
    for language, total in WORDS.items():
        counts = _word_counts(files, language)
        damped = {word: count**DAMPED for word, count in counts.items()}
        scale = total / max(sum(damped.values()), 1)
        yield from (" ".join([word] * round(scale * count)) for word, count in damped.items())


def _word_counts(files: list[Pairs], language: str) -> dict[str, float]:
    """Return how often each word of a language stands in the pairs, each source by its weight."""
    known = read_sources()
    seen: Counter[str] = Counter()
    weighted: defaultdict[str, float] = defaultdict(float)
    for pairs in files:
        for side, texts in ((pairs.left, pairs.lefts), (pairs.right, pairs.rights)):
            for source, text in zip(pairs.sources, texts if side == language else [], strict=False):
                for word in fold(text).split():
                    seen[word] += 1
                    weighted[word] += known[source].weight
    return {word: weight for word, weight in weighted.items() if seen[word] > RARE and len(word) < LONGEST}
