"""Count how often the highlighted sentence contains the answer, among questions whose passage came first.

    python -m tests.benchmarks.highlights --passages P.jsonl --questions Q.jsonl [--answers A.jsonl] [--json]

Lines are those of `tests.benchmarks.quality`, questions with "answer" as well. Where the questions are in another
language than the passages, A.jsonl holds the same questions (by "id") in the passages' language with their answers.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from embeddings.encoder import load_encoder
from embeddings.text import fold
from qa.snapshot import Snapshot
from tests.benchmarks.quality import contents_of, read_lines, right_passages


def plain(text: str) -> str:
    return " ".join(fold(text).split())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.highlights", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--passages", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    texts = [(str(line["id"]), str(line["text"])) for line in read_lines(options.passages, "passage")]
    told = read_lines(options.answers or options.questions, "question")
    answers = {str(line["id"]): plain(str(line["answer"])) for line in told if line.get("answer")}
    encoder = load_encoder()
    snapshot = Snapshot.build(contents_of(encoder, texts), encoder)
    first = marked = several = 0
    for line in read_lines(options.questions, "question"):
        hit = snapshot.ask(str(line["text"]), 1).hits[0]
        if str(line["id"]) not in answers or hit.document.path not in right_passages(line):
            continue
        first += 1
        several += len(hit.highlights) > 1
        marked += any(answers[str(line["id"])] in plain(hit.text[span.start : span.end]) for span in hit.highlights)
    figures = {"marked": marked / max(first, 1), "with two marks": several / max(first, 1), "n": first}
    print(json.dumps(figures) if options.json else "  ".join(f"{name} {value:.4g}" for name, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
