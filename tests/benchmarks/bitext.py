"""Score the vectors alone: how often the nearest English sentence is the translation.

    python -m tests.benchmarks.bitext FILE.tsv [FILE.tsv ...] [--model NAME]

Lines are sentence, English translation and anything else, with tabs between, as in the Tatoeba sets. An English
sentence as near as the right one counts as nearer.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embeddings.encoder import Encoder, load_encoder
from embeddings.static import BUILT_IN


def accuracy(encoder: Encoder, pairs: Sequence[tuple[str, str]]) -> float:
    sentences, translations = zip(*pairs, strict=True)
    similar = encoder.encode_questions(sentences) @ encoder.encode_passages(translations).T  # (pairs, pairs)
    # The same translation may stand twice; either one is right.
    right = np.array([[other == translation for other in translations] for translation in translations])
    wrong = np.where(right, -np.inf, similar).max(axis=1)  # (pairs,)
    return float(np.mean(np.diag(similar) > wrong))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.bitext", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--model", default=BUILT_IN)
    options = parser.parse_args(arguments)
    encoder = load_encoder(options.model)
    for file in options.files:
        lines = [line.split("\t") for line in file.read_text("utf-8").splitlines() if line.count("\t")]
        pairs = [(line[0], line[1]) for line in lines]
        print(f"{file.stem:24} {accuracy(encoder, pairs):.4f}  n {len(pairs)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
