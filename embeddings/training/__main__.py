"""Train the built-in model: `python -m embeddings.training --data DIR`."""

import argparse
import sys
from collections import deque
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer

from embeddings.training.card import write_card, write_model
from embeddings.training.checkpoints import Checkpoints
from embeddings.training.data import Pairs, pair_files, read_pairs
from embeddings.training.encoded import encode_pairs
from embeddings.training.spelling import spellings
from embeddings.training.table import Table
from embeddings.training.teacher import TEACHER_DIM, teacher_texts, teacher_vectors
from embeddings.training.tokenizer import PIECES, load_or_learn
from embeddings.training.train import Phase, train

DIM = TEACHER_DIM  # the vectors are pulled towards the teacher's own
PHASES = [
    Phase("meaning", 5000, 0.01, pairs=1024, taught=512, anchor_weight=1.0),
    Phase("late interaction too", 6000, 0.006, pairs=1024, taught=512, late=40, anchor_weight=1.0, late_weight=0.7),
    Phase("late interaction, larger", 250, 0.003, pairs=512, taught=256, late=128, anchor_weight=1.0, draws=1),
    Phase("all, larger", 1300, 0.004, pairs=2048, taught=768, late=48, anchor_weight=0.2, draws=2),
    Phase("all, larger, again", 900, 0.003, pairs=2048, taught=768, late=48, anchor_weight=0.2, draws=3),
]


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, train, and write the model folder."""
    options = _parser().parse_args(arguments)
    paths = pair_files(options.data)
    if not paths:
        sys.exit(f"{options.data} holds no file named like pairs.ar-en.tsv.xz: give the folder that does with --data")
    if options.teacher and options.dim != TEACHER_DIM:
        sys.exit(
            f"--dim {options.dim} does not fit the teacher's {TEACHER_DIM} numbers: leave it out or add --no-teacher"
        )
    files = [read_pairs(path) for path in paths]
    shipped = options.tokenizer or options.out / "tokenizer.json"
    tokenizer = load_or_learn(files, shipped, options.work, pieces=options.pieces)
    phases = [replace(phase, steps=round(phase.steps * options.scale)) for phase in PHASES]
    vectors = _train(options, files, tokenizer, phases).vectors()  # (pieces, dim)
    card = write_card(files, phases, pieces=len(vectors), dim=options.dim, teacher=options.teacher)
    write_model(options.out, vectors, tokenizer, card)


def _train(options: argparse.Namespace, files: list[Pairs], tokenizer: Tokenizer, phases: list[Phase]) -> Table:
    texts = teacher_texts(files) if options.teacher else []
    encoded = encode_pairs(files, tokenizer, options.work, texts)
    teacher = teacher_vectors(texts, options.work) if texts else None
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    spelled = spellings([tokenizer.id_to_token(piece) or "" for piece in range(tokenizer.get_vocab_size())])
    table = Table(spelled, options.dim, seed=options.seed, device=device)
    kept = Checkpoints(options.work, files, tokenizer.to_str(), options.teacher, options.dim, options.seed)
    torch.set_num_threads(options.threads)
    for done in range(kept.resume(table, phases), len(phases)):
        deque(train(table, encoded, teacher, phases[done], seed=options.seed), maxlen=0)
        kept.save(table, phases[: done + 1])
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m embeddings.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with pairs.*.tsv.xz and qa.*.tsv.xz")
    parser.add_argument("--out", type=Path, default=Path("embeddings/model"), help="model folder to (re)write")
    parser.add_argument("--work", type=Path, default=Path(".sanad/training"), help="folder to keep finished parts in")
    parser.add_argument(
        "--tokenizer", type=Path, help="tokenizer.json to keep (default: that of --out, else learn one)"
    )
    parser.add_argument("--dim", type=int, default=DIM, help="numbers in a token vector (default %(default)s)")
    parser.add_argument(
        "--pieces", type=int, default=PIECES, help="pieces to learn, if there is no tokenizer (default %(default)s)"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the number of steps (default %(default)s)")
    parser.add_argument(
        "--threads", type=int, default=1, help="processor threads (default 1: their number changes the last bits)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-teacher", dest="teacher", action="store_false", help="train without the English teacher")
    return parser


if __name__ == "__main__":
    main()
